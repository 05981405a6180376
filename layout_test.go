package edgeward_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/worker/driver"
)

const module = "github.com/edgeward/edgeward"

// floors is the layout. A package may import what stands on a lower floor, and
// on its own floor only what neighbours allows. Floors 0 to lean also run on
// Cloudflare's runtime.
var floors = map[string]int{
	"":                    0,
	"internal/strictjson": 0,
	"internal/clock":      0,
	"store":               0,
	"worker/driver":       0,

	"jwt":                1,
	"policy":             1,
	"credential":         1,
	"internal/canonical": 1,
	"internal/clientip":  1,
	"internal/cookie":    1,
	"internal/problem":   1,
	"internal/mac":       1,
	"internal/record":    1,
	"internal/rowcache":  1,
	"internal/origin":    1,
	"internal/form":      1,

	"jwks":               2,
	"jwks/stdcrypto":     2,
	"bearer":             2,
	"keyring":            2,
	"session":            2,
	"refresh":            2,
	"apikey":             2,
	"revocation":         2,
	"audit":              2,
	"ratelimit":          2,
	"internal/propagate": 2,
	"login":              2,

	"engine": 3,

	"audit/auditfile":                  4,
	"jwks/keyfile":                     4,
	"jwks/remote":                      4,
	"internal/outbound":                4,
	"store/storetest":                  4,
	"store/memstore":                   4,
	"store/sqlitestore":                4,
	"httpauth":                         4,
	"internal/authority":               4,
	"internal/authority/authoritytest": 4,
	"internal/authapi":                 4,
	"internal/browser":                 4,
	"internal/control":                 4,
	"internal/control/client":          4,
	"internal/door":                    4,
	"internal/costtest":                4,
	"internal/door/doorstest":          4,
	"internal/proxy":                   4,
	"internal/forwardauth":             4,
	"worker":                           4,

	"internal/config":    5,
	"internal/functions": 5,
	"internal/wrangler":  5,
	"internal/devidp":    5,
	"internal/telemetry": 5,
	"internal/server":    5,
	"internal/console":   5,

	"edge":         6,
	"cmd/edgeward": 6,
}

// neighbours lists the imports within one floor, each with its reason.
var neighbours = map[string]string{
	"jwks/stdcrypto -> jwks":                                 "it imports the keys that jwks parsed",
	"bearer -> jwks":                                         "a bearer token is verified with a key of a set",
	"internal/cookie -> credential":                          "cookies that cannot be read are taken away",
	"internal/cookie -> internal/canonical":                  "cookies that cannot be read are taken away",
	"internal/origin -> internal/canonical":                  "a referrer is one of our own pages in one reading",
	"login -> jwks":                                          "an ID token is verified with a key of a set",
	"keyring -> jwks":                                        "our own keys are a key set like any other's",
	"jwks/remote -> internal/outbound":                       "one guard for all requests to providers",
	"internal/proxy -> internal/door":                        "what the doors share",
	"internal/forwardauth -> internal/door":                  "what the doors share",
	"httpauth -> internal/door":                              "what the doors share",
	"internal/authapi -> internal/authority":                 "what issues and takes back, over HTTP for clients",
	"internal/browser -> internal/authority":                 "what issues and takes back, over HTTP for people",
	"internal/browser -> internal/door":                      "one reading of a request",
	"internal/control -> internal/authority":                 "what issues and takes back, over HTTP for back ends",
	"internal/authapi -> internal/door":                      "one reading of a request",
	"internal/control -> internal/door":                      "one reading of a request",
	"internal/control/client -> internal/control":            "its requests and answers",
	"internal/authority/authoritytest -> internal/authority": "an authority for tests",
	"internal/authority/authoritytest -> store/memstore":     "an authority for tests",
	"internal/authority/authoritytest -> store/storetest":    "an authority for tests",
	"internal/console -> internal/telemetry":                 "what an operator sees",
	"worker -> internal/authority":                           "what issues and takes back, at the edge",
	"internal/door/doorstest -> store/memstore":              "what is behind the doors of a test remembers",
}

// lean is the highest floor that compiles to WebAssembly.
const lean = 3

// alsoLean are the rooms above it that do, too. worker/app is there on that
// platform alone, so it has no floor.
var alsoLean = []string{"internal/authority", "worker", "worker/app"}

// forbidden maps a package that the lean floors must not reach, directly or
// through others, to the reason.
var forbidden = map[string]string{
	"net/http":      "0.6 MB gzipped on the Worker",
	"net":           "the Worker has no sockets",
	"crypto/tls":    "the Worker's runtime speaks TLS, not we",
	"crypto/x509":   "0.4 MB gzipped; keys arrive as JWK",
	"syscall/js":    "the door of the Worker yields effects instead",
	"encoding/json": "folds case and keeps duplicates: use internal/strictjson",
	"regexp":        "unneeded on any path that a request takes",
	"log/slog":      "doors log, the core decides",
}

// forbiddenDirect maps a package that the lean floors must not import
// themselves; fmt reaches it all the same.
var forbiddenDirect = map[string]string{
	"os": "the core reads no files and no environment",
}

// elsewhere are directories with Go files that are no rooms of the layout.
var elsewhere = []string{"bench", "e2e", "examples"}

type goPackage struct {
	ImportPath, Dir, Name, Doc string
	GoFiles, Imports, Deps     []string
}

func (p goPackage) room() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func goList(t *testing.T, env []string, args ...string) []goPackage {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Name,Doc,GoFiles,Imports,Deps"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var list []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); err == io.EOF {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// rooms lists the packages of the layout.
func rooms(t *testing.T) []goPackage {
	return slices.DeleteFunc(goList(t, nil, "./..."), func(p goPackage) bool {
		top, _, _ := strings.Cut(p.room(), "/")
		return slices.Contains(elsewhere, top) || len(p.GoFiles) == 0
	})
}

func TestEveryImportGoesDown(t *testing.T) {
	for _, p := range rooms(t) {
		floor, placed := floors[p.room()]
		if !placed {
			t.Errorf("package %s has no floor: give it one in layout_test.go, and a line in docs/design.md", p.room())
			continue
		}
		for _, path := range p.Imports {
			if path != module && !strings.HasPrefix(path, module+"/") {
				continue
			}
			other := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
			below, placed := floors[other]
			_, allowed := neighbours[p.room()+" -> "+other]
			if !placed || below > floor || below == floor && !allowed {
				t.Errorf("%s (floor %d) imports %s (floor %d): imports go down, or sideways where neighbours says why", p.room(), floor, other, below)
			}
		}
	}
}

func TestTheFloorsNameNoPackageThatIsGone(t *testing.T) {
	present := map[string]bool{}
	for _, p := range rooms(t) {
		present[p.room()] = true
	}
	for room := range floors {
		if !present[room] {
			t.Errorf("floors lists %q, which does not exist", room)
		}
	}
}

func TestEveryPackageIsDocumented(t *testing.T) {
	for _, p := range rooms(t) {
		if p.Doc == "" {
			t.Errorf("package %s has no package comment", p.room())
		}
	}
}

func leanRooms(t *testing.T) []goPackage {
	return slices.DeleteFunc(goList(t, []string{"GOOS=wasip1", "GOARCH=wasm"}, leanPaths()...), func(p goPackage) bool { return len(p.GoFiles) == 0 })
}

func leanPaths() []string {
	var paths []string
	for room, floor := range floors {
		if floor <= lean {
			paths = append(paths, "./"+room)
		}
	}
	for _, room := range alsoLean {
		paths = append(paths, "./"+room)
	}
	slices.Sort(paths)
	return paths
}

func TestTheLeanFloorsReachNothingHeavy(t *testing.T) {
	for _, p := range leanRooms(t) {
		for path, why := range forbidden {
			if slices.Contains(p.Deps, path) {
				t.Errorf("%s reaches %s: %s", p.room(), path, why)
			}
		}
		for path, why := range forbiddenDirect {
			if slices.Contains(p.Imports, path) {
				t.Errorf("%s imports %s: %s", p.room(), path, why)
			}
		}
	}
}

func TestTheLeanFloorsCompileToWebAssembly(t *testing.T) {
	cmd := exec.Command("go", append([]string{"build"}, leanPaths()...)...)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// The runtime of a Worker has one thread, and a goroutine that outlives its
// request resumes in another request's I/O context (docs/design.md).
func TestTheLeanFloorsStartNothing(t *testing.T) {
	timers := map[string]bool{
		"time.NewTimer": true, "time.NewTicker": true, "time.After": true, "time.AfterFunc": true, "time.Tick": true, "time.Sleep": true,
		"context.WithTimeout": true, "context.WithDeadline": true,
	}
	eachFile(t, leanRooms(t), func(name string, fset *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s: a goroutine on a lean floor", fset.Position(n.Pos()))
			case *ast.ChanType:
				t.Errorf("%s: a channel on a lean floor", fset.Position(n.Pos()))
			case *ast.SelectorExpr:
				if pkg, ok := n.X.(*ast.Ident); ok && timers[pkg.Name+"."+n.Sel.Name] {
					t.Errorf("%s: %s.%s on a lean floor", fset.Position(n.Pos()), pkg.Name, n.Sel.Name)
				}
			}
			return true
		})
	})
}

// Background work is a Run(ctx) that cmd starts: nothing starts by being
// imported or constructed.
func TestNothingStartsInInitOrInAConstructor(t *testing.T) {
	eachFile(t, rooms(t), func(name string, fset *token.FileSet, file *ast.File) {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: func init", fset.Position(f.Pos()))
			}
			if f.Recv == nil && strings.HasPrefix(f.Name.Name, "New") && f.Body != nil {
				for _, stmt := range f.Body.List {
					if _, ok := stmt.(*ast.GoStmt); ok {
						t.Errorf("%s: %s starts a goroutine", fset.Position(stmt.Pos()), f.Name.Name)
					}
				}
			}
		}
	})
}

func eachFile(t *testing.T, packages []goPackage, visit func(string, *token.FileSet, *ast.File)) {
	t.Helper()
	for _, p := range packages {
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			visit(name, fset, file)
		}
	}
}

// reactorBudget is what the reactor of a Worker may weigh, gzipped. It was 1.5 MB
// before the Worker got back-channel logout and a log of refusals, and goes back
// there with one set of endpoints for both. It is about half of
// the 3 MB that the free plan takes.
const reactorBudget = 1_580_000

func TestTheReactorStaysWithinItsBudget(t *testing.T) {
	wasm := filepath.Join(t.TempDir(), "reactor.wasm")
	cmd := exec.Command("go", slices.Concat([]string{"build"}, driver.BuildFlags, []string{"-o", wasm, "./worker/app"})...)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	raw, err := os.ReadFile(wasm)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("reactor: %d bytes, %d gzipped, budget %d", len(raw), packed.Len(), reactorBudget)
	if packed.Len() > reactorBudget {
		t.Errorf("%d bytes gzipped, over the budget of %d", packed.Len(), reactorBudget)
	}
}
