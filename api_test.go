package edgeward_test

import (
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestTheAPINamesNothingInternal walks what a program can import. A type of
// internal/ in it could be used and not named, and its methods would stand in no
// documentation.
func TestTheAPINamesNothingInternal(t *testing.T) {
	exported := exportData(t)
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(exported[path]) }
	importer := importer.ForCompiler(token.NewFileSet(), "gc", lookup)
	for _, p := range rooms(t) {
		if p.Name == "main" || slices.Contains(strings.Split(p.ImportPath, "/"), "internal") {
			continue
		}
		pkg, err := importer.Import(p.ImportPath)
		if err != nil {
			t.Fatal(err)
		}
		w := apiWalk{t: t, seen: map[types.Type]bool{}}
		for _, name := range pkg.Scope().Names() {
			if o := pkg.Scope().Lookup(name); o.Exported() {
				w.object(p.room()+"."+name, o)
			}
		}
	}
}

// exportData maps each package of ours, and each that it imports, to what the
// compiler knows of it.
func exportData(t *testing.T) map[string]string {
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return files
}

type apiWalk struct {
	t    *testing.T
	seen map[types.Type]bool
}

func (w *apiWalk) object(at string, o types.Object) {
	if alias, ok := o.Type().(*types.Alias); ok {
		w.typ(at, alias.Rhs())
		return
	}
	w.typ(at, o.Type())
}

// typ looks at a type, and at what can be seen of it.
func (w *apiWalk) typ(at string, of types.Type) {
	if w.seen[of] {
		return
	}
	w.seen[of] = true
	switch of := of.(type) {
	case *types.Named:
		w.named(at, of)
	case *types.Alias:
		w.typ(at, of.Rhs())
	case interface{ Elem() types.Type }: // pointer, slice, array, channel, map
		w.typ(at, of.Elem())
		if m, ok := of.(*types.Map); ok {
			w.typ(at, m.Key())
		}
	case *types.Signature:
		for _, tuple := range []*types.Tuple{of.Params(), of.Results()} {
			for v := range tuple.Variables() {
				w.typ(at, v.Type())
			}
		}
	case *types.Struct:
		for f := range of.Fields() {
			if f.Exported() {
				w.typ(at+"."+f.Name(), f.Type())
			}
		}
	case *types.Interface:
		for m := range of.Methods() {
			w.typ(at+"."+m.Name(), m.Type())
		}
	}
}

func (w *apiWalk) named(at string, of *types.Named) {
	pkg := of.Obj().Pkg()
	if pkg == nil || pkg.Path() != module && !strings.HasPrefix(pkg.Path(), module+"/") {
		return
	}
	if slices.Contains(strings.Split(pkg.Path(), "/"), "internal") {
		w.t.Errorf("%s shows %s.%s, which is internal", at, strings.TrimPrefix(pkg.Path(), module+"/"), of.Obj().Name())
		return
	}
	for arg := range of.TypeArgs().Types() {
		w.typ(at, arg)
	}
	w.typ(at, of.Underlying())
	for m := range of.Methods() {
		if m.Exported() {
			w.typ(at+"."+m.Name(), m.Type())
		}
	}
}
