package login

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

var errBusy = fmt.Errorf("login: %d codes are being redeemed there already", maxExchanging)

// enter reports whether a code may be redeemed at s now. Whoever may calls leave
// in the end.
func (s *source) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.exchanging >= maxExchanging {
		return false
	}
	s.exchanging++
	return true
}

func (s *source) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exchanging--
}

// tokens is what a provider gave for a code. The access token is read for
// at_hash alone, and then forgotten.
type tokens struct {
	id     string
	access string
}

// exchange redeems a code (OpenID Connect Core §3.1.3.1). The verifier proves
// that the sign-in began here: a code that was injected from another browser
// fits no verifier of this one (RFC 7636).
func (l *Login) exchange(ctx context.Context, s *source, m *metadata, t *transaction, code string) (tokens, error) {
	body := form.Text(nil).
		Add("grant_type", "authorization_code").
		Add("code", code).
		Add("redirect_uri", l.callback).
		Add("code_verifier", t.verifier)
	header := edgeward.Header{}
	header.Set("Content-Type", formType)
	answer, err := l.fetch(ctx, s, FetchRequest{Method: "POST", URL: m.token, Header: header, Body: s.authenticate(header, body)})
	switch {
	case err != nil:
		return tokens{}, err
	case answer.Status == statusOK:
		return readTokens(s, answer.Body)
	}
	return tokens{}, refusedCode(s, m, t, code, answer)
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
func (p *Provider) secrets(t *transaction, code string) []string {
	all := []string{code, form.Escape(code), t.verifier}
	if secret := p.ClientSecret.Reveal(); secret != "" {
		all = append(all, p.basic(), secret, form.Escape(secret))
	}
	return all
}

// readTokens reads a token response. What lacks a part that it has to have (RFC
// 6749 §5.1, OpenID Connect Core §3.1.3.3) is no answer to our request: it may be
// another endpoint's, or for a client that handles another kind of token.
func readTokens(s *source, answer []byte) (tokens, error) {
	members, err := strictjson.Object(answer)
	if err != nil {
		return tokens{}, refuse(ErrAnswer, "tokens of %s: %v", s.Name, err)
	}
	got := tokens{id: text(members, "id_token"), access: text(members, "access_token")}
	kind := text(members, "token_type")
	switch {
	case got.id == "":
		return tokens{}, refuse(ErrAnswer, "%s gave no ID token", s.Name)
	case got.access == "":
		return tokens{}, refuse(ErrAnswer, "%s gave no access_token beside the ID token (RFC 6749 §5.1)", s.Name)
	case !strings.EqualFold(kind, "Bearer"):
		return tokens{}, refuse(ErrAnswer, "token_type of %s is %.60q and not Bearer (OpenID Connect Core §3.1.3.3)", s.Name, kind)
	}
	return got, nil
}
