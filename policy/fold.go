package policy

import (
	"fmt"
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
// that does not stand in a URL as it is: who ignores case in a path does so
// before decoding it, so what such a rule opens is answered by whatever takes
// any name ("日本" by [id]). What Build refuses is left to it. A
// [[rest]] becomes its folder's index as well: such a reader runs it there.
func Folded(files []File) ([]File, error) {
	all := inOrder(files)
	f := folding{first: map[string]spelling{}}
	for i := range all {
		all[i].Path = f.path(all[i].Path, all[i].source())
	}
	all = f.withRests(all)
	if len(f.problems) > 0 {
		return nil, f.problems
	}
	return all, nil
}

// withRests adds what [[rest]] means to such a reader: it answers for its folder
// itself as well, and before an index does. So both state the same, or it is a
// problem.
func (f *folding) withRests(files []File) []File {
	own := map[string]File{} // by the path that it answers
	for _, file := range files {
		own[strings.TrimSuffix("/"+file.Path, "/index")] = file
	}
	for _, rest := range files {
		cut := strings.LastIndexByte(rest.Path, '/') + 1
		folder, name := rest.Path[:cut], rest.Path[cut:]
		if kindOf(name) != restName {
			continue
		}
		at := strings.TrimSuffix("/"+folder, "/")
		if there, taken := own[at]; !taken {
			own[at] = File{Path: folder + "index", Source: rest.Source, Statement: rest.Statement}
			files = append(files, own[at])
		} else if !there.Statement.equal(rest.Statement) {
			f.problems = append(f.problems, &Problem{
				Source: rest.source(), Other: there.source(),
				Detail: fmt.Sprintf("where case is ignored %s answers for %s/ itself, too: state the same for both", name, at),
			})
		}
	}
	return files
}

func encoded(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._~!$&'()+,=@", r))
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
			if strings.ContainsFunc(name, encoded) {
				report("", fmt.Sprintf("%q is encoded in a URL, so where case is ignored nothing answers by that name: use letters, digits and -._~!$&'()+,=@", name))
				return path
			}
			names[i], _ = Fold(name)
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
