package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Fold returns s in ASCII lower case, for what stands behind a reader of paths
// that ignores case. It reports false for text with a letter beyond ASCII that
// has case: such readers disagree on which of those are one ("ſ" and "s", "İ"
// and "i"), so a path with one means nothing for certain.
func Fold(s string) (folded string, ok bool) {
	if strings.ContainsFunc(s, casedBeyondASCII) {
		return "", false
	}
	return strings.ToLower(s), true
}

func casedBeyondASCII(r rune) bool {
	return r > unicode.MaxASCII && (unicode.ToLower(r) != r || unicode.ToUpper(r) != r || unicode.SimpleFold(r) != r)
}

// Folded returns files with their static names folded, of which [Build] makes a
// tree for paths that went through [Fold]. Two spellings of one name are
// [Problems]: each was written for a path that the other one takes. So is a name
// that Fold does not take, which would never match. What Build refuses is left
// to it.
func Folded(files []File) ([]File, error) {
	all := slices.SortedStableFunc(slices.Values(files), inOrder)
	f := folding{first: map[string]spelling{}}
	for i := range all {
		all[i].Path = f.path(all[i].Path, cmp.Or(all[i].Statement.Source, all[i].Path))
	}
	if len(f.problems) > 0 {
		return nil, f.problems
	}
	return all, nil
}

// A spelling is how a file wrote a path first.
type spelling struct{ path, source string }

type folding struct {
	first    map[string]spelling // by the folded path
	problems Problems
}

// path folds the path of a file.
func (f *folding) path(path, source string) string {
	report := func(other, detail string) {
		f.problems = append(f.problems, &Problem{Source: source, Other: other, Detail: detail})
	}
	var written, folded string
	names := strings.Split(path, "/")
	for i, name := range names {
		written += "/" + name
		if k, refused := parseName(name, i == len(names)-1); k == staticName && refused == "" {
			lower, ok := Fold(name)
			if !ok {
				report("", fmt.Sprintf("%q has a letter beyond ASCII with case, and where case is ignored no path that has one is let in", name))
				return path
			}
			names[i] = lower
		}
		folded += "/" + names[i]
		if first, taken := f.first[folded]; taken && first.path != written {
			report(first.source, fmt.Sprintf("%s and %s are one where case is ignored: write them in the same way", first.path, written))
			return path
		} else if !taken {
			f.first[folded] = spelling{written, source}
		}
	}
	return strings.Join(names, "/")
}
