package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A gateway is `edgeward serve` in its own process and folder.
type gateway struct {
	t                    *testing.T
	dir                  string
	proxy, verify, admin string // host:port
	process              *process
	edits                *strings.Replacer // of the configuration of the front; nil: none
}

// routes of most tests: /api asks for a token, /api/write for a permission too,
// /public asks nobody, the rest is not covered.
var routes = map[string]string{
	"api/_middleware":    "authenticate: [bearer]\n",
	"api/write":          "permissions: [\"orders:write\"]\n",
	"public/_middleware": "authenticate: []\n",
}

// newGateway starts a gateway in front of u that believes issuer. It waits until
// the gateway answers, not until it has keys.
func newGateway(t *testing.T, u *upstream, issuer string) *gateway {
	t.Helper()
	g := &gateway{t: t, dir: t.TempDir(), proxy: loopback(freePort(t)), verify: loopback(freePort(t)), admin: loopback(freePort(t))}
	g.write("edgeward.yaml", `
proxy: {listen: "`+g.proxy+`", upstream: "`+u.url+`"}
forward_auth: {listen: "`+g.verify+`"}
admin: {listen: "`+g.admin+`"}
trusted_proxies: ["127.0.0.1/32"]
routes: routes
issuers:
  - issuer: "`+issuer+`"
    audiences: ["`+audience+`"]
`)
	for name, statement := range routes {
		g.write("routes/"+name+".yaml", statement)
	}
	g.start()
	return g
}

// write replaces a file of the gateway's folder at once, as an editor or a
// deployment does.
func (g *gateway) write(name, content string) {
	g.t.Helper()
	path := filepath.Join(g.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", []byte(content), 0o644); err != nil {
		g.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		g.t.Fatal(err)
	}
}

func (g *gateway) start() {
	g.t.Helper()
	path, err := binary()
	if err != nil {
		g.t.Fatal(err)
	}
	cmd := exec.Command(path, "serve", "--config", "edgeward.yaml")
	cmd.Dir = g.dir
	g.process = start(g.t, "edgeward", cmd)
	g.t.Cleanup(g.stop)
	eventually(g.t, "edgeward is alive", patience, func() bool {
		if g.process.ended() {
			g.t.Fatalf("edgeward ended: %v", g.process.err)
		}
		return answers("http://"+g.admin+"/healthz", 200)
	})
}

// ready waits until every key set was loaded once.
func (g *gateway) ready() {
	g.t.Helper()
	eventually(g.t, "edgeward is ready", patience, func() bool { return answers("http://"+g.admin+"/readyz", 200) })
}

// stop ends the gateway as an operator does. It has to end cleanly; the race
// detector ends it with another status when it saw something.
func (g *gateway) stop() {
	if g.process.ended() {
		if g.process.err != nil {
			g.t.Errorf("edgeward ended by itself: %v", g.process.err)
		}
		return
	}
	if err := g.process.stop(syscall.SIGTERM); err != nil {
		g.t.Errorf("edgeward ended with %v on SIGTERM", err)
	}
	if strings.Contains(g.process.output.String(), "DATA RACE") {
		g.t.Error("the race detector saw something in edgeward")
	}
}

// get asks for path through the proxy.
func (g *gateway) get(path string, lines ...string) answer {
	g.t.Helper()
	return say(g.t, g.proxy, "GET "+path, lines...)
}
