package e2e

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
)

func TestAReloadUnderLoadFailsNoRequest(t *testing.T) {
	t.Parallel()
	p, u := newProvider(t, ""), newUpstream(t)
	g := newGateway(t, u, p.issuer)
	g.ready()
	fetched := p.keyFetches()
	stop := traffic(t, g, p.token("orders:read"))
	for n := range 10 {
		path := fmt.Sprintf("/generation/%d", n)
		g.write("routes"+path+".yaml", "authenticate: []\n")
		g.process.signal(syscall.SIGHUP)
		eventually(t, path+" is open", patience, func() bool { return g.get(path).status == 200 })
	}
	stop()
	if again := p.keyFetches() - fetched; again > 0 {
		t.Errorf("10 reloads of the routes fetched the key set %d more times", again)
	}
}

func TestAChangedFileIsPickedUp(t *testing.T) {
	t.Parallel()
	p, u := newProvider(t, ""), newUpstream(t)
	g := newGateway(t, u, p.issuer)
	if a := g.get("/new"); a.status != 403 {
		t.Fatalf("before: status %d, want 403", a.status)
	}
	g.write("routes/new.yaml", "authenticate: []\n")
	eventually(t, "the new route is open", patience, func() bool { return g.get("/new").status == 200 })
	if err := os.Remove(g.dir + "/routes/new.yaml"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the removed route is closed", patience, func() bool { return g.get("/new").status == 403 })
}

func TestABrokenChangeKeepsWhatHolds(t *testing.T) {
	t.Parallel()
	p, u := newProvider(t, ""), newUpstream(t)
	g := newGateway(t, u, p.issuer)
	g.ready()
	stop := traffic(t, g, p.token("orders:read"))

	g.write("routes/open.yaml", "authenticate: []\n") // good in itself, but not without the rest
	g.write("routes/broken.yaml", "authentcate: []\n")
	g.process.signal(syscall.SIGHUP)
	g.process.says("broken.yaml")
	for range 20 {
		if a := g.get("/api/orders"); a.status != 401 {
			t.Errorf("without a token: status %d, want 401", a.status)
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()

	g.write("routes/broken.yaml", "authenticate: []\n")
	eventually(t, "the mended file is picked up", patience, func() bool { return g.get("/broken").status == 200 })
}
