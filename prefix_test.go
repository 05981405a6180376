package edgeward_test

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/store"
)

// Where rows stand is written once: a backend that places them by their keys
// would not notice a prefix that changed.
func TestPrefixesOfRowsAreTheStores(t *testing.T) {
	keep := []string{"apikey", "login", "ratelimit", "refresh", "revocation", "session", "internal/cloudflare/state"}
	packages := slices.DeleteFunc(rooms(t), func(p goPackage) bool { return !slices.Contains(keep, p.room()) })
	eachFile(t, packages, func(_ string, fset *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			text, ok := n.(*ast.BasicLit)
			if !ok || text.Kind != token.STRING {
				return true
			}
			value, _ := strconv.Unquote(text.Value)
			if slices.ContainsFunc(store.Prefixes(), func(p string) bool { return strings.HasPrefix(value, p) }) {
				t.Errorf("%s: %s, which package store names", fset.Position(text.Pos()), text.Value)
			}
			return true
		})
	})
}
