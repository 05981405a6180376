package openid

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

const (
	wellKnown = "/.well-known/openid-configuration" // OpenID Connect Discovery §4

	metadataLife = time.Hour      // metadata younger than this is not asked for again
	metadataCap  = 24 * time.Hour // older metadata serves no one, whatever the trouble
	pause        = 5 * time.Second
	maxAsking    = 32 // requests for a provider's metadata at a time, while there is none
	maxRedirects = 3  // of one request for metadata
)

// Metadata is what a provider says about itself. It is immutable.
type Metadata struct {
	authorization, endSession string // where browsers go
	token, userinfo           place
	sendsIssuer               bool     // the iss parameter is in every response (RFC 9207 §3)
	listsPKCE                 bool     // it says which challenge methods it supports
	algorithms                []string // that it says it signs ID tokens with; nil when it does not say
	prompts                   []string // prompt_values_supported; nil when it does not say
	classes                   []string // acr_values_supported; nil when it does not say
}

// A place is an endpoint that we ask ourselves.
type place struct {
	url     string
	written bool // the configuration has it, or has metadata on the same origin
}

// place returns an endpoint that metadata names. On the origin of metadata that the
// configuration has it counts as written there: Keycloak names those of the address
// that it is asked at (hostname-backchannel-dynamic).
func (c *Client) place(url string) place {
	at, ok := readEndpoint(c.MetadataURL)
	e, is := readEndpoint(url)
	return place{url, ok && is && e.sameOrigin(at)}
}

// ListsPrompt reports whether the provider says that it knows a value of prompt
// (prompt_values_supported).
func (m *Metadata) ListsPrompt(prompt string) bool { return slices.Contains(m.prompts, prompt) }

// Chooses reports whether the provider is one of those that know the prompt
// select_account and do not list what they know.
func (m *Metadata) Chooses() bool {
	switch OriginOf(m.authorization) {
	case "https://accounts.google.com", "https://login.microsoftonline.com", "https://login.microsoftonline.us", "https://login.partner.microsoftonline.cn":
		return true
	}
	return false
}

// Origins are those of the pages where users sign in and out.
func (m *Metadata) Origins() []string {
	return []string{OriginOf(m.authorization), OriginOf(m.endSession)}
}

// OriginOf returns the origin of a URL of a provider's, "" for none.
func OriginOf(url string) string {
	e, ok := readEndpoint(url)
	if !ok {
		return ""
	}
	return e.scheme + "://" + e.host
}

// Unlisted returns those of classes that the provider does not list
// (acr_values_supported), none where it lists none: it need not.
func (m *Metadata) Unlisted(classes []string) (all []string) {
	for _, class := range classes {
		if m.classes != nil && !slices.Contains(m.classes, class) {
			all = append(all, class)
		}
	}
	return all
}

// knowledge is what is known of a provider.
type knowledge struct {
	mu      sync.Mutex // never held while waiting
	current *Metadata  // nil when there is none yet
	fetched time.Time
	failed  time.Time // the last attempt that brought nothing
	asking  int

	exchanging int // codes that are being redeemed
}

// Metadata returns what the provider says about itself, at most an hour old, or a day
// while there is no answer. An error wraps [ErrAnswer] or means: could not tell.
func (c *Client) Metadata(ctx context.Context) (*Metadata, error) {
	if c.NoDiscovery {
		return c.endpoints(nil) // which were checked
	}
	now := c.now()
	known, ask := c.known(now)
	if !ask {
		if known == nil {
			return nil, edgeward.NewUnavailable("metadata of "+c.Issuer, pause, errors.New("openid: asked a moment ago, without success"))
		}
		return known, nil
	}
	fresh, err := c.discover(ctx)
	if err != nil && ctx.Err() == nil {
		c.fail(now)
	}
	if c.settle(fresh, now); err == nil {
		return fresh, nil
	}
	if known != nil {
		return known, nil
	}
	return nil, err
}

// known returns the metadata that still serves, nil when there is none, and
// whether to ask for newer. A caller that has to ask calls settle in the end.
// While nothing serves, several may ask at once: none can wait for another on
// this floor, and people who come at the same moment shall not be sent away.
func (c *Client) known(now time.Time) (serving *Metadata, ask bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	age := now.Sub(c.fetched)
	limit := maxAsking
	if c.current != nil && age < metadataCap {
		serving, limit = c.current, 1
	}
	if serving != nil && age < metadataLife || c.asking >= limit || now.Sub(c.failed) < pause {
		return serving, false
	}
	c.asking++
	return serving, true
}

// settle ends an attempt that began then; fresh is nil when it brought nothing.
func (c *Client) settle(fresh *Metadata, began time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asking--
	if fresh != nil && !began.Before(c.fetched) {
		c.current, c.fetched = fresh, began
	}
}

// fail keeps everybody from asking for a moment: a flood of sign-ins must not
// become one at a provider in trouble.
func (c *Client) fail(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = now
}

// discover fetches and reads metadata.
func (c *Client) discover(ctx context.Context) (*Metadata, error) {
	body, err := c.fetchMetadata(ctx)
	if err != nil {
		return nil, err
	}
	m, err := c.readMetadata(body)
	if err != nil {
		return nil, refuse(ErrAnswer, "metadata of %s: %v", c.Issuer, err)
	}
	return m, nil
}

// fetchMetadata follows redirects within the origin, as the fetch of a key set
// does: some providers have the document at the same path with a slash. Nothing
// secret is sent, and the document has to name the issuer wherever it lies. No
// other request of this package follows any.
func (c *Client) fetchMetadata(ctx context.Context) ([]byte, error) {
	at, written := c.MetadataURL, true
	if at == "" {
		at, written = strings.TrimSuffix(c.Issuer, "/")+wellKnown, false
	}
	for range 1 + maxRedirects {
		a, err := c.fetch(ctx, Request{Method: "GET", URL: at, Written: written})
		switch {
		case err != nil:
			return nil, err
		case a.Status == statusOK:
			return a.Body, nil
		case !isRedirect(a.Status):
			return nil, refuse(ErrAnswer, "metadata of %s: status %d", c.Issuer, a.Status)
		}
		to, ok := follow(at, a.Header.First("Location"))
		if !ok {
			return nil, refuse(ErrAnswer, "metadata of %s: status %d to another origin, or to no URL; only redirects within the origin are followed", c.Issuer, a.Status)
		}
		at = to
	}
	return nil, refuse(ErrAnswer, "metadata of %s: more than %d redirects", c.Issuer, maxRedirects)
}

func isRedirect(status int) bool {
	return 301 <= status && status <= 303 || status == 307 || status == 308
}

// readMetadata reads a document that must name the issuer exactly as it is
// configured, else one provider could speak for another (RFC 8414 §3.3).
func (c *Client) readMetadata(body []byte) (*Metadata, error) {
	members, err := strictjson.Object(body)
	if err != nil {
		return nil, err
	}
	if said := text(members, "issuer"); said != c.Issuer {
		return nil, fmt.Errorf("issuer is %.200q, not the configured one", said)
	}
	m, err := c.endpoints(members)
	if err != nil {
		return nil, err
	}
	// A list without S256 means that our challenge would be ignored, or worse:
	// there is no falling back to plain (RFC 9700 §2.1.1).
	v, found := members.Stated("code_challenge_methods_supported")
	if m.listsPKCE = found; found {
		if methods, ok := v.Strings(); !ok || !slices.Contains(methods, ChallengeMethod) {
			return nil, errors.New("the provider does not support PKCE by S256")
		}
	}
	v, _ = members.Lookup("id_token_signing_alg_values_supported")
	m.algorithms, _ = v.Strings()
	v, _ = members.Lookup("authorization_response_iss_parameter_supported")
	m.sendsIssuer, _ = v.Bool()
	v, _ = members.Lookup("acr_values_supported")
	m.classes, _ = v.Strings()
	v, _ = members.Lookup("prompt_values_supported")
	m.prompts, _ = v.Strings()
	return m, nil
}

// endpoints returns what the configuration says, else what members do.
func (c *Client) endpoints(members strictjson.Members) (*Metadata, error) {
	stated := &c.Endpoints
	m := &Metadata{authorization: stated.Authorization, endSession: stated.EndSession, token: place{stated.Token, true}, userinfo: place{stated.Userinfo, true}}
	if m.authorization == "" {
		m.authorization = text(members, "authorization_endpoint")
		if err := checkEndpoint("authorization_endpoint", m.authorization, c.Issuer); err != nil {
			return nil, err
		}
	}
	if m.token.url == "" {
		m.token = c.place(text(members, "token_endpoint"))
		if err := checkEndpoint("token_endpoint", m.token.url, c.Issuer); err != nil {
			return nil, err
		}
	}
	// Without these two users can sign in all the same.
	if m.userinfo.url == "" {
		m.userinfo = c.place(text(members, "userinfo_endpoint"))
		if !isEndpoint(m.userinfo.url, c.Issuer) {
			m.userinfo.url = ""
		}
	}
	if m.endSession == "" {
		if m.endSession = text(members, "end_session_endpoint"); !isEndpoint(m.endSession, c.Issuer) {
			m.endSession = ""
		}
	}
	return m, nil
}

// checkEndpoint says what is wrong with an endpoint that a sign-in needs.
func checkEndpoint(name, raw, issuer string) error {
	if raw == "" {
		return fmt.Errorf("%s is missing", name)
	}
	if err := CheckEndpoint(raw, issuer); err != nil {
		return fmt.Errorf("%s %w", name, err)
	}
	return nil
}

// text returns the string called name, "" when there is none.
func text(members strictjson.Members, name string) string {
	v, _ := members.Lookup(name)
	s, _ := v.String()
	return s
}
