package session

import (
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
)

const (
	// CookieName is that of the session cookie. With __Host- browsers keep it
	// to one host and to HTTPS: no neighbouring host can toss one in (RFC
	// 6265bis §4.1.3.2).
	CookieName = secureOnly + "edgeward-session"
	// InsecureCookieName is its stand-in on a loopback address without HTTPS,
	// and nowhere else.
	InsecureCookieName = "edgeward-session"

	secureOnly = "__Host-"
)

// SetCookie returns the Set-Cookie value that gives a browser the session until
// its absolute end. A script cannot read it, and no other site's form or fetch
// sends it along; a link does, as people expect.
func SetCookie(name string, value edgeward.Secret, s Session, now time.Time) string {
	return cookie(name, value.Reveal(), max(s.Expires.Sub(now), 0))
}

// ClearCookie returns the Set-Cookie value that takes it away.
func ClearCookie(name string) string { return cookie(name, "", 0) }

func cookie(name, value string, life time.Duration) string {
	c := name + "=" + value + "; Path=/; Max-Age=" + strconv.Itoa(int(life/time.Second)) + "; HttpOnly; SameSite=Lax"
	if strings.HasPrefix(name, secureOnly) {
		c += "; Secure"
	}
	return c
}
