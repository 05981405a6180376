package config

import (
	"strconv"
	"strings"
	"time"

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
		d.fitCookie(at, s)
	}
	if at := n.Field("idle"); at != nil && s.Idle > s.Lifetime {
		d.refuse(at.Place, "at most "+short(s.Lifetime)+", the lifetime", "%s is too long: the session would have ended", at.Text)
	}
}

// hostPrefix is what keeps a cookie to one host and to HTTPS (RFC 6265bis
// §4.1.3.2).
const hostPrefix = "__Host-"

// fitCookie wants a name that a browser keeps, and keeps safe.
func (d *decoder) fitCookie(at *document.Node, s *Sessions) {
	switch secure := strings.HasPrefix(s.Cookie, hostPrefix); {
	case s.InsecureHTTP && secure:
		d.refuse(at.Place, "leave it out, or remove "+hostPrefix, "without HTTPS a browser keeps no cookie with that name")
	case !s.InsecureHTTP && !secure:
		d.refuse(at.Place, "leave it out, or write "+hostPrefix+s.Cookie, "a neighbouring host could plant a cookie with that name")
	}
}

// cookieName reads an RFC 6265 §4.1.1 cookie-name, a token.
func (d *decoder) cookieName(n *document.Node) string {
	name, ok := d.text(n, session.CookieName)
	if !ok {
		return ""
	}
	if strings.ContainsFunc(name, func(r rune) bool {
		return r > '~' || !strings.ContainsRune("!#$%&'*+-.^_`|~", r) && !isAlphanumeric(r)
	}) {
		d.refuse(n.Place, "letters, digits, - and _", "%q cannot be the name of a cookie", name)
	}
	return name
}

func isAlphanumeric(r rune) bool {
	return '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

func (d *decoder) apiKeys(n *document.Node) *APIKeys {
	k := &APIKeys{Environment: defaultEnvironment}
	if !apiKeysTable.read(d, n, k) {
		return nil
	}
	return k
}

// environment reads what keys can carry between their underscores.
func (d *decoder) environment(n *document.Node) string {
	name, ok := d.text(n, defaultEnvironment)
	if ok && !isName(name, 16, "") {
		d.refuse(n.Place, "1 to 16 small letters and digits", "%q cannot be part of a key", name)
	}
	return name
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
