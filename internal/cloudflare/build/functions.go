package build

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/policy"
)

const (
	// maxFunctions and maxFunction bound a folder that is not what it was taken for.
	maxFunctions = 10_000
	maxFunction  = 4 << 20 // bytes
)

// handler is a name that Pages calls: onRequest for any method, the others for one.
// A program cannot be asked who may run it, so no more than that is read of it.
var handler = regexp.MustCompile(`\bonRequest(Get|Post|Put|Patch|Delete|Head|Options)?\b`)

// A function is a path that modules of a Pages project answer, or a middleware.
type function struct {
	path    string   // as a file of a routes folder, without extension: "api/[id]"
	sources []string // by path in the folder
	methods []string // sorted; empty means any
	any     bool
}

// pattern returns the path for a person: "/api/*" for a middleware.
func (f *function) pattern() string {
	if folder, is := strings.CutSuffix("/"+f.path, "/_middleware"); is {
		return folder + "/*"
	}
	return "/" + strings.TrimPrefix(strings.TrimSuffix("/"+f.path, "/index"), "/")
}

func (f *function) saysMethods() string {
	if len(f.methods) == 0 {
		return "any method"
	}
	return strings.Join(f.methods, " ")
}

// yaml is the file of a routes folder for f. By itself it refuses all requests.
func (f *function) yaml() string {
	text := fmt.Sprintf("# %s, %s; from %s.\n# All requests are refused until this, or a _middleware above it, says what they need:\n"+
		"#   authenticate: [bearer]\n# or, if it is public:\n#   authenticate: []\n", f.pattern(), f.saysMethods(), strings.Join(f.sources, " and "))
	if len(f.methods) == 0 || path.Base(f.path) == "_middleware" {
		return text + "{}\n"
	}
	return text + "methods:\n  " + strings.Join(f.methods, ": {}\n  ") + ": {}\n"
}

// methodsOf returns the methods whose handlers a module names, with any for all of
// them. A name in a comment counts: it makes a route that refuses.
func methodsOf(text string) (methods []string, any bool) {
	for _, m := range handler.FindAllStringSubmatch(text, -1) {
		any = any || m[1] == ""
		methods = append(methods, strings.ToUpper(m[1]))
	}
	return methods, any || strings.Contains(text, "export *")
}

// checkMiddleware wants a module to export onRequest and nothing for single
// methods: who imports onRequest from it alone would leave those out.
func checkMiddleware(text string) error {
	methods, _ := methodsOf(text)
	if slices.Sort(methods); !slices.Equal(slices.Compact(methods), []string{""}) || strings.Contains(text, "export *") {
		return errors.New("it has to export onRequest, and none of onRequestGet and the like: tell methods apart in onRequest by context.request.method")
	}
	return nil
}

// readFunctions returns the functions of a folder by path, and what nothing was
// made of, with the reason. It follows no symbolic link.
func readFunctions(fsys fs.FS) (all []*function, unread [][2]string, err error) {
	seen := 0
	err = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if seen++; seen > maxFunctions {
			return errors.New("more than 10,000 files: this is hardly a functions folder")
		}
		base := path.Base(name)
		switch {
		case base == "node_modules", len(base) > 1 && base[0] == '.' && base != ".well-known":
			if unread = append(unread, [2]string{name, "not read; should Pages make routes of it, they are refused"}); entry.IsDir() {
				return fs.SkipDir
			}
		case slices.Contains([]string{".js", ".mjs", ".ts", ".tsx", ".jsx"}, path.Ext(name)) && !strings.HasSuffix(name, ".d.ts") && !entry.IsDir():
			if why := addFunction(&all, fsys, name, entry); why != "" {
				unread = append(unread, [2]string{name, why})
			}
		}
		return nil
	})
	slices.SortFunc(all, func(a, b *function) int { return strings.Compare(a.path, b.path) })
	return all, unread, err
}

// addFunction adds what a module answers, and says why it cannot, "" where it did.
func addFunction(all *[]*function, fsys fs.FS, name string, entry fs.DirEntry) string {
	text, err := readFunction(fsys, name, entry)
	if err != nil {
		return err.Error()
	}
	methods, any := methodsOf(text)
	if len(methods) == 0 && !any {
		return "exports no onRequest"
	}
	place := strings.TrimSuffix(name, path.Ext(name))
	if path.Base(place) == "_middleware_" { // its older name
		place = strings.TrimSuffix(place, "_")
	}
	if _, err := policy.Build([]policy.File{{Path: place}}); err != nil {
		return "a routes folder has no such name"
	}
	added := &function{path: place}
	if i := slices.IndexFunc(*all, func(f *function) bool { return f.pattern() == added.pattern() }); i >= 0 {
		added = (*all)[i] // api.ts and api/index.ts answer the same
	} else {
		*all = append(*all, added)
	}
	added.sources = append(added.sources, name)
	added.methods, added.any = append(added.methods, methods...), added.any || any
	if slices.Sort(added.methods); added.any {
		added.methods = nil
	}
	added.methods = slices.Compact(added.methods)
	return ""
}

func readFunction(fsys fs.FS, name string, entry fs.DirEntry) (string, error) {
	if !entry.Type().IsRegular() {
		return "", errors.New("it is a symbolic link, which is not followed, or no file")
	}
	f, err := fsys.Open(name)
	if err != nil {
		return "", errors.New("it cannot be read")
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFunction+1))
	if err != nil || len(data) > maxFunction {
		return "", errors.New("it cannot be read, or is larger than 4 MiB")
	}
	return string(data), nil
}
