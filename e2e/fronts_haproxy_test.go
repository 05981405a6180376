package e2e

import (
	"strings"
	"testing"
)

// HAProxy goes on with a request after an error in Lua: what stands behind the
// action keeps it out.
func TestHAProxyIsClosedAfterAnErrorInLua(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	address := startHAProxy(t, &gateway{verify: loopback(freePort(t)), edits: strings.NewReplacer("core.httpclient()", "core.nothing()")}, u)
	if a := say(t, address, "GET /public"); a.status != 503 || u.received.Load() != 0 {
		t.Errorf("status %d, the application was reached %d times", a.status, u.received.Load())
	}
}

// Nor is an Edgeward that is not there a way in.
func TestHAProxyIsClosedWithoutEdgeward(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	address := startHAProxy(t, &gateway{verify: loopback(freePort(t))}, u)
	if a := say(t, address, "GET /public"); a.status != 503 || u.received.Load() != 0 {
		t.Errorf("status %d, the application was reached %d times", a.status, u.received.Load())
	}
}
