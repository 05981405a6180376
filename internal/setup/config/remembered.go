package config

import (
	"time"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/session"
)

// Sessions is the section of the strategy "session".
type Sessions struct {
	Cookie         string // the cookie's name
	Idle, Lifetime time.Duration
	InsecureHTTP   bool
}

// APIKeys is the section of the strategy "api_key".
type APIKeys struct {
	Environment string
}

// PersonalTokens is the section of the strategy "personal_token".
type PersonalTokens struct {
	MaxLifetime   time.Duration // of a token
	PerUser       int
	ConfirmWithin time.Duration // how long a user's account holds after a sign-in or a re-check
}

// Failures is the section of the limits on guessing.
type Failures struct {
	Limit  int // guesses in a window
	Window time.Duration
}

// Revocation holds what routes inherit.
type Revocation struct {
	MaxStaleness time.Duration
	WhenStale    policy.WhenStale
}

func (d *decoder) sessions(n *document.Node) *Sessions {
	s := &Sessions{Idle: session.DefaultIdle, Lifetime: session.DefaultAbsolute}
	if !sessionsTable.Read(&d.Reader, d, n, s) {
		return nil
	}
	if s.Cookie == "" {
		s.Cookie = session.CookieName
		if s.InsecureHTTP {
			s.Cookie = session.InsecureCookieName
		}
	}
	d.rules.sessions(d, n, s)
	s.Idle = min(s.Idle, s.Lifetime)
	return s
}

// checkSessions checks what only the whole section shows.
func (d *decoder) checkSessions(n *document.Node, s *Sessions) {
	if at := n.Field("cookie"); at != nil {
		d.OK(at.Place, rule.SessionCookie(s.Cookie, s.InsecureHTTP))
	}
	if at := n.Field("idle"); at != nil && s.Idle > s.Lifetime {
		d.Refuse(at.Place, "at most "+schema.Short(s.Lifetime)+", the lifetime", "%s is too long: the session would have ended", at.Text)
	}
}

func (d *decoder) apiKeys(n *document.Node) *APIKeys {
	k := &APIKeys{Environment: defaultEnvironment}
	if !apiKeysTable.Read(&d.Reader, d, n, k) {
		return nil
	}
	return k
}

func (d *decoder) personalTokens(n *document.Node) *PersonalTokens {
	return personalTokensTable.ReadInto(&d.Reader, d, n, &PersonalTokens{defaultPersonal, defaultPerUser, defaultConfirm})
}

func (d *decoder) failures(n *document.Node) *Failures {
	f := &Failures{Limit: defaultFailures, Window: defaultWindow}
	if !failuresTable.Read(&d.Reader, d, n, f) {
		return nil
	}
	return f
}

func (d *decoder) revocation(n *document.Node) Revocation {
	r := defaultRevocation
	revocationTable.Read(&d.Reader, d, n, &r)
	return r
}

var defaultRevocation = Revocation{MaxStaleness: defaultStaleness, WhenStale: policy.AskAuthority}
