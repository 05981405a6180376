package config

import (
	"slices"
	"strings"
)

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
	"upstreams":       "upstream",
	"url":             "upstream",
}

// nearest returns the valid name that was most likely meant by name, or "".
func nearest(name string, valid []string) string {
	folded := strings.ReplaceAll(strings.ToLower(name), "-", "_")
	if slices.Contains(valid, folded) {
		return folded
	}
	if meant := aliases[folded]; slices.Contains(valid, meant) {
		return meant
	}
	best, distance := "", tolerance(folded)+1
	for _, v := range valid {
		if d := editDistance(folded, v); d < distance {
			best, distance = v, d
		}
	}
	return best
}

// tolerance is how many typing mistakes a name of that length may have.
func tolerance(name string) int {
	switch n := len(name); {
	case n < 3 || n > 64:
		return 0
	case n < 6:
		return 1
	default:
		return 2
	}
}

// editDistance counts the insertions, deletions, substitutions and swaps of
// neighbours that lead from a to b (optimal string alignment).
func editDistance(a, b string) int {
	before, above := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above = above, row
	}
	return above[len(b)]
}
