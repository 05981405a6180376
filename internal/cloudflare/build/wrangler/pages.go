package wrangler

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// What is read of a Pages project.
const (
	functionsFolder = "functions"
	middlewareFile  = "_middleware.js" // ours
	workerFile      = "_worker.js"
	routesFile      = "_routes.json"
)

// extensions are those of modules that wrangler makes functions of. Of two with
// one name it compiles one, without a word.
var extensions = []string{".js", ".mjs", ".ts", ".tsx", ".jsx"}

// Pages inspects a Pages project. A project without a configuration file is
// inspected as far as it goes. An error means that it could not be read.
func (i *Inspection) Pages() ([]Finding, error) {
	if err := i.middlewares(); err != nil {
		return nil, err
	}
	if err := i.shadowed(); err != nil {
		return nil, err
	}
	path, err := Deployed(i.Folder)
	if err != nil || path == "" {
		return i.sorted(), err
	}
	f, err := Read(path)
	if err != nil {
		return nil, err
	}
	output, _ := f.settings["pages_build_output_dir"].(string)
	if output == "" {
		i.around(`write pages_build_output_dir = "…", the folder that the project's build writes`,
			"%s has no pages_build_output_dir, so it configures no Pages project and its bindings are not used", f.Path)
		return i.sorted(), nil
	}
	for name, s := range f.scopes() {
		if name == "" || s["durable_objects"] != nil || s["kv_namespaces"] != nil { // else an environment has those of the top
			i.bindings(f, name, s)
		}
	}
	err = i.output(filepath.Join(filepath.Dir(f.Path), filepath.FromSlash(output)))
	return i.sorted(), err
}

// middlewares wants Edgeward's to be the only middleware of the whole project.
func (i *Inspection) middlewares() error {
	entries, err := os.ReadDir(filepath.Join(i.Folder, functionsFolder))
	if os.IsNotExist(err) {
		return nil
	}
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), ext)
		if name != "_middleware" && name != "_middleware_" || !slices.Contains(extensions, ext) {
			continue
		}
		path := filepath.Join(i.Folder, functionsFolder, e.Name())
		if e.Name() == middlewareFile && i.Middleware == nil {
			continue
		}
		if e.Name() == middlewareFile && !e.Type().IsRegular() {
			i.around("put a file in its place: edgeward worker build writes one", "%s is no file of its own but a link, which wrangler leaves out: Edgeward does not run", path)
			continue
		}
		if e.Name() == middlewareFile {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if bytes.Equal(text, i.Middleware) {
				continue
			}
		}
		i.around(fmt.Sprintf("move it out of %s/ and have it run behind Edgeward: --chain middleware%s", functionsFolder, ext),
			"%s is a middleware of the whole project beside Edgeward's: wrangler compiles one of them, or lets it answer first", path)
	}
	return err
}

// shadowed warns of functions that no request reaches.
func (i *Inspection) shadowed() error {
	for _, path := range i.Paths {
		for _, ext := range extensions {
			function := filepath.Join(i.Folder, functionsFolder, filepath.FromSlash(path)+ext)
			there, err := exists(function)
			if err != nil {
				return err
			}
			if there {
				i.warn("give it another path", "%s never runs: Edgeward answers %s itself", function, path)
			}
		}
	}
	return nil
}

// output inspects what the project's build has written; there may be nothing yet.
func (i *Inspection) output(folder string) error {
	there, err := exists(filepath.Join(folder, workerFile))
	if err != nil {
		return err
	}
	if there {
		i.around("have the framework's build write static files only, or deploy Edgeward as a Worker in front of the project's domain (edgeward worker build without --pages)",
			"%s takes the place of %s/, so Edgeward does not run", filepath.Join(folder, workerFile), functionsFolder)
	}
	i.readable(folder)
	own404, err := exists(filepath.Join(folder, "404.html"))
	if err != nil {
		return err
	}
	if err := i.elsewhere(folder, !own404); err != nil {
		return err
	}
	path := filepath.Join(folder, routesFile)
	if there, err = exists(path); err != nil || !there {
		return err
	}
	include, exclude, err := rules(path)
	if err != nil {
		return err
	}
	i.routes(path, include, exclude)
	return nil
}

// rules reads a _routes.json. The names of its members are exact, as wrangler
// reads them: encoding/json would take "Include" for "include" in a struct.
func rules(path string) (include, exclude []string, err error) {
	text, err := content(path)
	if err != nil {
		return nil, nil, err
	}
	var members map[string]json.RawMessage
	err = json.Unmarshal(text, &members)
	for name, list := range map[string]*[]string{"include": &include, "exclude": &exclude} {
		if raw, stated := members[name]; stated && err == nil {
			err = json.Unmarshal(raw, list)
		}
	}
	if err != nil {
		err = fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return include, exclude, err
}

// routes wants every request to run functions, but for those that the routes
// let everybody make.
func (i *Inspection) routes(path string, include, exclude []string) {
	if !slices.Contains(include, "/*") {
		i.around(`write "include": ["/*"]`, "%s: what include does not name is answered without Edgeward", path)
	}
	for _, rule := range exclude {
		if !i.open(rule) {
			i.around("remove it from exclude, or state authenticate: [] for everything that it covers",
				"%s: what %q excludes is answered without Edgeward, and the routes are not public there", path, rule)
		}
	}
}

// open reports whether all that a rule of _routes.json covers is public. A "*"
// stands for any characters, also "/": only at the end of a folder is it clear
// what that is. The platform makes a regular expression of the rule, and a "|" in
// one can cover everything: only what plain has is sure to stand for itself.
func (i *Inspection) open(rule string) bool {
	folder, below := strings.CutSuffix(rule, "/*")
	return i.Public != nil && plain.MatchString(folder) && i.Public(folder, below)
}

var plain = regexp.MustCompile(`^[A-Za-z0-9/._~-]*$`)
