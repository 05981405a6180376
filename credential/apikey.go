package credential

import (
	"errors"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
)

const (
	apiKeyField = "X-Api-Key"

	// APIKeyPrefix begins every API key of ours. A bearer token that begins so
	// is an API key and nothing else: no JWT can, its header begins with "{".
	APIKeyPrefix = "ew_"

	// maxAPIKey bounds a key in bytes before anybody looks at what is in it.
	maxAPIKey = 256
)

var (
	errNoAPIKey     = fmt.Errorf("credential: no API key: %w", edgeward.CredentialMissing)
	errSeveralKeys  = fmt.Errorf("credential: more than one API key: %w", edgeward.AmbiguousCredential)
	errKeyAndURL    = fmt.Errorf("credential: an API key in the query beside the one in a field: %w", edgeward.AmbiguousCredential)
	errAPIKeyFormat = fmt.Errorf("credential: the API key is no token68 of at most %d bytes: %w", maxAPIKey, edgeward.CredentialMalformed)
)

// APIKey is the [edgeward.Source] of API keys, in the field X-Api-Key or as a
// bearer token that begins with [APIKeyPrefix]. [Bearer] takes every bearer
// token that does not, so each token has one strategy that sees it. What is in
// X-Api-Key is an API key, whatever it begins with. It allocates nothing.
//
// It returns an error that wraps
//
//   - [edgeward.CredentialMissing] when there is neither, and for a personal token,
//     which [Personal] takes. A key in the query ends up in logs and histories; it
//     is never looked at, so alone it is missing too;
//   - [edgeward.AmbiguousCredential] for a key in both fields, for several
//     fields of one kind, and for one beside a key in the query;
//   - what [Bearer] returns for an Authorization field that cannot be read, and
//     [edgeward.CredentialMalformed] for such an X-Api-Key.
func APIKey(r *edgeward.Request) (edgeward.Credential, error) {
	key, field, err := presentedKey(r)
	switch {
	case err != nil:
		return edgeward.Credential{}, err
	case hasParameter(r.RawQuery, anyCase, "api_key", "x-api-key"):
		return edgeward.Credential{}, errKeyAndURL
	case len(key) > maxAPIKey || !IsToken68(key):
		return edgeward.Credential{}, errAPIKeyFormat
	case isPersonal(key):
		return edgeward.Credential{}, errNoAPIKey
	}
	return edgeward.Credential{Value: edgeward.NewSecret(key), Header: field}, nil
}

// presentedKey finds the only key and the field that it is in.
func presentedKey(r *edgeward.Request) (key, field string, err error) {
	token, err := authorizationToken(r)
	if err != nil && !errors.Is(err, edgeward.CredentialMissing) {
		return "", "", err
	}
	shared := err == nil && isAPIKey(token)
	fields := r.Header[apiKeyField]
	switch {
	case len(fields) > 1:
		return "", "", errSeveralKeys
	case len(fields) == 1 && fields[0] != "":
		if shared {
			return "", "", errSeveralKeys
		}
		return fields[0], apiKeyField, nil
	case shared:
		return token, authorization, nil
	}
	return "", "", errNoAPIKey
}

func isAPIKey(token string) bool { return strings.HasPrefix(token, APIKeyPrefix) }
