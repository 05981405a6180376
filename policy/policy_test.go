package policy_test

import (
	"testing"

	"github.com/edgeward/edgeward/policy"
)

// file is a File whose source is its path with an extension.
func file(path string, s policy.Statement) policy.File {
	return policy.File{Path: path, Source: path + ".yaml", Statement: s}
}

// files makes a File that asks for "bearer" of each path.
func files(paths ...string) (all []policy.File) {
	for _, path := range paths {
		all = append(all, file(path, policy.Require("bearer")))
	}
	return all
}

func build(t testing.TB, files ...policy.File) *policy.Tree {
	t.Helper()
	tree, err := policy.Build(files)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func lookup(t testing.TB, tree *policy.Tree, method, path string) *policy.Route {
	t.Helper()
	r, ok := tree.Lookup(method, path)
	if !ok {
		t.Fatalf("nothing covers %s %s", method, path)
	}
	return r
}
