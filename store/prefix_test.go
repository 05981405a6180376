package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/store"
)

// Who lists what stands under one prefix finds nothing of another's.
func TestNoPrefixIsOfAnothers(t *testing.T) {
	all := store.Prefixes()
	for i, p := range all {
		if !strings.HasSuffix(p, "/") || store.CheckPrefix(p) != nil {
			t.Errorf("%q is no folder", p)
		}
		for j, q := range all {
			if i != j && strings.HasPrefix(p, q) {
				t.Errorf("%q stands under %q", p, q)
			}
		}
	}
}

// A prefix that is given a name is one of the list.
func TestAllPrefixesAreListed(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "prefix.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		value, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if named++; !slices.Contains(store.Prefixes(), value) {
			t.Errorf("%s is not among the prefixes", spec.Names[0])
		}
		return true
	})
	if named != len(store.Prefixes()) {
		t.Errorf("%d names, %d prefixes", named, len(store.Prefixes()))
	}
}
