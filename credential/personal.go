package credential

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
)

// PersonalMark begins the id of every personal token. It is no letter of an API
// key's id, so that each of the two has one strategy that sees it, and neither is
// ever taken for the other.
const PersonalMark = "0"

var (
	errNoPersonal     = fmt.Errorf("credential: no personal token: %w", edgeward.CredentialMissing)
	errSeveralTokens  = fmt.Errorf("credential: more than one personal token or API key: %w", edgeward.AmbiguousCredential)
	errPersonalFormat = fmt.Errorf("credential: the personal token is no token68 of at most %d bytes: %w", maxAPIKey, edgeward.CredentialMalformed)
)

// Personal is the [edgeward.Source] of personal tokens: a bearer token, the field
// X-Api-Key, or the password of HTTP Basic (RFC 7617), whose user name is the
// credential's Username then. What is no personal token by its form is not looked
// at: an application behind may have API keys and passwords of its own. It
// allocates nothing but for HTTP Basic.
//
// It returns an error that wraps
//
//   - [edgeward.CredentialMissing] when there is none. A token in the query ends up
//     in logs and histories; it is never looked at;
//   - [edgeward.AmbiguousCredential] for several Authorization or X-Api-Key fields,
//     for a personal token beside another one or beside an API key of ours, and for
//     one in a field beside a key in the query;
//   - [edgeward.CredentialMalformed] for an Authorization field with Bearer or Basic
//     that cannot be read.
func Personal(r *edgeward.Request) (edgeward.Credential, error) {
	c, err := authorizedPersonal(r)
	if err != nil {
		return edgeward.Credential{}, err
	}
	keys := r.Header[apiKeyField]
	if len(keys) > 1 {
		return edgeward.Credential{}, errSeveralKeys
	}
	if len(keys) == 1 && isAPIKey(keys[0]) {
		if c.Header != "" {
			return edgeward.Credential{}, errSeveralTokens
		}
		if isPersonal(keys[0]) {
			c = edgeward.Credential{Value: edgeward.NewSecret(keys[0]), Header: apiKeyField}
		}
	}
	token := c.Value.Reveal()
	switch {
	case c.Header == "":
		return edgeward.Credential{}, errNoPersonal
	case c.Header == apiKeyField && hasParameter(r.RawQuery, anyCase, "api_key", "x-api-key"):
		return edgeward.Credential{}, errKeyAndURL
	case len(token) > maxAPIKey || !IsToken68(token):
		return edgeward.Credential{}, errPersonalFormat
	}
	return c, nil
}

// authorizedPersonal returns the personal token in the Authorization field, the zero
// Credential where there is none. An API key there is returned as an error where
// X-Api-Key has a personal token beside it.
func authorizedPersonal(r *edgeward.Request) (edgeward.Credential, error) {
	fields := r.Header[authorization]
	switch {
	case len(fields) > 1:
		return edgeward.Credential{}, errSeveral
	case len(fields) == 0 || fields[0] == "":
		return edgeward.Credential{}, nil
	}
	username, password, basic, ok := Basic(fields[0])
	if basic {
		switch {
		case !ok:
			return edgeward.Credential{}, errBasicFormat
		case !isPersonal(password):
			return edgeward.Credential{}, nil
		}
		return edgeward.Credential{Value: edgeward.NewSecret(password), Header: authorization, Username: username}, nil
	}
	token, err := authorizationToken(r)
	switch {
	case edgeward.ReasonOf(err) == edgeward.CredentialMissing: // another scheme
		return edgeward.Credential{}, nil
	case err != nil:
		return edgeward.Credential{}, err
	case isPersonal(token):
		return edgeward.Credential{Value: edgeward.NewSecret(token), Header: authorization}, nil
	case isAPIKey(token) && len(r.Header[apiKeyField]) == 1 && isPersonal(r.Header[apiKeyField][0]):
		return edgeward.Credential{}, errSeveralTokens
	}
	return edgeward.Credential{}, nil
}

// isPersonal reports whether a key is a personal token by its form:
// ew_<environment>_0…
func isPersonal(key string) bool {
	rest, ours := strings.CutPrefix(key, APIKeyPrefix)
	_, id, ok := strings.Cut(rest, "_")
	return ours && ok && strings.HasPrefix(id, PersonalMark)
}
