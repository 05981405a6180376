package openid

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// A Param is a parameter of the authorization request, beside those that a
// relying party has to choose itself.
type Param struct{ Name, Value string }

const (
	resource     = "resource" // RFC 8707 §2
	hostedDomain = "hd"       // Google's
	anyDomain    = "*"        // of hostedDomain: an account of some organisation, and not a private one
)

// Bounds of [Provider.Params]. They stand in a URL, of which servers take 8 KiB.
const (
	maxParams     = 20
	maxParamName  = 64
	maxParamValue = 512
)

// ours are the parameters that no configuration chooses, and why.
var ours = map[string]string{
	"client_id": "client_id says it", "redirect_uri": "origin and prefix say it", "response_type": "the flow is the authorization code flow",
	"response_mode": "codes are read from the query", "scope": "scopes says it", "state": "it ties the answer to this browser", "nonce": "it ties the ID token to this sign-in",
	"code_challenge": "it is made for each sign-in", "code_challenge_method": "it is S256", "code_verifier": "it is made for each sign-in, and secret",
	"client_secret": "a browser would see it", "client_assertion": "a browser would see it", "client_assertion_type": "a browser would see it",
	"request": "a request object replaces all other parameters", "request_uri": "a request object replaces all other parameters",
	"id_token_hint": "it is another user's", "login_hint_token": "it is another user's", "registration": "it replaces what is registered",
	"code": "it is the provider's answer", "error": "it is the provider's answer", "iss": "it is the provider's answer",
	"acr_values": "routes say it (acr)", "max_age": "routes say it (max_age)",
}

// compared are the parameters that mean something here, too. Spelled another way, hd
// would be asked for and held against no answer.
var compared = []string{hostedDomain, loginHint, prompt, resource}

// CheckParam says what is wrong with a parameter for [Provider.Params].
func CheckParam(p Param) error {
	if why, reserved := ours[strings.ToLower(p.Name)]; reserved { // some providers ignore the case of names
		return fmt.Errorf("parameter %s cannot be chosen: %s", p.Name, why)
	}
	printable := func(s string) bool { return edgeward.IsFieldValue(s) && s != "" }
	switch {
	case len(p.Name) > maxParamName || !printable(p.Name) || strings.ContainsFunc(p.Name, notInName):
		return fmt.Errorf("%.80q is no name of a parameter: letters, digits and \"-_.\", at most %d", p.Name, maxParamName)
	case len(p.Value) > maxParamValue || !printable(p.Value):
		return fmt.Errorf("the value of %s is empty, has control characters or more than %d bytes", p.Name, maxParamValue)
	case slices.Contains(compared, strings.ToLower(p.Name)) && !slices.Contains(compared, p.Name):
		return fmt.Errorf("parameter %s has to be in lower case", p.Name)
	case p.Name == prompt && slices.Contains(strings.Fields(p.Value), "none"):
		return errors.New("prompt none shows no page")
	case p.Name == resource && !isResource(p.Value):
		return fmt.Errorf("resource %q is no absolute URI without a fragment (RFC 8707 §2)", p.Value)
	}
	return nil
}

// isResource reports whether s is an absolute URI without a fragment: of any scheme,
// since "urn:example:api" names a resource as well.
func isResource(s string) bool {
	scheme, rest, found := strings.Cut(s, ":")
	return found && scheme != "" && rest != "" && !strings.ContainsFunc(scheme, notInName) && !strings.ContainsFunc(s, notInURL)
}

// CheckParams says what is wrong with all parameters of a provider.
func CheckParams(all []Param) error {
	if len(all) > maxParams {
		return fmt.Errorf("%d parameters, at most %d are possible", len(all), maxParams)
	}
	for i, p := range all {
		if err := CheckParam(p); err != nil {
			return err
		}
		before := func(o Param) bool { return o.Name == p.Name && (p.Name != resource || o.Value == p.Value) }
		if slices.ContainsFunc(all[:i], before) {
			return fmt.Errorf("parameter %s is here twice", p.Name)
		}
	}
	return nil
}

// param returns the value of a parameter that is there once, "" when it is not.
func (p *Provider) param(name string) string {
	for _, param := range p.Params {
		if param.Name == name {
			return param.Value
		}
	}
	return ""
}

var errDomain = errors.New("openid: the account is of another domain than hd asks for")

// checkDomain compares the domain of the account with the one that the request asked
// for: the request is the browser's, and a user can change it there.
func (p *Provider) checkDomain(claims *jwt.Claims) error {
	want := p.param(hostedDomain)
	if want == "" {
		return nil
	}
	v, _ := claims.Lookup(hostedDomain)
	said, _ := v.Text()
	if said == "" || want != anyDomain && !strings.EqualFold(said, want) {
		return errDomain
	}
	return nil
}
