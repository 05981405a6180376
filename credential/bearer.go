package credential

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
)

const (
	authorization = "Authorization"
	bearerScheme  = "bearer"
	accessToken   = "access_token"

	// maxToken bounds a token in bytes before anybody looks at what is in it
	// (CVE-2025-30204).
	maxToken = 8 << 10
)

// The refusals are made once: they hold nothing of the request, and a flood of
// them costs no memory.
var (
	errNoBearer      = fmt.Errorf("credential: no bearer token: %w", edgeward.CredentialMissing)
	errSeveral       = fmt.Errorf("credential: more than one Authorization field: %w", edgeward.AmbiguousCredential)
	errHeaderAndURL  = fmt.Errorf("credential: access_token in the query beside the Authorization field: %w", edgeward.AmbiguousCredential)
	errNoScheme      = fmt.Errorf("credential: Authorization does not begin with a scheme: %w", edgeward.CredentialMalformed)
	errNotToken68    = fmt.Errorf("credential: Authorization is not \"Bearer\", one space and a token68: %w", edgeward.CredentialMalformed)
	errTokenTooLarge = fmt.Errorf("credential: bearer token longer than %d bytes: %w", maxToken, edgeward.CredentialMalformed)
)

// Bearer is the [edgeward.Source] of bearer tokens in the Authorization field,
// RFC 6750 §2.1: the scheme in any case, exactly one space, a token68 of at
// most 8 KiB. It allocates nothing.
//
// It returns an error that wraps
//
//   - [edgeward.CredentialMissing] when there is no Authorization field, or one
//     of another scheme, or one with an API key, which [APIKey] takes. A token
//     in the query (§2.3) ends up in logs and histories; it is never looked at,
//     so alone it is missing too;
//   - [edgeward.AmbiguousCredential] for several Authorization fields, or for
//     one beside an access_token in the query: the upstream might prefer the
//     one that was not checked (§2: not more than one method);
//   - [edgeward.CredentialMalformed] for anything else.
func Bearer(r *edgeward.Request) (edgeward.Credential, error) {
	token, err := authorizationToken(r)
	switch {
	case err != nil:
		return edgeward.Credential{}, err
	case isAPIKey(token):
		return edgeward.Credential{}, errNoBearer
	}
	return edgeward.Credential{Value: edgeward.NewSecret(token), Header: authorization}, nil
}

// authorizationToken returns the bearer token in the Authorization field,
// whichever strategy is to see it.
func authorizationToken(r *edgeward.Request) (string, error) {
	fields := r.Header[authorization]
	switch {
	case len(fields) > 1:
		return "", errSeveral
	case len(fields) == 0 || fields[0] == "":
		return "", errNoBearer
	case hasParameter(r.RawQuery, exact, accessToken):
		return "", errHeaderAndURL
	}
	return bearerToken(fields[0])
}

// bearerToken takes the token out of the field's value.
func bearerToken(value string) (string, error) {
	end := 0
	for end < len(value) && end <= len(bearerScheme) && tokenBytes[value[end]] {
		end++
	}
	switch {
	case end == 0:
		return "", errNoScheme
	case !isBearer(value[:end]):
		return "", errNoBearer
	}
	token, spaced := strings.CutPrefix(value[end:], " ")
	switch {
	case len(token) > maxToken:
		return "", errTokenTooLarge
	case !spaced || !IsToken68(token):
		return "", errNotToken68
	}
	return token, nil
}

// isBearer compares ASCII letters only in any case.
func isBearer(scheme string) bool {
	if len(scheme) != len(bearerScheme) {
		return false
	}
	for i := range len(scheme) {
		if scheme[i]|0x20 != bearerScheme[i] {
			return false
		}
	}
	return true
}

// IsToken68 reports whether s is a token68 (RFC 9110 §11.2): one or more characters,
// then any "=". It is what can stand behind Bearer (RFC 6750 §2.1).
func IsToken68(s string) bool {
	s = strings.TrimRight(s, "=")
	all := s
	// By eights: a loop for each byte takes half as long again where the linker places
	// it badly.
	for ; len(s) >= 8; s = s[8:] {
		if !(token68Bytes[s[0]] && token68Bytes[s[1]] && token68Bytes[s[2]] && token68Bytes[s[3]] &&
			token68Bytes[s[4]] && token68Bytes[s[5]] && token68Bytes[s[6]] && token68Bytes[s[7]]) {
			return false
		}
	}
	for i := range len(s) {
		if !token68Bytes[s[i]] {
			return false
		}
	}
	return all != ""
}

// A table costs half of what comparisons do, on every byte of every token.
var (
	token68Bytes = table("-._~+/")          // RFC 9110 §11.2
	tokenBytes   = table("!#$%&'*+-.^_`|~") // RFC 9110 §5.6.2
)

// table marks letters, digits and others.
func table(others string) (marked [256]bool) {
	const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	for _, c := range []byte(alphanumeric + others) {
		marked[c] = true
	}
	return marked
}
