package gateway_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

// look is the time between two looks at the files.
const look = 2 * time.Second

// watching runs a Live on f in a bubble whose clock moves when all is idle.
func watching(t *testing.T, edgeward string, then func(f folder, l *gateway.Live, reloads func() int)) {
	f := newFolder(t, edgeward)
	synctest.Test(t, func(t *testing.T) {
		f.t = t
		l, outcomes := f.live()
		ctx, stop := context.WithCancel(t.Context())
		stopped := make(chan error)
		go func() { stopped <- l.Run(ctx) }()
		time.Sleep(look + time.Millisecond)
		then(f, l, func() int { synctest.Wait(); return len(outcomes.list()) - 1 })
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}

const inFolder = "proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:3000}\nroutes: routes\n"

func TestAChangedFileIsLoadedOnceItIsStable(t *testing.T) {
	watching(t, to("http://127.0.0.1:3000"), func(f folder, l *gateway.Live, reloads func() int) {
		time.Sleep(10 * look)
		if n := reloads(); n != 0 {
			t.Errorf("%d reloads without a change", n)
		}
		for i := range 5 { // somebody is writing
			f.write("edgeward.yaml", to("http://127.0.0.1:400"+string(rune('0'+i))))
			time.Sleep(look)
			if n := reloads(); n != 0 {
				t.Fatalf("reloaded a file that is being written, after %d looks", i+1)
			}
		}
		time.Sleep(look)
		if n := reloads(); n != 1 || l.System().Config.Proxy.Upstream != "http://127.0.0.1:4004" {
			t.Errorf("%d reloads, upstream %s", n, l.System().Config.Proxy.Upstream)
		}
		time.Sleep(10 * look)
		if n := reloads(); n != 1 {
			t.Errorf("%d reloads for one change", n)
		}
	})
}

// An editor writes another file and renames it over the old one.
func TestARenameIsOneChange(t *testing.T) {
	watching(t, to("http://127.0.0.1:3000"), func(f folder, l *gateway.Live, reloads func() int) {
		f.write("new", to("http://127.0.0.1:4000"))
		if err := os.Rename(f.path("new"), f.path("edgeward.yaml")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * look)
		if n := reloads(); n != 1 || l.System().Config.Proxy.Upstream != "http://127.0.0.1:4000" {
			t.Errorf("%d reloads, upstream %s", n, l.System().Config.Proxy.Upstream)
		}
	})
}

// A change that is taken back before it was loaded is none.
func TestAChangeThatIsTakenBackIsNone(t *testing.T) {
	watching(t, to("http://127.0.0.1:3000"), func(f folder, _ *gateway.Live, reloads func() int) {
		f.write("edgeward.yaml", to("http://127.0.0.1:4000"))
		time.Sleep(look)
		f.write("edgeward.yaml", to("http://127.0.0.1:3000"))
		time.Sleep(5 * look)
		if n := reloads(); n != 0 {
			t.Errorf("%d reloads", n)
		}
	})
}

// What is broken is tried once, and again when it is repaired, even if the
// repair is a file that the old configuration does not know.
func TestABrokenConfigurationIsTriedAgainWhenRepaired(t *testing.T) {
	watching(t, to("http://127.0.0.1:3000"), func(f folder, l *gateway.Live, reloads func() int) {
		before := l.System()
		f.write("edgeward.yaml", to("http://127.0.0.1:3000")+"issuers: [{issuer: a, audiences: [b], secret: file:hmac}]\n")
		time.Sleep(10 * look)
		if n := reloads(); n != 1 || l.System() != before {
			t.Errorf("%d reloads, replaced %t", n, l.System() != before)
		}
		f.write("hmac", "0123456789abcdef0123456789abcdef")
		time.Sleep(10 * look)
		if n := reloads(); n != 2 || l.System() == before {
			t.Errorf("%d reloads, replaced %t", n, l.System() != before)
		}
		f.write("hmac", "another one of at least thirty-two bytes")
		time.Sleep(10 * look)
		if n := reloads(); n != 3 {
			t.Errorf("%d reloads after the secret was rotated", n)
		}
	})
}

func TestAPermissionThatWasRepairedIsNoticed(t *testing.T) {
	watching(t, to("http://127.0.0.1:3000"), func(f folder, l *gateway.Live, reloads func() int) {
		f.write("hmac", "0123456789abcdef0123456789abcdef")
		_ = os.Chmod(f.path("hmac"), 0o644)
		f.write("edgeward.yaml", to("http://127.0.0.1:3000")+"issuers: [{issuer: a, audiences: [b], secret: file:hmac}]\n")
		time.Sleep(10 * look)
		_ = os.Chmod(f.path("hmac"), 0o600)
		time.Sleep(10 * look)
		if n := reloads(); n != 2 || len(l.System().Config.Issuers) != 1 {
			t.Errorf("%d reloads, %d issuers", n, len(l.System().Config.Issuers))
		}
	})
}

// Kubernetes mounts a ConfigMap as links through ..data and swaps that link.
func TestASwappedLinkIsAChange(t *testing.T) {
	f := newFolder(t, inFolder)
	f.write("routes/..1/a.yaml", "authenticate: []\n")
	f.write("routes/..2/a.yaml", "authenticate: [bearer]\n")
	f.write("routes/..2/b.yaml", "authenticate: []\n")
	link := func(to, at string) {
		t.Helper()
		if err := os.Symlink(to, f.path(at+".new")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(f.path(at+".new"), f.path(at)); err != nil {
			t.Fatal(err)
		}
	}
	link("..1", "routes/..data")
	link("..data/a.yaml", "routes/a.yaml")
	synctest.Test(t, func(t *testing.T) {
		f.t = t
		l, outcomes := f.live()
		ctx, stop := context.WithCancel(t.Context())
		stopped := make(chan error)
		go func() { stopped <- l.Run(ctx) }()
		time.Sleep(look + time.Millisecond)
		link("..2", "routes/..data")
		link("..data/b.yaml", "routes/b.yaml")
		time.Sleep(5 * look)
		synctest.Wait()
		tree, _, _ := l.System().Config.Hosts.Lookup("")
		route, _ := tree.Lookup("GET", "/a")
		_, covered := tree.Lookup("GET", "/b")
		if told := outcomes.list(); len(told) != 2 || route.Public() || !covered {
			t.Errorf("outcomes %v, /a public %t, /b covered %t", told, route.Public(), covered)
		}
		stop()
		<-stopped
	})
}

func TestARouteThatComesOrGoesIsAChange(t *testing.T) {
	f := newFolder(t, inFolder)
	f.write("routes/a.yaml", "authenticate: []\n")
	synctest.Test(t, func(t *testing.T) {
		f.t = t
		l, outcomes := f.live()
		ctx, stop := context.WithCancel(t.Context())
		stopped := make(chan error)
		go func() { stopped <- l.Run(ctx) }()
		time.Sleep(look + time.Millisecond)
		f.write("routes/deep/b.yaml", "authenticate: []\n")
		time.Sleep(5 * look)
		if err := os.Remove(f.path("routes/a.yaml")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * look)
		f.write("routes/stranger.txt", "") // is refused
		time.Sleep(5 * look)
		if err := os.Remove(f.path("routes/stranger.txt")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * look)
		synctest.Wait()
		tree, _, _ := l.System().Config.Hosts.Lookup("")
		_, a := tree.Lookup("GET", "/a")
		_, b := tree.Lookup("GET", "/deep/b")
		if told := outcomes.list(); len(told) != 5 || told[3] == nil || a || !b {
			t.Errorf("outcomes %v, /a %t, /deep/b %t", told, a, b)
		}
		stop()
		<-stopped
	})
}

// TestAChangeIsSaidInTheLog: who waits for it to be loaded knows that it was seen.
func TestAChangeIsSaidInTheLog(t *testing.T) {
	f := newFolder(t, to("http://127.0.0.1:3000"))
	synctest.Test(t, func(t *testing.T) {
		f.t = t
		var log bytes.Buffer
		l, err := gateway.NewLive(f.load(), gateway.Environment{Stores: gateway.FilesBy(sqlitestore.OpenFile), Log: slog.New(slog.NewTextHandler(&log, nil))}, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		stopped := make(chan error)
		go func() { stopped <- l.Run(ctx) }()
		time.Sleep(2*look + time.Millisecond)
		f.write("edgeward.yaml", to("http://127.0.0.1:40000"))
		time.Sleep(look)
		synctest.Wait()
		if text := log.String(); strings.Count(text, "a change of the configuration was seen") != 1 || !strings.Contains(text, f.path("edgeward.yaml")) {
			t.Errorf("the log says %s", text)
		}
		stop()
		<-stopped
	})
}
