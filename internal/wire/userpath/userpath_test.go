package userpath_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/wire/userpath"
	"github.com/edgeward/edgeward/login"
)

func TestTheCallbackOfThePackageLoginIsTheDefault(t *testing.T) {
	for _, p := range []userpath.Prefix{"", userpath.Default} {
		if got := p.Callback(); got != login.DefaultCallbackPath {
			t.Errorf("%q: %s", p, got)
		}
	}
	if got := userpath.Prefix("/_sso/auth").Login(); got != "/_sso/auth/login" {
		t.Error(got)
	}
}

// A path that is written out would stay behind when the prefix is another.
func TestNoPathForUsersIsWrittenOut(t *testing.T) {
	const root = "../../.."
	exempt := []string{"login/login.go", "internal/door/doorstest/", "internal/endpoint/endpointtest/", "e2e/", "bench/", "examples/"}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || hasPrefix(name, exempt) {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if _, isImport := n.(*ast.ImportSpec); isImport {
				return false
			}
			if text, is := n.(*ast.BasicLit); is && strings.Contains(text.Value, "/auth/") {
				t.Errorf("%s: %s: ask a userpath.Prefix", name, text.Value)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func hasPrefix(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(filepath.ToSlash(name), p) {
			return true
		}
	}
	return false
}
