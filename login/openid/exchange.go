package openid

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

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

// Enter asks whether a code may be redeemed at the provider now. Whoever may calls
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

// Tokens is what a provider gave for a code. The access token is read for
// at_hash alone, and then forgotten.
type Tokens struct {
	ID     string
	access string
}

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
	header := edgeward.Header{}
	header.Set("Content-Type", formType)
	answer, err := c.fetch(ctx, Request{Method: "POST", URL: m.token, Header: header, Body: c.authenticate(header, body)})
	switch {
	case err != nil:
		return Tokens{}, err
	case answer.Status == statusOK:
		return c.readTokens(answer.Body)
	}
	return Tokens{}, c.refusedCode(m, code, answer)
}

// authenticate says who we are, in header or in the body that it returns.
func (p *Provider) authenticate(header edgeward.Header, body form.Text) form.Text {
	switch p.ClientAuth {
	case authBasic:
		header.Set("Authorization", "Basic "+p.basic())
		return body
	case authPost:
		return body.Add("client_id", p.ClientID).Add("client_secret", p.ClientSecret.Reveal())
	}
	return body.Add("client_id", p.ClientID)
}

// basic returns the credentials of client_secret_basic. Both parts are form-encoded
// first (RFC 6749 §2.3.1).
func (p *Provider) basic() string {
	pair := form.Escape(p.ClientID) + ":" + form.Escape(p.ClientSecret.Reveal())
	return base64.StdEncoding.EncodeToString([]byte(pair))
}

// secrets returns what a request for tokens holds that no log may have, in every
// spelling in which it was sent.
func (p *Provider) secrets(code Code) []string {
	all := []string{code.Code, form.Escape(code.Code), code.Verifier}
	if secret := p.ClientSecret.Reveal(); secret != "" {
		all = append(all, p.basic(), secret, form.Escape(secret))
	}
	return all
}

// readTokens reads a token response. What lacks a part that it has to have (RFC
// 6749 §5.1, OpenID Connect Core §3.1.3.3) is no answer to our request: it may be
// another endpoint's, or for a client that handles another kind of token.
func (c *Client) readTokens(answer []byte) (Tokens, error) {
	members, err := strictjson.Object(answer)
	if err != nil {
		return Tokens{}, refuse(ErrAnswer, "tokens of %s: %v", c.Name, err)
	}
	got := Tokens{ID: text(members, "id_token"), access: text(members, "access_token")}
	kind := text(members, "token_type")
	switch {
	case got.ID == "":
		return Tokens{}, refuse(ErrAnswer, "%s gave no ID token", c.Name)
	case got.access == "":
		return Tokens{}, refuse(ErrAnswer, "%s gave no access_token beside the ID token (RFC 6749 §5.1)", c.Name)
	case !strings.EqualFold(kind, "Bearer"):
		return Tokens{}, refuse(ErrAnswer, "token_type of %s is %.60q and not Bearer (OpenID Connect Core §3.1.3.3)", c.Name, kind)
	}
	return got, nil
}
