package policy_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/edgeward/edgeward/policy"
)

func TestFolded(t *testing.T) {
	for _, row := range []struct{ rule, files, want string }{
		{"static names are in lower case", "API/Orders API/_middleware index", "api/orders api/_middleware index"},
		{"variables keep their names", "[Id]/X", "[Id]/x"},
		{"what has no case stays", "1/2 a-b", "1/2 a-b"},
		{"what URLs encode", "open/日本", `!"日本" is encoded in a URL`},
		{"what patterns mean something by", "a|b", `!"a|b" is encoded in a URL`},
		{"the rest is its folder's index, too", "[[Rest]] a/[[x]]", "[[Rest]] a/[[x]] index a/index"},
		{"the rest and an index that states the same", "a/[[x]] a/index", "a/[[x]] a/index"},
		{"two spellings of a file", "Twin twin", "!/Twin and /twin are one"},
		{"two spellings of a folder", "Twin/a twin/b", "!/Twin and /twin are one"},
		{"a file and a folder", "a/Twin a/twin/b", "!/a/Twin and /a/twin are one"},
		{"the same name below two others", "a/Twin b/twin", "a/twin b/twin"},
		{"a letter whose case not all know", "größe", `!"größe" is encoded in a URL`},
		{"a name that is refused becomes no other", "Index _Middleware", "Index _Middleware"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			var files []policy.File
			for path := range strings.FieldsSeq(row.files) {
				files = append(files, policy.File{Path: path})
			}
			folded, err := policy.Folded(files)
			if want, refused := strings.CutPrefix(row.want, "!"); refused {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Fatalf("err = %v, want %s", err, want)
				}
				return
			}
			var got []string
			for _, f := range folded {
				got = append(got, f.Path)
			}
			if strings.Join(got, " ") != row.want || err != nil {
				t.Errorf("%q, %v; want %s", got, err, row.want)
			}
		})
	}
}

// What JavaScript's i flag takes for one, Fold does: or takes neither.
func TestFoldMakesOneOfWhatOthersTakeForOne(t *testing.T) {
	for r := range unicode.MaxRune {
		for _, other := range []rune{unicode.ToUpper(r), unicode.ToLower(r), unicode.SimpleFold(r)} {
			a, known := policy.Fold(string(r))
			b, both := policy.Fold(string(other))
			if a != b && known && both {
				t.Fatalf("%q and %q are %q and %q", r, other, a, b)
			}
		}
	}
}

// FuzzFolded: a tree of folded files decides for every spelling of a path in
// ASCII as for one.
func FuzzFolded(f *testing.F) {
	f.Add("API/_middleware\nAPI/orders/[Id]\nOpen", "/api/ORDERS/Seven")
	f.Add("Twin/a\ntwin/b", "/tWIN/a")
	f.Fuzz(func(t *testing.T, paths, path string) {
		var files []policy.File
		for name := range strings.SplitSeq(paths, "\n") {
			files = append(files, policy.File{Path: name})
		}
		folded, err := policy.Folded(files)
		if err != nil {
			return
		}
		if again, err := policy.Folded(folded); err != nil || len(again) != len(folded) {
			t.Fatalf("folded twice: %v", err)
		}
		exact, failed := policy.Build(files)
		tree, err := policy.Build(folded)
		if (err == nil) != (failed == nil) {
			t.Fatalf("built of folded files: %v, of others: %v", err, failed)
		}
		lower, ok := policy.Fold(path)
		if err != nil || !ok {
			return
		}
		if r, covered := exact.Lookup("GET", path); covered {
			if got, still := tree.Lookup("GET", lower); !still {
				t.Fatalf("%q was covered by %s, and folded it is not: %v", path, r.Pattern, got)
			}
		}
	})
}
