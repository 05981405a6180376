package edgeward_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// callers are methods that others than a selector of this module call: interfaces
// of the standard library and of dependencies.
var callers = strings.Fields(`String Error Unwrap Is ServeHTTP Read Write Close Len Less Swap MarshalJSON UnmarshalJSON MarshalText
	UnmarshalText Format GoString LogValue Enabled Handle WithAttrs WithGroup Set Type Describe Collect RoundTrip Temporary Timeout`)

// names is what the module's files say, by folder.
type names struct {
	declared map[string]map[string]token.Position // folder → exported name, "T.m" for a method → where
	exposed  map[string]map[string]bool           // folder → types that its exported declarations mention
	lists    [][]string                           // "folder.Name" of the constants of one declaration, which are one list
	used     map[string]bool                      // "folder.Name", from another package
	selected map[string]map[string]bool           // .Name → folders
	promised map[string]bool                      // methods of the module's interfaces
}

// What is exported below internal/ is for another package: what only its own one
// uses is not exported, so that a reader knows what others depend on.
func TestInternalExportsAreUsed(t *testing.T) {
	n := names{
		declared: map[string]map[string]token.Position{}, exposed: map[string]map[string]bool{},
		used: map[string]bool{}, selected: map[string]map[string]bool{}, promised: map[string]bool{},
	}
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if name := d.Name(); name == "node_modules" || name == "testdata" || len(name) > 1 && name[0] == '.' {
				return filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err == nil {
			n.read(fset, file, filepath.ToSlash(filepath.Dir(path)), strings.HasSuffix(path, "_test.go"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range n.lists {
		if slices.ContainsFunc(list, func(name string) bool { return n.used[name] }) {
			for _, name := range list {
				n.used[name] = true
			}
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(n.declared)) {
		for _, name := range slices.Sorted(maps.Keys(n.declared[folder])) {
			if !n.isUsed(folder, name) {
				t.Errorf("%s: %s is exported, and used by its own package alone", n.declared[folder][name], name)
			}
		}
	}
}

func (n *names) isUsed(folder, name string) bool {
	if _, method, ok := strings.Cut(name, "."); ok {
		elsewhere := len(n.selected[method]) - btoi(n.selected[method][folder])
		return elsewhere > 0 || n.promised[method] || slices.Contains(callers, method)
	}
	return n.used[folder+"."+name] || n.exposed[folder][name]
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (n *names) read(fset *token.FileSet, file *ast.File, folder string, test bool) {
	imports := map[string]string{} // local name → folder
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		if of, ok := strings.CutPrefix(path, module+"/"); ok {
			name := of[strings.LastIndexByte(of, '/')+1:]
			if spec.Name != nil {
				name = spec.Name.Name
			}
			imports[name] = of
		}
	}
	from := folder
	if strings.HasSuffix(file.Name.Name, "_test") {
		from += "_test" // a package of its own, which sees what is exported
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.SelectorExpr:
			if x, ok := node.X.(*ast.Ident); ok && imports[x.Name] != "" {
				n.used[imports[x.Name]+"."+node.Sel.Name] = true
			}
			if n.selected[node.Sel.Name] == nil {
				n.selected[node.Sel.Name] = map[string]bool{}
			}
			n.selected[node.Sel.Name][from] = true
		case *ast.InterfaceType:
			for _, m := range node.Methods.List {
				for _, name := range m.Names {
					n.promised[name.Name] = true
				}
			}
		}
		return true
	})
	if strings.HasPrefix(folder, "internal/") && !test {
		for _, decl := range file.Decls {
			n.declare(fset, folder, decl)
		}
	}
}

// declare takes note of what a declaration exports, and of the types that it
// shows to whoever uses it.
func (n *names) declare(fset *token.FileSet, folder string, decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if name := decl.Name.Name; ast.IsExported(name) {
			if decl.Recv != nil {
				of := receiver(decl.Recv.List[0].Type)
				if name = of + "." + name; !ast.IsExported(of) {
					return
				}
			}
			n.export(fset, folder, name, decl.Name, decl.Type)
		}
	case *ast.GenDecl:
		var list []string
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.IsExported() {
					n.export(fset, folder, spec.Name.Name, spec.Name, spec.Type)
				}
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					if name.IsExported() {
						n.export(fset, folder, name.Name, name, spec.Type)
						list = append(list, folder+"."+name.Name)
					}
				}
			}
		}
		if decl.Tok == token.CONST {
			n.lists = append(n.lists, list)
		}
	}
}

func (n *names) export(fset *token.FileSet, folder, name string, at *ast.Ident, shows ast.Expr) {
	if n.declared[folder] == nil {
		n.declared[folder], n.exposed[folder] = map[string]token.Position{}, map[string]bool{}
	}
	n.declared[folder][name] = fset.Position(at.Pos())
	if shows != nil {
		ast.Inspect(shows, func(node ast.Node) bool {
			if id, ok := node.(*ast.Ident); ok && id.Name != name {
				n.exposed[folder][id.Name] = true
			}
			return true
		})
	}
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
