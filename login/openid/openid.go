// Package openid speaks with an OpenID provider for a relying party (OpenID
// Connect Core 1.0, by the authorization code flow with PKCE S256, and nothing
// else): it reads the provider's metadata, writes the request that a browser
// carries there, redeems codes, and verifies ID tokens and logout tokens.
//
// A [Client] is one relying party at one provider. It keeps no sign-in: package
// login does, which gives it the nonce and the verifier of each.
//
// There are three kinds of answers. It worked. The error wraps one of the
// refusals of this package, which each wrap an [edgeward.Reason]. Anything else
// means "could not tell", most often an [edgeward.UnavailableError]: the
// provider did not answer. No error holds a code, a token or a secret.
//
// The package does no I/O of its own and starts nothing: requests go through a
// [Fetcher].
package openid

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/clock"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/jwt"
)

// ChallengeMethod is the only one of PKCE: "plain" shows the verifier to all who
// see the first redirect (RFC 9700 §2.1.1).
const ChallengeMethod = "S256"

// A Client is a relying party at one provider. It is safe for concurrent use, and
// keeps what the provider says about itself for an hour.
type Client struct {
	provider
	knowledge
	fetcher Fetcher
	now     func() time.Time
}

// provider keeps the fields of a Client's provider from being changed.
type provider = Provider

// New checks p and returns its Client. A nil now means time.Now.
func New(p Provider, fetcher Fetcher, now func() time.Time) (*Client, error) {
	if fetcher == nil {
		return nil, errors.New("openid: a fetcher is needed")
	}
	if len(p.Algorithms) == 0 {
		p.Algorithms = []jwt.Algorithm{jwt.RS256}
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return &Client{provider: p, fetcher: fetcher, now: clock.New(now).Now}, nil
}

// An Authorization is what a browser asks a provider for.
type Authorization struct {
	RedirectURI  string
	State, Nonce string
	Challenge    string // of PKCE, by ChallengeMethod
	ACRValues    string // classes between spaces, "" for none
	MaxAge       string // in seconds, "" for none
	// These replace what the provider's configuration has; "" does not.
	Prompt    string
	LoginHint string // who is expected to sign in, as [IsLoginHint] allows it
}

const (
	prompt    = "prompt"
	loginHint = "login_hint"
)

// maxLoginHint bounds login_hint in bytes: an e-mail address has 254 at most (RFC 5321
// §4.5.3.1).
const maxLoginHint = 320

// IsLoginHint reports whether s can be a login_hint, which anyone can put into a link:
// it is the provider's to judge, and proves nothing.
func IsLoginHint(s string) bool { return s != "" && len(s) <= maxLoginHint && edgeward.IsFieldValue(s) }

// instead returns what r says in place of a configured parameter.
func (r *Authorization) instead(name string) string {
	switch name {
	case prompt:
		return r.Prompt
	case loginHint:
		return r.LoginHint
	}
	return ""
}

// AuthorizationURL is an authentication request (OpenID Connect Core §3.1.2.1).
func (c *Client) AuthorizationURL(m *Metadata, r Authorization) string {
	scopes := append([]string{"openid"}, slices.DeleteFunc(slices.Clone(c.Scopes), func(scope string) bool { return scope == "openid" })...)
	question := form.Text(nil)
	for _, p := range c.Params {
		if r.instead(p.Name) == "" {
			question = question.Add(p.Name, p.Value)
		}
	}
	if r.Prompt != "" {
		question = question.Add(prompt, r.Prompt)
	}
	if r.LoginHint != "" {
		question = question.Add(loginHint, r.LoginHint)
	}
	if r.ACRValues != "" {
		question = question.Add("acr_values", r.ACRValues)
	}
	if r.MaxAge != "" {
		question = question.Add("max_age", r.MaxAge)
	}
	return question.
		Add("response_type", "code").
		Add("client_id", c.ClientID).
		Add("redirect_uri", r.RedirectURI).
		Add("scope", strings.Join(scopes, " ")).
		Add("state", r.State).
		Add("nonce", r.Nonce).
		Add("code_challenge", r.Challenge).
		Add("code_challenge_method", ChallengeMethod).
		Below(m.authorization)
}

// CheckIssuer compares the parameter iss of an authorization response (RFC 9207)
// where it is sent, and demands it of a provider that says it always sends it.
// sent tells an empty one from none. Ask before anything is said to any
// provider: a code of one, sent to another, is the mix-up attack (§2.4). The
// error wraps [ErrState].
func (c *Client) CheckIssuer(m *Metadata, issuer string, sent bool) error {
	switch {
	case sent && issuer != c.Issuer:
		return refuse(ErrState, "iss is not the issuer of %s, where this sign-in began", c.Name)
	case !sent && m.sendsIssuer:
		return refuse(ErrState, "iss is missing, and %s says that it always sends it", c.Name)
	}
	return nil
}

// MaxHint bounds an ID token that goes into a URL, in bytes: servers take 8 KiB
// of a request line, rarely more.
const MaxHint = 4 << 10

// EndSessionURL is where a browser ends its session at the provider, which sends
// it back to returnTo then (OpenID Connect RP-Initiated Logout 1.0 §2); "" when the
// provider has no such page. hint is the ID token of the sign-in, or zero.
func (c *Client) EndSessionURL(m *Metadata, hint edgeward.Secret, returnTo string) string {
	if m.endSession == "" {
		return ""
	}
	var query form.Text
	if n := hint.Len(); 0 < n && n <= MaxHint {
		query = query.Add("id_token_hint", hint.Reveal())
	}
	return query.Add("client_id", c.ClientID).Add("post_logout_redirect_uri", returnTo).Below(m.endSession)
}
