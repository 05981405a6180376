package config

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/session"
)

// A Store is the store's section: one of both is set.
type Store struct {
	Path   string // of the SQLite file, relative to the working directory
	Memory bool

	AuditFileSize int // MiB in a file of the audit log
	AuditFiles    int // full ones that are kept; 0 means all
}

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

func (d *decoder) storePath(n *node) string {
	name, ok := d.text(n, "edgeward.db")
	if !ok {
		return ""
	}
	return d.files.locate(name)
}

func (d *decoder) sessions(n *node) *Sessions {
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
	if at := n.field("cookie"); at != nil {
		d.fitCookie(at, s)
	}
	if at := n.field("idle"); at != nil && s.Idle > s.Lifetime {
		d.refuse(at.place, "at most "+short(s.Lifetime)+", the lifetime", "%s is too long: the session would have ended", at.text)
	}
	s.Idle = min(s.Idle, s.Lifetime)
	return s
}

// hostPrefix is what keeps a cookie to one host and to HTTPS (RFC 6265bis
// §4.1.3.2).
const hostPrefix = "__Host-"

// fitCookie wants a name that a browser keeps, and keeps safe.
func (d *decoder) fitCookie(at *node, s *Sessions) {
	switch secure := strings.HasPrefix(s.Cookie, hostPrefix); {
	case s.InsecureHTTP && secure:
		d.refuse(at.place, "leave it out, or remove "+hostPrefix, "without HTTPS a browser keeps no cookie with that name")
	case !s.InsecureHTTP && !secure:
		d.refuse(at.place, "leave it out, or write "+hostPrefix+s.Cookie, "a neighbouring host could plant a cookie with that name")
	}
}

// cookieName reads an RFC 6265 §4.1.1 cookie-name, a token.
func (d *decoder) cookieName(n *node) string {
	name, ok := d.text(n, session.CookieName)
	if !ok {
		return ""
	}
	if strings.ContainsFunc(name, func(r rune) bool {
		return r > '~' || !strings.ContainsRune("!#$%&'*+-.^_`|~", r) && !isAlphanumeric(r)
	}) {
		d.refuse(n.place, "letters, digits, - and _", "%q cannot be the name of a cookie", name)
	}
	return name
}

func isAlphanumeric(r rune) bool {
	return '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

func (d *decoder) apiKeys(n *node) *APIKeys {
	k := &APIKeys{Environment: defaultEnvironment}
	if !apiKeysTable.read(d, n, k) {
		return nil
	}
	return k
}

func (d *decoder) environment(n *node) string {
	name, ok := d.text(n, defaultEnvironment)
	if ok && !environments.MatchString(name) {
		d.refuse(n.place, "1 to 16 small letters and digits", "%q cannot be part of a key", name)
	}
	return name
}

// environments are what keys can carry between their underscores.
var environments = regexp.MustCompile(`^[a-z0-9]{1,16}$`)

func (d *decoder) failures(n *node) *Failures {
	f := &Failures{Limit: defaultFailures, Window: defaultWindow}
	if !failuresTable.read(d, n, f) {
		return nil
	}
	return f
}

// whole reads a whole number between least and most.
func (d *decoder) whole(n *node, least, most int) int {
	if !d.is(n, number, strconv.Itoa(least)) {
		return least
	}
	v, err := strconv.Atoi(n.text)
	switch {
	case err != nil:
		d.refuse(n.place, "", "%s is not a whole number", n.text)
	case v < least:
		d.refuse(n.place, "at least "+strconv.Itoa(least), "%s is too small", n.text)
	case v > most:
		d.refuse(n.place, "at most "+strconv.Itoa(most), "%s is too large", n.text)
	default:
		return v
	}
	return least
}

func (d *decoder) revocation(n *node) Revocation {
	r := defaultRevocation
	revocationTable.read(d, n, &r)
	return r
}

var defaultRevocation = Revocation{MaxStaleness: defaultStaleness, WhenStale: policy.AskAuthority}

func (d *decoder) staleness(n *node) time.Duration {
	return d.duration(n, 100*time.Millisecond, 24*time.Hour, ": what was revoked would live on that long")
}

func (d *decoder) staleChoice(n *node) policy.WhenStale {
	name, _ := d.choice(n, []string{policy.AskAuthority.String(), policy.Deny.String()})
	w, _ := policy.ParseWhenStale(name)
	return w
}

// maxStaleness and whenStale read what a route says, and note where: without a
// store there is nothing to be stale.
func (d *decoder) maxStaleness(n *node) time.Duration {
	d.stale = append(d.stale, n.place)
	return d.staleness(n)
}

func (d *decoder) whenStale(n *node) policy.WhenStale {
	d.stale = append(d.stale, n.place)
	return d.staleChoice(n)
}
