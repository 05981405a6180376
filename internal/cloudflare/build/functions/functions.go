// Package functions reads the functions/ folder of a Cloudflare Pages project and
// tells which routes it has, so that a routes/ folder can begin as its image.
//
// It knows the file tree and the names onRequest… that modules export, and
// nothing else of JavaScript: a program cannot be asked who may run it. What it
// makes therefore lets nobody in. Hints in a module, such as the word
// Authorization, become suggestions in comments, and what could not be read is
// said.
package functions

import (
	"cmp"
	"io/fs"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/policy"
)

// A Tree is what a functions/ folder holds.
type Tree struct {
	Functions []Function // by path
	Helpers   []string   // modules that no request reaches, by path in the folder
	Unread    []Doubt    // nothing is made of them
}

// A Function is a path that code answers, or a middleware.
type Function struct {
	Path    string   // as a file of a routes folder, without extension: "api/[id]"
	Sources []string // the modules, by path in the folder
	Methods []string // sorted; empty means any
	Hints   Hints
	Doubts  []Doubt // what a person has to look at
}

// A Doubt is a file, by path in the folder, that was not understood, or not
// wholly.
type Doubt struct{ Source, Why string }

// Middleware reports whether f holds for a whole folder.
func (f *Function) Middleware() bool {
	return f.Path == middleware || strings.HasSuffix(f.Path, "/"+middleware)
}

// Pattern returns the path for a person: "/api/*" for a middleware.
func (f *Function) Pattern() string {
	switch folder, is := strings.CutSuffix("/"+f.Path, "/"+middleware); {
	case is:
		return folder + "/*"
	case f.Path == index:
		return "/"
	default:
		return strings.TrimSuffix("/"+f.Path, "/"+index)
	}
}

const (
	middleware = "_middleware"
	index      = "index"
)

// Read reads the folder. It follows no symbolic link. An error is one of fsys or
// says that the folder is no functions/ folder by any measure; what is odd about
// single files is in the tree.
func Read(fsys fs.FS) (*Tree, error) {
	w := walker{fsys: fsys, functions: map[string]*Function{}}
	if err := fs.WalkDir(fsys, ".", w.visit); err != nil {
		return nil, err
	}
	for _, f := range w.functions {
		f.Methods = methodsOf(f.Methods)
		w.tree.Functions = append(w.tree.Functions, *f)
	}
	slices.SortFunc(w.tree.Functions, func(a, b Function) int { return cmp.Compare(a.Path, b.Path) })
	w.tree.placeable()
	return &w.tree, nil
}

// placeable takes out what a routes folder cannot say, as policy judges it.
func (t *Tree) placeable() {
	for {
		files := make([]policy.File, len(t.Functions))
		for i, f := range t.Functions {
			files[i] = policy.File{Path: f.Path, Statement: f.statement()}
		}
		_, err := policy.Build(files)
		problems, _ := err.(policy.Problems)
		if len(problems) == 0 {
			return
		}
		before := len(t.Functions)
		for _, p := range problems {
			t.drop(p.Source, p.Detail)
		}
		if len(t.Functions) == before {
			t.Unread = append(t.Unread, Doubt{".", problems[0].Detail})
			t.Functions = nil
		}
	}
}

func (t *Tree) drop(path, why string) {
	i := slices.IndexFunc(t.Functions, func(f Function) bool { return f.Path == path })
	if i < 0 {
		return
	}
	for _, source := range t.Functions[i].Sources {
		t.Unread = append(t.Unread, Doubt{source, why})
	}
	t.Functions = slices.Delete(t.Functions, i, i+1)
}

func (f *Function) statement() policy.Statement {
	var s policy.Statement
	for _, m := range f.Methods {
		s = s.Method(m, policy.Statement{})
	}
	return s
}
