package cookie_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

// TestFlags: row 22 of the attack list.
func TestFlags(t *testing.T) {
	v := edgeward.NewSecret("v")
	for rule, row := range map[string]struct{ got, want string }{
		"kept to one host and HTTPS":  {cookie.Set(cookie.Session, v, time.Hour), "__Host-edgeward-session=v; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure"},
		"a stand-in says no Secure":   {cookie.Set(cookie.StandIn(cookie.Refresh), v, time.Second), "ew_refresh=v; Path=/; Max-Age=1; HttpOnly; SameSite=Lax"},
		"what is over is taken away":  {cookie.Set(cookie.Login, v, -time.Hour), "__Host-ew_login=v; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"},
		"taking away keeps the flags": {cookie.Clear(cookie.Login), "__Host-ew_login=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"},
	} {
		if row.got != row.want {
			t.Errorf("%s: %s", rule, row.got)
		}
	}
}

// TestOnThisMachine: a cookie without Secure is for this machine only.
func TestOnThisMachine(t *testing.T) {
	for rule, row := range map[string]struct {
		scheme, peer, origin string
		want                 bool
	}{
		"both ends here":                 {"http", "127.0.0.1", "127.0.0.1", true},
		"by IPv6":                        {"http", "::1", "::1", true},
		"IPv4 within IPv6":               {"http", "::ffff:127.0.0.1", "127.0.0.1", true},
		"HTTPS needs none":               {"https", "127.0.0.1", "127.0.0.1", false},
		"another machine":                {"http", "192.0.2.1", "192.0.2.1", false},
		"a proxy here, a client far off": {"http", "127.0.0.1", "203.0.113.9", false},
		"a proxy elsewhere, its own":     {"http", "192.0.2.1", "127.0.0.1", false},
		"nobody knows which client":      {"http", "127.0.0.1", "", false},
		"nobody knows which peer":        {"http", "", "127.0.0.1", false},
	} {
		origin, _ := netip.ParseAddr(row.origin)
		peer, _ := netip.ParseAddr(row.peer)
		if got := cookie.OnThisMachine(&edgeward.Request{Scheme: row.scheme}, peer, origin); got != row.want {
			t.Errorf("%s: %v", rule, got)
		}
	}
}
