// Package userapi signs users in at providers that speak OAuth 2.0 (RFC 6749) and no
// OpenID Connect, as GitHub does: no ID token says who has signed in, so an API of the
// provider's is asked about the user of the access token.
//
// What binds the answer to the sign-in is the state in the browser's cookie, the code
// that the provider gives for it, PKCE (RFC 7636) where the provider knows it, and that
// the access token comes from the provider itself over TLS, for a client that has a
// secret. An access token that comes another way proves nothing, since it may have been
// issued to another client: the package takes none from outside.
//
// The answers of the API become claims by the names of OpenID Connect Core §5.1, so that
// the same language says what becomes of them. One table has what differs between the
// providers: [Kinds].
//
// Errors are those of package openid: a refusal, or "could not tell". No error holds a
// code, a token or a secret. The package does no I/O of its own and starts nothing.
package userapi

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/login/openid"
)

// A Provider is one at which users sign in. The zero Provider is refused.
type Provider struct {
	Name string // for messages and logs
	Kind string // of [Kinds]
	// BaseURL is the origin of the operator's own server, "https://github.example.com",
	// where the kind can be self-hosted; "" means the public one.
	BaseURL      string
	ClientID     string
	ClientSecret edgeward.Secret // demanded: nothing else says who redeems a code
	Scopes       []string        // nil means those of the kind
	Authority    string          // certificates in PEM that the provider's are verified by; "" for the system's
}

// A Client is a client at one provider. It is safe for concurrent use.
type Client struct {
	Provider
	kind      *kind
	site, api string
	fetcher   openid.Fetcher

	mu   sync.Mutex
	busy int
}

// New checks p and returns its Client.
func New(p Provider, fetcher openid.Fetcher) (*Client, error) {
	c := &Client{Provider: p, kind: find(p.Kind), fetcher: fetcher}
	switch {
	case fetcher == nil:
		return nil, errors.New("userapi: a fetcher is needed")
	case c.kind == nil:
		return nil, fmt.Errorf("userapi: provider %s: %q is no type of provider", p.Name, p.Kind)
	case p.ClientID == "" || p.ClientSecret.IsZero():
		return nil, fmt.Errorf("userapi: provider %s has no client id or no secret", p.Name)
	}
	for _, scope := range p.Scopes {
		if !edgeward.IsScopeToken(scope) {
			return nil, fmt.Errorf("userapi: provider %s: scope %q is none", p.Name, scope)
		}
	}
	if p.Scopes == nil {
		c.Scopes = c.kind.scopes
	}
	issuer, err := Issuer(p.Kind, p.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("userapi: provider %s: %w", p.Name, err)
	}
	c.site, c.api = issuer, c.kind.api
	if p.BaseURL != "" {
		c.api = c.kind.hosted(issuer)
	}
	return c, nil
}

// Issuer returns the issuer of the users of a kind of provider: a fixed name, or the
// base URL of the operator's own server. An error says what is wrong with the kind or
// the URL, which has to be an origin, by https, or by http on a loopback address.
func Issuer(of, baseURL string) (string, error) {
	k := find(of)
	switch {
	case k == nil:
		return "", fmt.Errorf("%q is no type of provider", of)
	case baseURL == "":
		return k.site, nil
	case k.hosted == nil:
		return "", fmt.Errorf("%s is at %s alone", k.label, k.site)
	}
	t, err := canonical.RequestTarget(baseURL)
	if err != nil || t.Scheme+"://"+t.Host != baseURL {
		return "", fmt.Errorf("base_url %q is not like https://github.example.com, in lower case and without a path", baseURL)
	}
	if t.Scheme != "https" && !canonical.IsLoopback(t.Host) {
		return "", fmt.Errorf("base_url %s must be https", baseURL)
	}
	if baseURL == k.site || strings.HasPrefix(k.api, baseURL+"/") || baseURL == k.api {
		return "", fmt.Errorf("base_url is for a server of your own, leave it out for %s", k.site)
	}
	return baseURL, nil
}

// Issuer is the issuer of the provider's users.
func (c *Client) Issuer() string { return c.site }

// Label is what the kind of provider is called.
func (c *Client) Label() string { return c.kind.label }

// AuthorizationURL is an authorization request (RFC 6749 §4.1.1) with PKCE. A provider
// that does not know PKCE ignores it (§3.1). Any prompt stands for the provider's own
// way to take another account, where it has one.
func (c *Client) AuthorizationURL(r openid.Authorization) string {
	question := form.Text(nil).
		Add("response_type", "code").
		Add("client_id", c.ClientID).
		Add("redirect_uri", r.RedirectURI)
	if len(c.Scopes) > 0 {
		question = question.Add("scope", strings.Join(c.Scopes, " "))
	}
	question = question.
		Add("state", r.State).
		Add("code_challenge", r.Challenge).
		Add("code_challenge_method", openid.ChallengeMethod)
	if r.Prompt != "" && c.kind.prompt != "" {
		question = question.Add("prompt", c.kind.prompt)
	}
	return question.Below(c.site + c.kind.authorize)
}

// Switches reports whether a prompt lets users take another account. Where it does not,
// they have to sign out at the provider first.
func (c *Client) Switches() bool { return c.kind.prompt != "" }

// maxBusy bounds how many sign-ins are finished, and users read again, at a time at one
// provider: one that hangs would hold a connection for each.
const maxBusy = 64

// Enter asks whether a code may be redeemed at the provider now. A caller that may calls
// Leave in the end. The error means: could not tell.
func (c *Client) Enter() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy >= maxBusy {
		return c.unavailable(pause, fmt.Errorf("userapi: %d users are being asked about there already", maxBusy))
	}
	c.busy++
	return nil
}

// Leave ends what Enter began.
func (c *Client) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy--
}

// permits reports whether one of the scopes that are asked for is among any.
func (c *Client) permits(any []string) bool {
	return slices.ContainsFunc(c.Scopes, func(scope string) bool { return slices.Contains(any, scope) })
}
