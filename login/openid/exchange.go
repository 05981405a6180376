package openid

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

const (
	formType = "application/x-www-form-urlencoded"

	// maxExchanging bounds how many codes are redeemed at a provider at a time. One
	// that hangs would hold a connection for each, of its own and of a person's,
	// and hear of all of them once it is back.
	maxExchanging = 64
)

var errBusy = fmt.Errorf("openid: %d codes are being redeemed there already", maxExchanging)

// Enter asks whether a code may be redeemed at the provider now. A caller that may calls
// Leave in the end. The error means: could not tell.
func (c *Client) Enter() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.exchanging >= maxExchanging {
		return edgeward.NewUnavailable("provider "+c.Name, pause, errBusy)
	}
	c.exchanging++
	return nil
}

// Leave ends what Enter began.
func (c *Client) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exchanging--
}

// A Code is an authorization code and what belongs to it.
type Code struct {
	Code        string
	Verifier    string // of PKCE
	RedirectURI string // that of the authorization request
}

// Tokens is what a provider gave for a code or a refresh token.
type Tokens struct {
	ID              string // "" beside a refreshed access token, where the provider gives none (OpenID Connect Core §12.2)
	Access, Refresh edgeward.Secret
	// Expires is when the access token does, by our clock, or zero where the
	// provider does not say (RFC 6749 §5.1).
	Expires time.Time
}

// maxExpires bounds how long an access token is believed to live.
const maxExpires = 31 * 24 * time.Hour

// Exchange redeems a code (OpenID Connect Core §3.1.3.1). The verifier proves
// that the sign-in began here: a code that was injected from another browser
// fits no verifier of this one (RFC 7636). Errors wrap [ErrCode] or [ErrAnswer], or
// mean: could not tell.
func (c *Client) Exchange(ctx context.Context, m *Metadata, code Code) (Tokens, error) {
	body := form.Text(nil).
		Add("grant_type", "authorization_code").
		Add("code", code.Code).
		Add("redirect_uri", code.RedirectURI).
		Add("code_verifier", code.Verifier)
	got, err := c.grant(ctx, m, body, ErrCode, code.Code, code.Verifier)
	if err == nil && got.ID == "" {
		return Tokens{}, refuse(ErrAnswer, "%s gave no ID token", c.Name)
	}
	return got, err
}

// Refresh asks for new tokens by a refresh token (RFC 6749 §6). One that came with
// the answer replaces it, and is in Tokens.Refresh, else the old one is: what is
// returned is complete, with or without an ID token. Errors wrap [ErrGrantEnded] or
// [ErrAnswer], or mean: could not tell, and then the old one may have been used up.
func (c *Client) Refresh(ctx context.Context, m *Metadata, refresh edgeward.Secret) (Tokens, error) {
	body := form.Text(nil).
		Add("grant_type", "refresh_token").
		Add("refresh_token", refresh.Reveal())
	got, err := c.grant(ctx, m, body, ErrGrantEnded, refresh.Reveal())
	if err == nil && got.Refresh.IsZero() {
		got.Refresh = refresh
	}
	return got, err
}

// grant asks the token endpoint. Where it does not take the grant, the error wraps
// ended. secrets are those in body.
func (c *Client) grant(ctx context.Context, m *Metadata, body form.Text, ended error, secrets ...string) (Tokens, error) {
	for _, p := range c.Params {
		if p.Name == resource { // RFC 8707 §2.2
			body = body.Add(resource, p.Value)
		}
	}
	header := edgeward.Header{}
	header.Set("Content-Type", formType)
	body, proof, err := c.authenticate(ctx, m, header, body)
	if err != nil {
		return Tokens{}, err
	}
	began := c.now()
	answer, err := c.fetch(ctx, Request{Method: "POST", URL: m.token.url, Written: m.token.written, Header: header, Body: body})
	switch {
	case err != nil:
		return Tokens{}, err
	case answer.Status == statusOK:
		return c.readTokens(answer.Body, began)
	}
	return Tokens{}, c.refusedGrant(m, ended, answer, append(secrets, proof...))
}

// readTokens reads a token response. What lacks a part that it has to have (RFC
// 6749 §5.1, OpenID Connect Core §3.1.3.3) is no answer to our request: it may be
// another endpoint's, or for a client that handles another kind of token.
func (c *Client) readTokens(answer []byte, began time.Time) (Tokens, error) {
	members, err := strictjson.Object(answer)
	if err != nil {
		return Tokens{}, refuse(ErrAnswer, "tokens of %s: %v", c.Name, err)
	}
	got := Tokens{
		ID: text(members, "id_token"), Access: edgeward.NewSecret(text(members, "access_token")), Refresh: edgeward.NewSecret(text(members, "refresh_token")),
	}
	expires, _ := members.Lookup("expires_in")
	if seconds, ok := expires.Float(); ok && seconds > 0 {
		got.Expires = began.Add(time.Duration(min(seconds, maxExpires.Seconds()) * float64(time.Second)))
	}
	kind := text(members, "token_type")
	switch {
	case got.Access.IsZero():
		return Tokens{}, refuse(ErrAnswer, "%s gave no access_token (RFC 6749 §5.1)", c.Name)
	case !strings.EqualFold(kind, "Bearer"):
		return Tokens{}, refuse(ErrAnswer, "token_type of %s is %.60q and not Bearer (OpenID Connect Core §3.1.3.3)", c.Name, kind)
	}
	return got, nil
}
