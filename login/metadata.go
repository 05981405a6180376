package login

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/edgeward/edgeward/internal/canonical"
	"github.com/edgeward/edgeward/internal/strictjson"
)

const (
	wellKnown = "/.well-known/openid-configuration" // OpenID Connect Discovery §4

	metadataLife = time.Hour      // metadata younger than this is not asked for again
	metadataCap  = 24 * time.Hour // older metadata serves nobody, whatever the trouble
	pause        = 5 * time.Second
	maxAsking    = 32 // requests for a provider's metadata at a time, while there is none
)

// metadata is what a provider says about itself. It is immutable.
type metadata struct {
	authorization, token, endSession string
	sendsIssuer                      bool     // the iss parameter is in every response (RFC 9207 §3)
	prompts                          []string // prompt_values_supported; nil when it does not say
}

// supported is as, or what the provider says that it has for it.
func (m *metadata) supported(as Account) Account {
	if as == OtherAccount && slices.Contains(m.prompts, string(ChooseAccount)) {
		return ChooseAccount
	}
	return as
}

// A source is a provider and what is known of it.
type source struct {
	Provider

	mu      sync.Mutex // never held while waiting
	current *metadata  // nil when there is none yet
	fetched time.Time
	failed  time.Time // the last attempt that brought nothing
	asking  int

	exchanging int // codes that are being redeemed
}

// metadata returns what s says about itself, at most an hour old, or a day
// while nobody answers. An error wraps [ErrAnswer] or means: could not tell.
func (l *Login) metadata(ctx context.Context, s *source) (*metadata, error) {
	now := l.clock.Now()
	known, ask := s.known(now)
	if !ask {
		if known == nil {
			return nil, unavailable("metadata of "+s.Issuer, pause, errors.New("login: asked a moment ago, without success"))
		}
		return known, nil
	}
	fresh, err := l.discover(ctx, s)
	if err != nil && ctx.Err() == nil {
		s.fail(now)
	}
	if s.settle(fresh, now); err == nil {
		return fresh, nil
	}
	if known != nil {
		return known, nil
	}
	return nil, err
}

// known returns the metadata that still serves, nil when there is none, and
// whether to ask for newer. Whoever is told to ask calls settle in the end.
// While nothing serves, several may ask at once: none can wait for another on
// this floor, and people who come at the same moment shall not be sent away.
func (s *source) known(now time.Time) (serving *metadata, ask bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := now.Sub(s.fetched)
	limit := maxAsking
	if s.current != nil && age < metadataCap {
		serving, limit = s.current, 1
	}
	if serving != nil && age < metadataLife || s.asking >= limit || now.Sub(s.failed) < pause {
		return serving, false
	}
	s.asking++
	return serving, true
}

// settle ends an attempt that began then; fresh is nil when it brought nothing.
func (s *source) settle(fresh *metadata, began time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asking--
	if fresh != nil && !began.Before(s.fetched) {
		s.current, s.fetched = fresh, began
	}
}

// fail keeps everybody from asking for a moment: a flood of sign-ins must not
// become one at a provider in trouble.
func (s *source) fail(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = now
}

// discover fetches and reads metadata.
func (l *Login) discover(ctx context.Context, s *source) (*metadata, error) {
	body, status, err := l.fetch(ctx, s, FetchRequest{Method: "GET", URL: strings.TrimSuffix(s.Issuer, "/") + wellKnown})
	if err != nil {
		return nil, err
	}
	if status != statusOK {
		return nil, refuse(ErrAnswer, "metadata of %s: status %d", s.Issuer, status)
	}
	m, err := readMetadata(body, s.Issuer)
	if err != nil {
		return nil, refuse(ErrAnswer, "metadata of %s: %v", s.Issuer, err)
	}
	return m, nil
}

// readMetadata reads a document that must name the issuer exactly as it is
// configured, else one provider could speak for another (RFC 8414 §3.3).
func readMetadata(body []byte, issuer string) (*metadata, error) {
	members, err := strictjson.Object(body)
	if err != nil {
		return nil, err
	}
	if said := text(members, "issuer"); said != issuer {
		return nil, fmt.Errorf("issuer is %.200q, not the configured one", said)
	}
	m := &metadata{authorization: text(members, "authorization_endpoint"), token: text(members, "token_endpoint"), endSession: text(members, "end_session_endpoint")}
	for _, endpoint := range []string{m.authorization, m.token} {
		if !isEndpoint(endpoint, issuer) {
			return nil, errors.New("authorization_endpoint or token_endpoint is missing or no https URL")
		}
	}
	if !isEndpoint(m.endSession, issuer) {
		m.endSession = "" // without it people can sign in all the same
	}
	// A list without S256 means that our challenge would be ignored, or worse:
	// there is no falling back to plain (RFC 9700 §2.1.1).
	if v, found := members.Stated("code_challenge_methods_supported"); found {
		if methods, ok := v.Strings(); !ok || !slices.Contains(methods, challengeMethod) {
			return nil, errors.New("the provider does not support PKCE by S256")
		}
	}
	v, _ := members.Lookup("authorization_response_iss_parameter_supported")
	m.sendsIssuer, _ = v.Bool()
	v, _ = members.Lookup("prompt_values_supported")
	m.prompts, _ = v.Strings()
	return m, nil
}

// text returns the string called name, "" when there is none.
func text(members strictjson.Members, name string) string {
	v, _ := members.Lookup(name)
	s, _ := v.String()
	return s
}

// isEndpoint reports whether raw is an https URL, or an http one on the very
// host of an issuer that is http itself.
func isEndpoint(raw, issuer string) bool {
	t, err := canonical.RequestTarget(raw)
	if err != nil || escapeBeyondASCII(raw) != raw {
		return false
	}
	from, err := canonical.RequestTarget(issuer)
	return t.Scheme == "https" || err == nil && t.Scheme == "http" && from.Scheme == "http" && t.Host == from.Host
}
