package config

import (
	"strconv"
	"time"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
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
	if !sessionsTable.read(d, n, s) {
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
		d.ok(at.Place, rule.SessionCookie(s.Cookie, s.InsecureHTTP))
	}
	if at := n.Field("idle"); at != nil && s.Idle > s.Lifetime {
		d.refuse(at.Place, "at most "+short(s.Lifetime)+", the lifetime", "%s is too long: the session would have ended", at.Text)
	}
}

func (d *decoder) apiKeys(n *document.Node) *APIKeys {
	k := &APIKeys{Environment: defaultEnvironment}
	if !apiKeysTable.read(d, n, k) {
		return nil
	}
	return k
}

func (d *decoder) failures(n *document.Node) *Failures {
	f := &Failures{Limit: defaultFailures, Window: defaultWindow}
	if !failuresTable.read(d, n, f) {
		return nil
	}
	return f
}

// whole reads a whole number between least and most.
func (d *decoder) whole(n *document.Node, least, most int) int {
	if !d.is(n, document.Number, strconv.Itoa(least)) {
		return least
	}
	v, err := strconv.Atoi(n.Text)
	switch {
	case err != nil:
		d.refuse(n.Place, "", "%s is not a whole number", n.Text)
	case v < least:
		d.refuse(n.Place, "at least "+strconv.Itoa(least), "%s is too small", n.Text)
	case v > most:
		d.refuse(n.Place, "at most "+strconv.Itoa(most), "%s is too large", n.Text)
	default:
		return v
	}
	return least
}

func (d *decoder) revocation(n *document.Node) Revocation {
	r := defaultRevocation
	revocationTable.read(d, n, &r)
	return r
}

var defaultRevocation = Revocation{MaxStaleness: defaultStaleness, WhenStale: policy.AskAuthority}
