package devidp

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
)

const (
	clientCredentials = "client_credentials"
	authorizationCode = "authorization_code"
)

// issued is the answer of RFC 6749 §5.1.
type issued struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	IDToken     string `json:"id_token,omitempty"`
	Scope       string `json:"scope,omitempty"`
}

// refusal is the answer of RFC 6749 §5.2.
type refusal struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (p *Provider) serveToken(w http.ResponseWriter, hr *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	hr.Body = http.MaxBytesReader(w, hr.Body, maxForm)
	if err := hr.ParseForm(); err != nil {
		answer(w, http.StatusBadRequest, refusal{"invalid_request", "the body is not a form"})
		return
	}
	if !p.authentic(hr) {
		w.Header().Set("WWW-Authenticate", `Basic realm="edgeward dev"`)
		answer(w, http.StatusUnauthorized, refusal{"invalid_client", "unknown client or wrong secret; both are in .edgeward/dev.env"})
		return
	}
	switch hr.PostForm.Get("grant_type") {
	case clientCredentials:
		p.giveClient(w, hr)
	case authorizationCode:
		p.givePerson(w, hr)
	default:
		answer(w, http.StatusBadRequest, refusal{"unsupported_grant_type", "supported are client_credentials and authorization_code"})
	}
}

// giveClient answers a client that asks for itself (RFC 6749 §4.4).
func (p *Provider) giveClient(w http.ResponseWriter, hr *http.Request) {
	scopes, ok := p.scopes(hr.PostForm.Get("scope"))
	if !ok {
		answer(w, http.StatusBadRequest, refusal{"invalid_scope", "the client may have: " + strings.Join(p.config.Client.Scopes, " ")})
		return
	}
	client := p.config.Client.ID
	token, err := p.Issue(hr.Context(), client, client, scopes) // RFC 9068 §2.2: the client is the subject
	if err != nil {
		unsigned(w)
		return
	}
	answer(w, http.StatusOK, issued{token.Value.Reveal(), "Bearer", int(p.config.Lifetime.Seconds()), "", strings.Join(scopes, " ")})
}

// givePerson changes a code for tokens (RFC 6749 §4.1.3, OpenID Connect Core
// §3.1.3). The code is used up whatever comes of it.
func (p *Provider) givePerson(w http.ResponseWriter, hr *http.Request) {
	c, known := p.codes.take(hr.PostForm.Get("code"), p.config.Now())
	if !known || c.redirectURI != hr.PostForm.Get("redirect_uri") || c.challenge != challengeOf(hr.PostForm.Get("code_verifier")) {
		answer(w, http.StatusBadRequest, refusal{"invalid_grant", "the code is unknown, used, older than a minute, or was given for another redirect_uri or code_challenge"})
		return
	}
	access, err := p.Issue(hr.Context(), p.config.Client.ID, c.visit.person.Subject, c.scopes)
	if err != nil {
		unsigned(w)
		return
	}
	id, err := p.identify(hr.Context(), c, access.Value.Reveal())
	if err != nil {
		unsigned(w)
		return
	}
	answer(w, http.StatusOK, issued{access.Value.Reveal(), "Bearer", int(p.config.Lifetime.Seconds()), id, strings.Join(c.scopes, " ")})
}

func unsigned(w http.ResponseWriter) {
	answer(w, http.StatusInternalServerError, refusal{"server_error", "the token could not be signed"})
}

// authentic reports whether the request comes from the client, by HTTP Basic
// or by the form (RFC 6749 §2.3.1).
func (p *Provider) authentic(hr *http.Request) bool {
	id, secret, basic := hr.BasicAuth()
	if basic {
		id, secret = unescape(id), unescape(secret)
	} else {
		id, secret = hr.PostForm.Get("client_id"), hr.PostForm.Get("client_secret")
	}
	client := p.config.Client
	return !client.Secret.IsZero() && id == client.ID && client.Secret.Equal(edgeward.NewSecret(secret))
}

// unescape undoes the form encoding inside of Basic. What is not encoded is
// nobody's name or secret.
func unescape(s string) string {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		return ""
	}
	return plain
}

// scopes returns what is granted of what is asked for; asking for nothing
// means all.
func (p *Provider) scopes(asked string) (granted []string, ok bool) {
	if asked == "" {
		return p.config.Client.Scopes, true
	}
	granted = strings.Fields(asked)
	for _, s := range granted {
		if !slices.Contains(p.config.Client.Scopes, s) {
			return nil, false
		}
	}
	return granted, true
}
