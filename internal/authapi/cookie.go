package authapi

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/authority"
	"github.com/edgeward/edgeward/internal/door"
)

const (
	// CookieName is that of the refresh cookie. With __Host- browsers keep it to
	// one host and to HTTPS (RFC 6265bis §4.1.3.2).
	CookieName = secureOnly + "ew_refresh"
	// InsecureCookieName is its stand-in on a loopback address without HTTPS,
	// and nowhere else.
	InsecureCookieName = "ew_refresh"

	secureOnly = "__Host-"
)

// refresh is POST /auth/refresh: the refresh token stays in a cookie that no
// script reads, the access token goes to the page. The cookie is replaced and
// never taken away: whether it was refused for good or by a mistake of ours
// (another secret, another store), it does no harm, and a sign-in replaces it.
func (api *API) refresh(ctx context.Context, x *exchange, r *edgeward.Request) error {
	if !saysOrigin(r) {
		return crossOrigin("neither Sec-Fetch-Site nor Origin says that it comes from our own page")
	}
	name := api.cookieName(x, r)
	c, err := credential.Cookie(name)(r)
	if err != nil {
		return err
	}
	pair, err := api.authority.Refresh(ctx, by(r), c.Value, authority.Narrowing{}, origin(r))
	if err != nil {
		return err
	}
	x.ok.cookie = cookie(name, pair.RefreshToken, pair.RefreshExpires.Sub(api.now()))
	return api.respond(x, &pair, "")
}

// cookieName is that of the stand-in only where it was asked for, and both ends
// are on this machine: a proxy on it that speaks HTTP to the world gets none.
func (api *API) cookieName(x *exchange, r *edgeward.Request) string {
	if api.insecure && r.Scheme == "http" && isLoopback(door.PeerOf(x.in)) && isLoopback(r.ClientIP) {
		return InsecureCookieName
	}
	return CookieName
}

func isLoopback(a netip.Addr) bool { return a.Unmap().IsLoopback() }

// cookie returns the Set-Cookie value. SameSite=Strict: the cookie is for
// fetches of our own pages, and no link needs it.
func cookie(name string, token edgeward.Secret, life time.Duration) string {
	c := name + "=" + token.Reveal() + "; Path=/; Max-Age=" + strconv.Itoa(int(max(life, 0)/time.Second)) + "; HttpOnly; SameSite=Strict"
	if strings.HasPrefix(name, secureOnly) {
		c += "; Secure"
	}
	return c
}
