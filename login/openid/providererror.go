package openid

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// Bounds of what a provider's error adds to an error of ours, in characters.
const (
	maxErrorCode        = 60
	maxErrorDescription = 200
)

// minSecret is from how many bytes a secret is looked for in a provider's text:
// a shorter one is in every text by chance.
const minSecret = 8

// personal are the errors of an authorization response that are the person's:
// they refused, or have to do something at the provider first (RFC 6749
// §4.1.2.1, OpenID Connect Core §3.1.2.6, OpenID Connect Core Unmet
// Authentication Requirements §2, and what large providers say when somebody
// cancels). All others are the operator's or the provider's, the ones that we
// do not know included: a person can do nothing about them.
var personal = []string{
	"access_denied", "login_required", "interaction_required", "account_selection_required", "consent_required",
	"unmet_authentication_requirements", "user_cancelled_login", "user_cancelled_authorize",
}

// A providerError is what a provider says went wrong. Both texts are the
// provider's, or those of who wrote the callback's URL: they are quoted and cut.
type providerError struct{ code, description string }

// Quote returns an error that a provider names for the log, cut, and without secrets.
func Quote(code, description string, secrets ...string) string {
	return providerError{code, description}.quote(secrets...)
}

// quote returns the error for the log, without what we sent that is secret.
func (e providerError) quote(secrets ...string) string {
	for _, s := range secrets {
		if len(s) >= minSecret {
			e.code = strings.ReplaceAll(e.code, s, "[secret]")
			e.description = strings.ReplaceAll(e.description, s, "[secret]")
		}
	}
	if e.description == "" {
		return fmt.Sprintf("error %.*q", maxErrorCode, e.code)
	}
	return fmt.Sprintf("error %.*q, %.*q", maxErrorCode, e.code, maxErrorDescription, e.description)
}

// RefusedAuthorization is the refusal of a callback that brought an error with a
// description. It wraps [ErrDenied] when it is the user's to mend, else [ErrAnswer].
func (c *Client) RefusedAuthorization(m *Metadata, code, description string) error {
	return RefusedAuthorization(c.Name, code, description, m.hint(code))
}

// RefusedAuthorization is [Client.RefusedAuthorization] for any provider, with a hint for
// the operator.
func RefusedAuthorization(provider, code, description, hint string) error {
	e := providerError{code, description}
	if slices.Contains(personal, e.code) {
		return refuse(ErrDenied, "%s", e.quote())
	}
	return refuse(ErrAnswer, "%s sent the browser back with %s%s", provider, e.quote(), hint)
}

// hint says what an operator may have to change at the provider, "" when the
// error does not show it. A provider that lists no PKCE methods may refuse every
// request that has a challenge (Glewlwyd with PKCE switched off does).
func (m *Metadata) hint(code string) string {
	if code == "invalid_request" && !m.listsPKCE {
		return ": its metadata lists no code_challenge_methods_supported, so PKCE may be switched off there; switch it on for this client"
	}
	return ""
}

// refusedGrant tells a code or a refresh token that is good no more, for which the
// error wraps ended, from everything else, which is the operator's. RFC 6749 §5.2
// wants 400 and invalid_grant for the former; some providers answer 401 or 403, or
// invalid_code.
func (c *Client) refusedGrant(m *Metadata, ended error, answer Response, secrets []string) error {
	status := answer.Status
	members, err := strictjson.Object(answer.Body)
	if err != nil {
		return refuse(ErrAnswer, "%s answered the %s with status %d and no JSON", c.Name, grantOf(ended), status)
	}
	e := providerError{text(members, "error"), text(members, "error_description")}
	said := e.quote(secrets...)
	switch {
	case status != statusBadRequest && status != statusUnauthorized && status != statusForbidden:
	case e.code == "invalid_grant" || e.code == "invalid_code":
		return refuse(ended, "so says %s: %s", c.Name, said)
	}
	return refuse(ErrAnswer, "%s answered the %s with status %d, %s%s%s", c.Name, grantOf(ended), status, said, m.hint(e.code), c.hint(e.code))
}

func grantOf(ended error) string {
	if ended == ErrCode {
		return "code"
	}
	return "refresh token"
}

// hint says that the secret may not have arrived as it is. RFC 6749 §2.3.1 has
// client_secret_basic form-encode id and secret; providers that compare them
// without decoding find another secret.
func (p *Provider) hint(code string) string {
	changes := form.Escape(p.ClientID) != p.ClientID || form.Escape(p.ClientSecret.Reveal()) != p.ClientSecret.Reveal()
	if p.ClientAuth == AuthBasic && changes && (code == "invalid_client" || code == "unauthorized_client") {
		return ": the client's id or secret has characters that client_secret_basic form-encodes (RFC 6749 §2.3.1), which this provider may compare without decoding; try client_auth: client_secret_post"
	}
	return ""
}
