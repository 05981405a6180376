package wrangler

import (
	"fmt"
	"path/filepath"
	"slices"
)

// A Finding is something in a project that is not as Edgeward needs it.
type Finding struct {
	What, Remedy string
	Around       bool // requests pass by Edgeward, or it does not work at all; else it is a warning
}

// An Inspection is of one project.
type Inspection struct {
	Folder   string
	Bindings Binding
	// Middleware is what Edgeward's own functions/_middleware.js holds, for Pages;
	// nil before it is written, in the place of what is there.
	Middleware []byte
	// Public reports whether the routes let everybody in at path, or with below at
	// every path below it, whatever the method. nil: nowhere.
	Public func(path string, below bool) bool
	// Paths are those that Edgeward answers itself.
	Paths []string
	// Private are files and folders that no user may read: the configuration, the
	// key ring, what worker build makes.
	Private []string
	found   []Finding
}

func (i *Inspection) around(remedy, format string, args ...any) {
	i.found = append(i.found, Finding{fmt.Sprintf(format, args...), remedy, true})
}

func (i *Inspection) warn(remedy, format string, args ...any) {
	i.found = append(i.found, Finding{fmt.Sprintf(format, args...), remedy, false})
}

// Worker inspects the folder of a Worker, whose entry is main. A folder without
// a configuration file has nothing to find yet. An error means that it could not
// be read.
func (i *Inspection) Worker(main string) ([]Finding, error) {
	path, err := In(i.Folder)
	if err != nil || path == "" {
		return nil, err
	}
	f, err := Read(path)
	if err != nil {
		return nil, err
	}
	for name, s := range f.scopes() {
		i.entry(f, name, s, main)
		if err := i.assets(f, name, s); err != nil {
			return nil, err
		}
		i.patterns(f, name, s)
		i.bindings(f, name, s)
	}
	i.shadow(f)
	return i.sorted(), nil
}

// entry wants Edgeward to be what runs. An environment inherits main.
func (i *Inspection) entry(f *File, name string, s map[string]any, main string) {
	entry, stated := s["main"].(string)
	if !stated && name != "" || filepath.Clean(entry) == main {
		return
	}
	i.around(fmt.Sprintf("write main = %q, or choose another folder for Edgeward with --out", main),
		"%s: main is %q, so another Worker runs in Edgeward's place", f.at(name), entry)
}

// assets wants files to be served behind the Worker: by default the platform
// serves them before it, to everybody.
func (i *Inspection) assets(f *File, name string, s map[string]any) error {
	a := table(s["assets"])
	if a == nil {
		return nil
	}
	if !first(a["run_worker_first"]) {
		i.around("write run_worker_first = true in [assets]", "%s: static files of [assets] are served to all clients before the Worker runs", f.at(name))
	}
	directory, _ := a["directory"].(string)
	if directory == "" {
		return nil
	}
	folder := filepath.Join(filepath.Dir(f.Path), filepath.FromSlash(directory))
	i.readable(folder)
	return i.elsewhere(folder, a["not_found_handling"] == "single-page-application")
}

// first reports whether run_worker_first is for every request.
func first(v any) bool {
	list, _ := v.([]any)
	return v == true || len(list) == 1 && list[0] == "/*"
}

// bindings wants what remembers, and would like copies.
func (i *Inspection) bindings(f *File, name string, s map[string]any) {
	missing := i.Bindings.missing(s)
	stanza := "paste into " + f.at(name) + ":\n" + f.Stanza(missing)
	switch {
	case missing.Objects != "":
		i.around(stanza, "%s binds no %s of class %s: every request with a session or a token would be 503", f.at(name), missing.Objects, class)
	case missing.Cache != "":
		i.warn(stanza, "%s binds no %s: key sets and sessions are fetched from afar", f.at(name), missing.Cache)
	}
}

// shadow warns of a file that wrangler prefers where it is not told by --config.
func (i *Inspection) shadow(f *File) {
	other, err := Deployed(i.Folder)
	if err != nil || other == "" || same(other, f.Path) {
		return
	}
	i.warn("run it with --config "+f.Path, "wrangler without --config reads %s in the place of %s, and deploys that project", other, f.Path)
}

func same(a, b string) bool {
	x, err := filepath.Abs(a)
	y, err2 := filepath.Abs(b)
	return err == nil && err2 == nil && x == y
}

// at names a part of the file for people.
func (f *File) at(scope string) string {
	if scope == "" {
		return f.Path
	}
	return f.Path + " [" + scope + "]"
}

// sorted returns what was found in one order, what is worse first.
func (i *Inspection) sorted() []Finding {
	slices.SortStableFunc(i.found, func(a, b Finding) int {
		switch {
		case a.Around != b.Around && a.Around:
			return -1
		case a.Around != b.Around:
			return 1
		case a.What < b.What:
			return -1
		case a.What > b.What:
			return 1
		}
		return 0
	})
	return i.found
}
