package functions

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

const (
	// maxModules and maxModule bound a folder that is not what it was taken for.
	maxModules = 10_000
	maxModule  = 4 << 20 // bytes
)

// extensions are those of modules that Pages makes routes of.
var extensions = []string{".js", ".mjs", ".ts", ".tsx", ".jsx"}

var errTooMany = errors.New("functions: more than 10,000 files: this is hardly a functions folder")

// A walker reads a folder.
type walker struct {
	fsys      fs.FS
	seen      int
	functions map[string]*Function // by path, "/index" cut off
	tree      Tree
}

func (w *walker) visit(name string, entry fs.DirEntry, err error) error {
	if err != nil && name == "." {
		return err
	}
	if w.seen++; w.seen > maxModules {
		return errTooMany
	}
	switch {
	case err != nil:
		w.unread(name, "it cannot be read")
	case entry.IsDir() && entry.Name() == "node_modules":
		w.unread(name, "it holds other people's code; should Pages make routes of that, they are refused")
		return fs.SkipDir
	case hidden(entry.Name()):
		w.unread(name, "a routes folder ignores names with a leading dot; should Pages make routes of it, they are refused")
		if entry.IsDir() {
			return fs.SkipDir
		}
	case entry.IsDir():
	case !entry.Type().IsRegular():
		w.unread(name, "it is a symbolic link, which is not followed, or no file")
	case slices.Contains(extensions, path.Ext(name)) && !strings.HasSuffix(name, ".d.ts"):
		w.module(name)
	}
	return nil
}

// hidden reports whether a routes folder would not read the name.
func hidden(name string) bool { return len(name) > 1 && name[0] == '.' && name != ".well-known" }

func (w *walker) unread(source, why string) {
	w.tree.Unread = append(w.tree.Unread, Doubt{source, why})
}

// module reads one file.
func (w *walker) module(name string) {
	text, err := w.content(name)
	if err != nil {
		w.unread(name, err.Error())
		return
	}
	found := scan(text)
	if len(found.methods) == 0 && len(found.doubts) == 0 {
		w.tree.Helpers = append(w.tree.Helpers, name)
		return
	}
	place := placeOf(name)
	key := strings.TrimSuffix("/"+place, "/"+index) // api.ts and api/index.ts answer the same
	f := w.functions[key]
	if f == nil {
		f = &Function{Path: place}
		w.functions[key] = f
	}
	f.Sources = append(f.Sources, name)
	f.Methods = append(f.Methods, found.methods...)
	if len(found.methods) == 0 {
		f.Methods = append(f.Methods, anyMethod)
	}
	f.Hints = f.Hints.and(found.hints)
	for _, why := range found.doubts {
		f.Doubts = append(f.Doubts, Doubt{name, why})
	}
}

func (w *walker) content(name string) (string, error) {
	f, err := w.fsys.Open(name)
	if err != nil {
		return "", errors.New("it cannot be read")
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxModule+1))
	switch {
	case err != nil:
		return "", errors.New("it cannot be read")
	case len(data) > maxModule:
		return "", fmt.Errorf("it is larger than %d MiB", maxModule>>20)
	}
	return string(data), nil
}

// placeOf returns where the module stands in a routes folder. The names [id] and
// [[path]] are the same there.
func placeOf(name string) string {
	place := strings.TrimSuffix(name, path.Ext(name))
	if path.Base(place) == "_middleware_" { // its older name
		place = strings.TrimSuffix(place, "_")
	}
	return place
}

// methodsOf sorts methods; any among them makes the list empty.
func methodsOf(methods []string) []string {
	if slices.Contains(methods, anyMethod) {
		return nil
	}
	slices.Sort(methods)
	return slices.Compact(methods)
}
