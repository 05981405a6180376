package edgeward_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
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

	"github.com/edgeward/edgeward/internal/cloudflare/driver"
)

const module = "github.com/edgeward/edgeward"

// A floor is what stands on one level: folders, each with all that is below it,
// unless a deeper folder has a row of its own.
type floor struct {
	folders string
	what    string
}

// floors is the layout, from the ground up. A package imports what stands on
// lower floors, and what stands in its own folder. docs/design.md has the same
// table.
var floors = []floor{
	{"edgeward store", "the language, and the contract of a store"},
	{"internal/wire/canonical", "one reading of a method, a path, a host and a field"},
	{"credential policy", "where a credential sits; what a route demands"},
	{"internal/wire", "one spelling of what comes and goes: path, host, header fields, cookies, forms, JSON, problem documents"},
	{"internal/keep jwt", "one spelling of what is kept; a token's signature and claims"},
	{"claim jwks", "what an issuer says of a user; the keys of issuers"},
	{"login/openid", "what is said to a provider"},
	{"apikey audit bearer keyring login ratelimit refresh revocation session", "one mechanism each: what proves an identity, what revokes it, what slows down guessing"},
	{"engine", "the decision"},
	{"internal/issuance internal/setup/document", "issues and revokes; what a configuration is read from"},
	{"internal/setup/config", "nodes become a configuration"},
	{"internal/endpoint", "Edgeward's own endpoints: a request in, a reply out"},
	{"internal/setup/assembly", "a configuration becomes a system"},
	{"internal/cloudflare", "the same as a Worker"},

	{"audit/auditfile internal/certificate internal/costtest internal/outbound jwks/keyfile store/memstore store/pgstore store/sqlitestore store/storetest", "adapters: files, databases, certificates, guarded requests to providers"},
	{"internal/cli internal/issuance/issuancetest jwks/remote", "the terminal; key sets of providers; an issuer for tests"},
	{"internal/door", "net/http and the language: the proxy, forward-auth, the doors' one request table"},
	{"httpauth internal/endpoint/admin/backup internal/endpoint/admin/client", "the middleware; copies of the store for /v1, and its client"},
	{"internal/setup/yamlfile", "YAML becomes nodes"},
	{"internal/setup/source", "files, the environment and keys"},
	{"internal/setup/gateway internal/telemetry internal/server", "a configuration becomes a running system; logs and metrics; listeners"},
	{"internal/cloudflare/build internal/console internal/setup/stores", "what is deployed to Cloudflare; pages for operators; the stores that edgeward opens"},
	{"internal/serve", "what edgeward serve runs"},
	{"internal/cli/explain internal/cli/settings internal/cli/summary internal/devsystem", "what edgeward explain and edgeward dev run; what commands read and show of a configuration"},
	{"internal/endpoint/endpointtest", "what the endpoints answer, in one table"},
	{"edge cmd/edgeward", "the product: in a Go program, and as a command"},
}

// lean is how many floors compile to WebAssembly and run on Cloudflare's
// runtime: up to the Worker's own.
var lean = func() int { level, _, _ := floorOf("internal/cloudflare"); return level + 1 }()

// floorOf returns the floor of a package and the folder that places it; the
// longest folder decides.
func floorOf(room string) (level int, folder string, placed bool) {
	for i, f := range floors {
		for candidate := range strings.FieldsSeq(f.folders) {
			within := room == candidate || strings.HasPrefix(room, candidate+"/") || room == "" && candidate == "edgeward"
			if within && len(candidate) > len(folder) {
				level, folder, placed = i, candidate, true
			}
		}
	}
	return level, folder, placed
}

// forbidden maps a package that the lean floors must not reach, directly or
// through others, to the reason.
var forbidden = map[string]string{
	"net/http":      "0.6 MB gzipped on the Worker",
	"net":           "the Worker has no sockets",
	"crypto/tls":    "the Worker's runtime speaks TLS, not we",
	"crypto/x509":   "0.4 MB gzipped; keys arrive as JWK",
	"syscall/js":    "the door of the Worker yields effects instead",
	"encoding/json": "folds case and keeps duplicates: use internal/wire/strictjson",
	"html":          "its table of entities is 0.03 MB gzipped",
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
		level, folder, placed := floorOf(p.room())
		if !placed {
			t.Errorf("package %s has no floor: give its folder one in layout_test.go", p.room())
			continue
		}
		for _, path := range p.Imports {
			if path != module && !strings.HasPrefix(path, module+"/") {
				continue
			}
			other := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
			if below, beside, _ := floorOf(other); below >= level && beside != folder {
				t.Errorf("%s (%s) imports %s (%s): imports go down, or stay in the folder", p.room(), floors[level].what, other, floors[below].what)
			}
		}
	}
}

func TestTheFloorsNameNoFolderThatIsGone(t *testing.T) {
	used := map[string]bool{}
	for _, p := range rooms(t) {
		_, folder, _ := floorOf(p.room())
		used[folder] = true
	}
	for _, f := range floors {
		for folder := range strings.FieldsSeq(f.folders) {
			if !used[folder] {
				t.Errorf("floors lists %q, where no package is", folder)
			}
		}
	}
}

// docs/design.md shows the floors as they are.
func TestTheFloorsAreDocumented(t *testing.T) {
	const path = "docs/design.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), "<!-- floors -->\n")
	_, after, ended := strings.Cut(rest, "<!-- end -->\n")
	if !found || !ended {
		t.Fatal("docs/design.md has no place for the floors")
	}
	want := before + "<!-- floors -->\n" + floorsTable() + "<!-- end -->\n" + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(text) != want {
		t.Errorf("%s does not show the floors: run go test -run TestTheFloorsAreDocumented -update .", path)
	}
}

func floorsTable() string {
	var b strings.Builder
	b.WriteString("| floor | folders | what | runs in a Worker |\n|---|---|---|---|\n")
	for i, f := range floors {
		where := "yes"
		if i >= lean {
			where = "no"
		}
		fmt.Fprintf(&b, "| %d | `%s` | %s | %s |\n", i, strings.ReplaceAll(f.folders, " ", "` `"), f.what, where)
	}
	return b.String()
}

func TestEveryPackageIsDocumented(t *testing.T) {
	for _, p := range rooms(t) {
		if p.Doc == "" {
			t.Errorf("package %s has no package comment", p.room())
		}
	}
}

// leanRooms lists the packages that run in a Worker, as they are built for it.
func leanRooms(t *testing.T) []goPackage {
	paths := []string{"./internal/cloudflare/app"} // there is nothing of it on another platform
	for _, p := range rooms(t) {
		if level, _, placed := floorOf(p.room()); placed && level < lean {
			paths = append(paths, p.ImportPath)
		}
	}
	wasm := []string{"GOOS=wasip1", "GOARCH=wasm"}
	return slices.DeleteFunc(goList(t, wasm, paths...), func(p goPackage) bool { return len(p.GoFiles) == 0 })
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
	args := []string{"build"}
	for _, p := range leanRooms(t) {
		args = append(args, p.ImportPath)
	}
	cmd := exec.Command("go", args...)
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

// reactorBudget is what the reactor of a Worker may weigh, gzipped: what it does, and
// 1 kB. It is less than 60 % of the 3 MB that the free plan takes. What its parts weigh
// is in docs/workers.md.
const reactorBudget = 1_740_000

func TestTheReactorStaysWithinItsBudget(t *testing.T) {
	wasm := filepath.Join(t.TempDir(), "reactor.wasm")
	cmd := exec.Command("go", slices.Concat([]string{"build"}, driver.BuildFlags, []string{"-o", wasm, "./internal/cloudflare/app"})...)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	raw, err := os.ReadFile(wasm)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = driver.Compact(raw); err != nil {
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
