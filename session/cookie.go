package session

import (
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

// CookieName is that of the session cookie. InsecureCookieName is its stand-in
// on a loopback address without HTTPS, and nowhere else.
const (
	CookieName         = cookie.Session
	InsecureCookieName = "edgeward-session"
)

// SetCookie returns the Set-Cookie value that gives a browser the session until
// its absolute end.
func SetCookie(name string, value edgeward.Secret, s Session, now time.Time) string {
	return cookie.Set(name, value, s.Expires.Sub(now))
}

// ClearCookie returns the Set-Cookie value that takes it away.
func ClearCookie(name string) string { return cookie.Clear(name) }
