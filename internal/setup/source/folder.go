package source

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config/tree"
	"github.com/edgeward/edgeward/internal/setup/yamlfile"
)

const (
	// maxRouteFiles and maxRouteDepth bound the walk: a link to a parent folder
	// would make it endless.
	maxRouteFiles = 50_000
	maxRouteDepth = 64
)

// A routeSource is a file of the routes folder.
type routeSource struct {
	path string // slash-separated, in the folder
	data []byte
	err  error
}

// A fault is something in the routes folder that cannot be a route.
type fault struct{ path, what, remedy string }

// listRoutes reads the routes folder, sorted by path. It follows symbolic
// links within the folder, as Kubernetes makes them for a ConfigMap; one that
// leads out of it is a fault: a user who can write the folder could otherwise
// show any file of this machine in an error message.
//
// Names with a leading dot are ignored (editors, version control, the ConfigMap's ..data),
// but for .well-known, which is a path; so is README.md. Any other file is a
// fault: a rule in "api.yml" that is not read would leave a path to a weaker
// rule above.
func listRoutes(folder string) ([]routeSource, []fault) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		what := withoutPath(err).Error()
		if errors.Is(err, fs.ErrNotExist) {
			what = "there is no such folder"
		}
		return nil, []fault{{what: what, remedy: "create it, or correct the name"}}
	}
	defer root.Close()
	return listIn(root.FS())
}

// listIn is listRoutes of a file system, whose links lead nowhere else.
func listIn(fsys fs.FS) ([]routeSource, []fault) {
	w := &walker{fsys: fsys}
	w.walk(".", 0)
	return w.found, w.faults
}

type walker struct {
	fsys   fs.FS
	found  []routeSource
	faults []fault
	seen   int
}

func (w *walker) fault(path, what, remedy string) {
	w.faults = append(w.faults, fault{path, what, remedy})
}

func (w *walker) walk(dir string, depth int) {
	if depth > maxRouteDepth {
		w.fault(dir, "the folder is nested too deep", "look for a symbolic link to a parent folder")
		return
	}
	names, err := w.names(dir)
	if err != nil {
		w.fault(dir, "cannot be read: "+withoutPath(err).Error(), "")
		return
	}
	for _, name := range names {
		if w.seen++; w.seen > maxRouteFiles {
			if w.seen == maxRouteFiles+1 {
				w.fault(dir, "there are more than 50,000 files", "look for a symbolic link to a parent folder")
			}
			return
		}
		w.entry(path.Join(dir, name), depth)
	}
}

// names lists a folder, sorted, without what is ignored.
func (w *walker) names(dir string) ([]string, error) {
	entries, err := fs.ReadDir(w.fsys, dir)
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return slices.DeleteFunc(names, ignored), err
}

func ignored(name string) bool {
	return strings.HasPrefix(name, ".") && name != ".well-known" || name == "README.md"
}

func (w *walker) entry(name string, depth int) {
	info, err := fs.Stat(w.fsys, name)
	switch {
	case err != nil && w.leads(name):
		w.fault(name, "the symbolic link leads out of the folder, or nowhere", "put the file itself there, or a relative link within the folder")
	case err != nil:
		w.fault(name, "cannot be read: "+withoutPath(err).Error(), "")
	case info.IsDir():
		w.walk(name, depth+1)
	case path.Ext(name) == ".yml":
		w.fault(name, "routes have the extension .yaml", "rename it to "+strings.TrimSuffix(path.Base(name), ".yml")+tree.Extension)
	case path.Ext(name) != tree.Extension:
		w.fault(name, "this is not a route", "remove it, or give it the extension .yaml")
	default:
		w.read(name)
	}
}

func (w *walker) leads(name string) bool {
	info, err := fs.Lstat(w.fsys, name)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func (w *walker) read(name string) {
	data, err := w.content(name)
	if err != nil {
		err = withoutPath(err)
	}
	w.found = append(w.found, routeSource{name, data, err})
}

func (w *walker) content(name string) ([]byte, error) {
	data, _, err := readIn(w.fsys, name, yamlfile.MaxSize)
	if errors.Is(err, errTooLarge) {
		err = nil // parse says so, of what was read
	}
	return data, err
}
