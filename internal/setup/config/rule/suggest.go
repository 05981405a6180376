package rule

import "github.com/edgeward/edgeward/internal/setup/document"

// aliases are names that people bring from elsewhere. A suggestion is made
// only where the right name is valid.
var aliases = map[string]string{
	"allow":           "authenticate",
	"aud":             "audiences",
	"audience":        "audiences",
	"alg":             "algorithms",
	"auth":            "authenticate",
	"authentication":  "authenticate",
	"backend":         "upstream",
	"cidrs":           "trusted_proxies",
	"clients":         "client_networks",
	"clock_skew":      "leeway",
	"hmac":            "secret",
	"hmac_secret":     "secret",
	"iss":             "issuer",
	"jwks":            "jwks_uri",
	"jwks_url":        "jwks_uri",
	"origin":          "origins",
	"pass_credential": "forward_credential",
	"private_key":     "key",
	"providers":       "issuers",
	"public_key":      "keys",
	"scope":           "permissions",
	"scopes":          "permissions",
	"skew":            "leeway",
	"strategies":      "authenticate",
	"target":          "upstream",
	"trusted_proxy":   "trusted_proxies",
	"typ":             "types",
	"url":             "upstream",
}

// Nearest returns the valid name that was most likely meant by name, or "".
func Nearest(name string, valid []string) string { return document.Nearest(name, valid, aliases) }
