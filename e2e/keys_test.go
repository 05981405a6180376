package e2e

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// brake is the least time between two attempts to fetch a key set, and a little.
const brake = 31 * time.Second

func TestAProvidersTokenIsAccepted(t *testing.T) {
	t.Parallel()
	p, u := newProvider(t, ""), newUpstream(t)
	g := newGateway(t, u, p.issuer)
	g.ready()
	token := p.token("orders:read")

	a := g.get("/api/orders?page=2", bearer(token))
	if a.status != 200 || a.report == nil {
		t.Fatalf("status %d, body %s", a.status, a.body)
	}
	want := map[string]string{
		"X-Auth-Subject":     "machine",
		"X-Auth-Issuer":      p.issuer,
		"X-Auth-Method":      "bearer",
		"X-Auth-Permissions": "orders:read",
		"Authorization":      "", // the credential does not travel on
	}
	for name, value := range want {
		if got := a.report.Header.Get(name); got != value {
			t.Errorf("upstream saw %s: %q, want %q", name, got, value)
		}
	}
	if a.report.Target != "/api/orders?page=2" {
		t.Errorf("upstream saw %s", a.report.Target)
	}

	header, payload, signature := split(token)
	refusals := []struct {
		rule, path string
		lines      []string
		status     int
		challenge  string
	}{
		{"without a token the challenge names no error", "/api/orders", nil, 401, `Bearer realm="edgeward"`},
		{"a changed payload is refused", "/api/orders", []string{bearer(header + "." + flip(payload) + "." + signature)}, 401, `error="invalid_token"`},
		{"a changed signature is refused", "/api/orders", []string{bearer(header + "." + payload + "." + flip(signature))}, 401, `error="invalid_token"`},
		{"a permission that the token lacks is asked for", "/api/write", []string{bearer(token)}, 403, `scope="orders:write"`},
		{"what no route covers is refused", "/elsewhere", []string{bearer(token)}, 403, ""},
	}
	for _, r := range refusals {
		t.Run(r.rule, func(t *testing.T) {
			a := g.get(r.path, r.lines...)
			if a.status != r.status || a.report != nil {
				t.Errorf("status %d, want %d; upstream reached: %v", a.status, r.status, a.report != nil)
			}
			if got := a.header.Get("WWW-Authenticate"); !strings.Contains(got, r.challenge) || r.lines == nil && strings.Contains(got, "error") {
				t.Errorf("challenge %q, want %q", got, r.challenge)
			}
		})
	}
	if a := g.get("/api/write", bearer(p.token("orders:write"))); a.status != 200 {
		t.Errorf("with the permission: status %d", a.status)
	}
}

func TestARotationIsNoticedAtOnceWhileTrafficFlows(t *testing.T) {
	t.Parallel()
	p, u := newProvider(t, ""), newUpstream(t)
	g := newGateway(t, u, p.issuer)
	g.ready()
	old := p.token("orders:read")
	stop := traffic(t, g, old)
	time.Sleep(brake)

	p.rotate(true)
	if a := g.get("/api/orders", bearer(p.token("orders:read"))); a.status != 200 {
		t.Errorf("the new key's first token: status %d, %s", a.status, a.body)
	}
	stop()
}

func TestARemovedKeyDiesWithTheNextSet(t *testing.T) {
	t.Parallel()
	p, u := newProvider(t, ""), newUpstream(t)
	g := newGateway(t, u, p.issuer)
	g.ready()
	verified, unseen := p.token("orders:read"), p.token("orders:read")
	if a := g.get("/api/orders", bearer(verified)); a.status != 200 {
		t.Fatalf("status %d, %s", a.status, a.body)
	}
	time.Sleep(brake)

	p.rotate(false)
	if a := g.get("/api/orders", bearer(p.token("orders:read"))); a.status != 200 {
		t.Errorf("the new key's first token: status %d, %s", a.status, a.body)
	}
	if a := g.get("/api/orders", bearer(verified)); a.status != 401 {
		t.Errorf("a token of the removed key that was verified before: status %d, want 401", a.status)
	}
	if a := g.get("/api/orders", bearer(unseen)); a.status != 401 {
		t.Errorf("a token of the removed key: status %d, want 401", a.status)
	}
}

// A minute is the shortest time to live that a provider can ask for. Nobody
// brings a new kid here: the clock alone ends the old key.
func TestARemovedKeyDiesWithinItsTimeToLive(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED with -short: waits for a time to live of one minute")
	}
	p, u := newProvider(t, "60"), newUpstream(t)
	g := newGateway(t, u, p.issuer)
	g.ready()
	verified := p.token("orders:read")
	if a := g.get("/api/orders", bearer(verified)); a.status != 200 {
		t.Fatalf("status %d, %s", a.status, a.body)
	}
	p.rotate(false)
	eventually(t, "a token of the removed key is refused", time.Minute+patience, func() bool {
		return g.get("/api/orders", bearer(verified)).status == 401
	})
}

func TestKnownKeysGoOnWhileTheProviderIsDown(t *testing.T) {
	t.Parallel()
	p, u := newProvider(t, ""), newUpstream(t)
	g := newGateway(t, u, p.issuer)
	g.ready()
	verified, unseen := p.token("orders:read"), p.token("orders:read")
	stop := traffic(t, g, verified)
	p.stop()
	for range 20 {
		if a := g.get("/api/orders", bearer(unseen)); a.status != 200 {
			t.Errorf("a token of a known key: status %d, %s", a.status, a.body)
		}
	}
	stop()

	if err := os.Remove(p.keys); err != nil {
		t.Fatal(err)
	}
	p.start() // on the same port, with other keys
	fresh := p.token("orders:read")
	eventually(t, "a token of the provider's other keys is accepted", brake+patience, func() bool {
		return g.get("/api/orders", bearer(fresh)).status == 200
	})
	if a := g.get("/api/orders", bearer(verified)); a.status != 401 {
		t.Errorf("a token of the keys that are gone: status %d, want 401", a.status)
	}
}

func TestAColdStartWithoutTheProviderIsUnavailableAndRecovers(t *testing.T) {
	t.Parallel()
	p, u := newProvider(t, ""), newUpstream(t)
	token := p.token("orders:read")
	p.stop()
	g := newGateway(t, u, p.issuer)

	a := g.get("/api/orders", bearer(token))
	if a.status != 503 || a.header.Get("Retry-After") == "" || a.header.Get("WWW-Authenticate") != "" {
		t.Errorf("status %d, Retry-After %q, challenge %q; want 503, some and none",
			a.status, a.header.Get("Retry-After"), a.header.Get("WWW-Authenticate"))
	}
	if !answers("http://"+g.admin+"/readyz", 503) {
		t.Error("ready without any key")
	}
	if report := body(t, "http://"+g.admin+"/readyz"); !strings.Contains(strings.Join(strings.Fields(report), ""), `"degraded":["`+p.issuer+`"]`) {
		t.Errorf("it does not name who is missing: %s", report)
	}
	if a := g.get("/public/page"); a.status != 200 {
		t.Errorf("a public route: status %d, want 200", a.status)
	}

	p.start()
	eventually(t, "the token is accepted", brake+patience, func() bool {
		a := g.get("/api/orders", bearer(token))
		if a.status != 503 && a.status != 200 {
			t.Fatalf("on the way: status %d, want 503 or 200", a.status)
		}
		return a.status == 200
	})
	g.ready()
}

// Attack row 21: whoever invents key ids must not drive the gateway to flood the
// provider.
func TestRandomKeyIDsDoNotFloodTheProvider(t *testing.T) {
	t.Parallel()
	p, u := newProvider(t, ""), newUpstream(t)
	g := newGateway(t, u, p.issuer)
	g.ready()
	_, payload, signature := split(p.token("orders:read"))
	time.Sleep(brake) // from now on one fetch is allowed
	before, began := p.keyFetches(), time.Now()

	const requests, clients = 10_000, 32
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	var next, admitted atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for n := next.Add(1); n <= requests; n = next.Add(1) {
				header := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"alg":"RS256","typ":"at+jwt","kid":"invented-%d"}`, n))
				status, err := fetch(client, g, header+"."+payload+"."+signature)
				if err != nil || status != 401 && status != 503 {
					admitted.Add(1)
				}
			}
		})
	}
	wg.Wait()

	if admitted.Load() > 0 {
		t.Errorf("%d of %d invented key ids got something else than 401 or 503", admitted.Load(), requests)
	}
	allowed := 1 + int(time.Since(began)/(30*time.Second))
	if fetches := p.keyFetches() - before; fetches > allowed {
		t.Errorf("%d requests with invented key ids caused %d fetches, want at most %d", requests, fetches, allowed)
	}
	if a := g.get("/api/orders", bearer(p.token("orders:read"))); a.status != 200 {
		t.Errorf("a good token during the flood: status %d", a.status)
	}
}
