package build_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/build"
	"github.com/edgeward/edgeward/internal/cloudflare/door"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/policy"
)

// fixtureModes are what git does not keep.
var fixtureModes = map[string]os.FileMode{
	"hmac.secret": 0o600, "keyring.jwks": 0o600, "es256.jwks": 0o600, "private-es256.pem": 0o600,
}

func inWorkerData(t *testing.T, folder string) {
	t.Chdir(filepath.Join("testdata", folder))
	for name, mode := range fixtureModes {
		if err := os.Chmod(filepath.Join("..", "fixtures", name), mode); err != nil {
			t.Fatal(err)
		}
	}
}

// catalogue is all of a language but its tag.
var catalogue = regexp.MustCompile(`(?m)("[a-z]{2}\\n)[^"\\]*(?:\\.[^"\\]*)*`)

func TestAWorkersConfigurationIsTheFilesOwn(t *testing.T) {
	inWorkerData(t, "good")
	for _, name := range files(t, "*.yaml") {
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			p, err := build.Load(name) // no secret is set
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			fmt.Fprintf(&b, "secrets %v\nkey ring %q\n", p.Secrets, p.KeyRing)
			for _, w := range p.Warnings {
				fmt.Fprintln(&b, "warning:", w)
			}
			compare(t, strings.TrimSuffix(name, ".yaml")+".golden", b.String()+catalogue.ReplaceAllString(string(p.JSON), "${1}…"))
			again, err := build.Load(name)
			if err != nil || string(again.JSON) != string(p.JSON) {
				t.Errorf("a second time it is another one: %v", err)
			}
		})
	}
}

func TestWhatAWorkerCannotDoIsRefused(t *testing.T) {
	inWorkerData(t, "bad")
	t.Setenv("EDGEWARD_TEST_SPILT", planted+`2"`+planted+"2")
	for _, name := range files(t, "*.yaml") {
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			_, err := build.Load(name)
			faults, ok := errors.AsType[*source.Errors](err)
			if !ok {
				t.Fatalf("err = %v, want *source.Errors", err)
			}
			got := faults.Format(false)
			if strings.Contains(got+faults.Error(), planted) {
				t.Errorf("a secret is shown:\n%s", got)
			}
			compare(t, strings.TrimSuffix(name, ".yaml")+".golden", got)
		})
	}
}

// Files of a Pages project must not stand before an endpoint, wherever it stands.
func TestTheOwnPathsFollowThePrefix(t *testing.T) {
	t.Setenv("EDGEWARD_TEST_LONG", strings.Repeat("0123456789abcdef", 2))
	path := filepath.Join(t.TempDir(), "edgeward.yaml")
	text := `{routes: {_middleware: {authenticate: [session]}}, store: {path: edgeward.db}, sessions: {}, tokens: {secret: env:EDGEWARD_TEST_LONG},
  login: {origin: https://app.example.com, prefix: /_sso/auth, providers: [{name: a, issuer: https://id.example.com, client_id: x}]}}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := build.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Paths) == 0 || !slices.Contains(p.Paths, "/_sso/auth/login") {
		t.Errorf("paths %v", p.Paths)
	}
	for _, own := range p.Paths {
		if !strings.HasPrefix(own, "/_sso/auth/") {
			t.Errorf("path %s", own)
		}
	}
}

// What a Worker would refuse to read is refused where somebody can do something
// about it.
func TestMoreRoutesThanAWorkerReadsAreRefused(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "routes", filepath.Join(slices.Repeat([]string{strings.Repeat("r", 250)}, 12)...))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range door.MaxConfiguration / 3000 {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprint(i, ".yaml")), []byte("authenticate: []"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "edgeward.yaml")
	if err := os.WriteFile(path, []byte("routes: routes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Load(path); err != nil {
		t.Fatalf("for a gateway: %v", err)
	}
	if _, err := build.Load(path); err == nil || !strings.Contains(err.Error(), "too large for a Worker") {
		t.Errorf("err = %v", err)
	}
}

// Two routes that are one to Pages were each written for a path of its own, and
// Pages tries the functions with more names first.
func TestWhatPagesReadsOtherwiseIsRefusedForPages(t *testing.T) {
	const open, closed = "{authenticate: []}", "{authenticate: [bearer]}"
	many := "{\"[a]/[b]/[c]\": " + closed
	for i := range 16 {
		many += fmt.Sprintf(", n%d/n%d/n%d: %s", i, i, i, closed)
	}
	for routes, want := range map[string]string{
		many + "}": "too many to tell",
		"{a/_middleware: " + open + ", \"[x]/b/c\": " + closed + "}":                                       "Pages may run what is at /[x]/b/c for /a/b/c, which is decided by /a/*",
		"{t/admin/_middleware: " + open + ", \"t/[id]/z\": " + closed + "}":                                "Pages may run what is at /t/[id]/z for /t/admin/z, which is decided by /t/admin/*",
		"{pub: " + open + ", \"[x]/[[more]]\": " + closed + "}":                                            "Pages may run what is at /[x]",
		"{a/_middleware: " + open + ", \"[x]/b/_middleware\": " + closed + "}":                             "Pages may run what is at /[x]/b/*",
		"{a/_middleware: " + open + ", \"[x]/b/c\": " + closed + ", a/b/c: " + closed + "}":                "",
		"{a/_middleware: " + closed + ", \"[x]/b/c\": " + open + "}":                                       "",
		"{api/_middleware: " + closed + ", api/health: " + open + ", \"api/[id]\": " + closed + "}":        "",
		"{_middleware: " + open + ", \"api/_middleware\": " + closed + ", \"api/[id]/x\": " + closed + "}": "",
		"{Twin/a: {authenticate: []}, twin/b: {authenticate: []}}":                                         "error: /Twin and /twin are one where case is ignored",
		"{_middleware: {authenticate: [], methods: {GET: {strip_prefix: /a}}}}":                            "Pages rewrites no path",
		"{größe: {authenticate: []}}":                                                                      "error: \"größe\" is encoded in a URL",
		"{API/x: {authenticate: []}}":                                                                      "",
	} {
		path := filepath.Join(t.TempDir(), "edgeward.yaml")
		text := "routes: " + routes + "\nissuers: [{issuer: https://id.example.com/, audiences: [api]}]\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := build.Load(path); err != nil {
			t.Errorf("%s: for a Worker: %v", routes, err)
		}
		p, err := build.LoadPages(path)
		switch faults, _ := errors.AsType[*source.Errors](err); {
		case want == "" && (err != nil || !strings.Contains(string(p.JSON), `"pages": true`)):
			t.Errorf("%s: %v", routes, err)
		case want != "" && (faults == nil || !strings.Contains(faults.Format(false), want)):
			t.Errorf("%s: err = %v", routes, err)
		}
	}
}

// TestOneFileForTheGatewayAndForPages: what means the gateway's application has
// no part in Pages, and whether requests may pass by Edgeward there is known.
func TestOneFileForTheGatewayAndForPages(t *testing.T) {
	for proxy, warned := range map[string]bool{"{listen: \"127.0.0.1:0\", upstream: \"https://app.example\"}": true, "{listen: \"127.0.0.1:0\"}": false} {
		path := filepath.Join(t.TempDir(), "edgeward.yaml")
		text := "proxy: " + proxy + "\nroutes: {_middleware: {authenticate: [bearer]}, Assets/_middleware: {authenticate: []}, api/x: {upstream: \"https://api.example\"}}\n" +
			"issuers: [{issuer: https://id.example.com/, audiences: [api]}]\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := build.LoadPages(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(p.JSON), "https://app.example") || !strings.Contains(string(p.JSON), "https://api.example") {
			t.Errorf("%s: %s", proxy, p.JSON)
		}
		if got := strings.Contains(strings.Join(p.Warnings, "\n"), "proxy.upstream is left out"); got != warned {
			t.Errorf("%s: warnings %q", proxy, p.Warnings)
		}
		for path, open := range map[string]bool{"/assets": true, "/ASSETS/x": true, "/assets/%61": false, "/api": false, "": false} {
			if p.Opens(path, true) != open {
				t.Errorf("below %q everybody is let in: %v", path, !open)
			}
		}
	}
}

// A Worker that reads what was made of a file has what a gateway reads of it.
func TestAWorkerReadsWhatTheGatewayReads(t *testing.T) {
	inWorkerData(t, "good")
	secret := strings.Repeat("0123456789abcdes", 2)
	for _, name := range []string{"APP_SECRET", "LEGACY_SECRET", "CLIENT_SECRET"} {
		t.Setenv(name, secret)
	}
	for _, name := range files(t, "*.yaml") {
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			p, err := build.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			secrets := map[string]edgeward.Secret{}
			for _, s := range p.Secrets {
				secrets[s] = edgeward.NewSecret(secret)
			}
			if key, err := os.ReadFile("../fixtures/keyring.jwks"); err == nil && p.KeyRing != "" {
				secrets[door.KeyRingSecret] = edgeward.NewSecret(string(key))
			}
			read, err := door.ParseConfiguration(string(p.JSON), secrets)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			ring := strings.ReplaceAll(string(text), "file:nowhere.jwks", "file:../fixtures/keyring.jwks")
			want, err := source.Parse(name, []byte(ring))
			if err != nil {
				t.Fatal(err)
			}
			compareReadings(t, read, want.Config)
		})
	}
}

// compareReadings wants two readings of a file to mean the same, but for what a
// Worker has no part in.
func compareReadings(t *testing.T, got *door.Configuration, want *config.Config) {
	t.Helper()
	if g, w := meaning(*got.Config), meaning(*want); g != w {
		t.Errorf("--- got\n%s\n--- want\n%s", g, w)
	}
}

func meaning(c config.Config) string {
	var b strings.Builder
	for _, i := range c.Issuers {
		fmt.Fprintf(&b, "issuer %+v %v %q secret=%t static=%d\n", i.Rules, i.Algorithms, i.JWKSURI, !i.Secret.IsZero(), size(i.Static))
	}
	t := c.Tokens
	fmt.Fprintf(&b, "tokens %q %q keys=%t %v %v %v\n", t.Issuer, t.Audience, t.Ring != nil, t.AccessLifetime, t.RefreshLifetime, t.RefreshGrace)
	fmt.Fprintf(&b, "store=%t sessions=%+v api_keys=%+v failures=%+v revocation=%+v\n", c.Store != nil, c.Sessions, c.APIKeys, c.Failures, c.Revocation)
	fmt.Fprintf(&b, "login=%+v forward_headers=%q proxy=%+v\n%s", c.Login, c.ForwardHeaders, c.Proxy, listRoutes(c.Hosts))
	return b.String()
}

func size(s *jwks.Static) int {
	if s == nil {
		return 0
	}
	return s.Len()
}

func listRoutes(tree *policy.Hosts) (all []string) {
	for r := range tree.All() {
		asked := *r
		asked.Source, asked.CORS = "", nil
		cors := "off"
		if r.CORS != nil {
			cors = fmt.Sprintf("%q %q %q %q %t %v", r.CORS.Origins, r.CORS.Methods, r.CORS.Headers, r.CORS.Expose, r.CORS.Credentials, r.CORS.MaxAge)
		}
		all = append(all, fmt.Sprintf("%+v cors=%s\n", asked, cors))
	}
	slices.Sort(all) // JSON has its members in no order
	return all
}

// TestPagesWithHosts: what passes by Edgeward has to be open at every host, and is
// at none where hosts that are not listed are refused.
func TestPagesWithHosts(t *testing.T) {
	const open = "{_middleware: {authenticate: [bearer]}, assets/_middleware: {authenticate: []}, docs/_middleware: {authenticate: []}}"
	for rule, row := range map[string]struct {
		text         string
		assets, docs bool
		says         string
	}{
		"one tree":                            {"routes: " + open, true, true, ""},
		"two":                                 {"routes: " + open + "\nhosts: {a.example: {routes: {assets/_middleware: {authenticate: []}}}}", true, false, ""},
		"an entry that opens all":             {"routes: " + open + "\nhosts: {a.example: {authenticate: []}}", true, true, ""},
		"hosts that are not listed":           {"hosts: {a.example: {routes: " + open + "}}", false, false, ""},
		"one tree that Pages reads otherwise": {"routes: " + open + "\nhosts: {a.example: {routes: {Twin/a: {authenticate: []}, twin/b: {authenticate: []}}}}", false, false, "are one where case is ignored"},
	} {
		path := filepath.Join(t.TempDir(), "edgeward.yaml")
		if err := os.WriteFile(path, []byte(row.text+"\nissuers: [{issuer: https://id.example.com/, audiences: [api]}]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := build.LoadPages(path)
		switch faults, _ := errors.AsType[*source.Errors](err); {
		case row.says != "":
			if faults == nil || !strings.Contains(faults.Format(false), row.says) {
				t.Errorf("%s: %v", rule, err)
			}
		case err != nil:
			t.Errorf("%s: %v", rule, err)
		case p.Opens("/assets", true) != row.assets || p.Opens("/docs", true) != row.docs:
			t.Errorf("%s: assets %v, docs %v", rule, p.Opens("/assets", true), p.Opens("/docs", true))
		}
	}
}
