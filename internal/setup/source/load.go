// Package source reads a configuration from files: the YAML file, the routes
// folder, the secrets and the keys that it names. It keeps a fingerprint of all
// of them, so that [Watch] sees when one changed.
package source

import (
	"io/fs"
	gopath "path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/config/tree"
	"github.com/edgeward/edgeward/internal/setup/config/warn"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/setup/yamlfile"
	"github.com/edgeward/edgeward/jwks/remote"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
)

// A Loaded configuration was read and found sound.
type Loaded struct {
	*config.Config
	Path    string    // the file, as it was named to Load
	Touched *Snapshot // what was read

	again func() (*Loaded, error)
}

// Again reads the same file again.
func (l *Loaded) Again() (*Loaded, error) { return l.again() }

// Errors is every mistake of a configuration, in the order of the files. It
// never holds a secret: a value that may be one is masked.
type Errors struct {
	*document.Errors
	Touched *Snapshot // what was read, so that a watcher notices the repair
}

func (e *Errors) Error() string { return "config: " + e.Errors.Error() }

// Load reads the configuration in the file at path, with everything that it
// names: routes, secrets, keys. The error is an [*Errors] with all mistakes.
// It does no network I/O.
func Load(path string) (*Loaded, error) { return load(path, readItself) }

// Parse is Load for a file that need not exist: data stands for what is at
// path, and what it names is looked up relative to path's folder.
func Parse(path string, data []byte) (*Loaded, error) {
	return load(path, func(*Files, string) ([]byte, error) { return data, nil })
}

func readItself(f *Files, path string) ([]byte, error) {
	data, _, err := f.read(path, yamlfile.MaxSize)
	return data, err
}

// LoadFS is Load for a file in fsys, where everything is that it names. Changes
// are not looked for.
func LoadFS(fsys fs.FS, name string) (*Loaded, error) {
	return loadFrom(func() *Files { return &Files{dir: gopath.Dir(name), fsys: fsys} }, name, readItself)
}

func load(path string, read func(*Files, string) ([]byte, error)) (*Loaded, error) {
	return loadFrom(func() *Files { return newFiles(path) }, path, read)
}

func loadFrom(files func() *Files, path string, read func(*Files, string) ([]byte, error)) (*Loaded, error) {
	f := files()
	errs := &document.Errors{}
	r := f.configuration(path, f, errs, read)
	r.BuildRoutes(nil)
	r.CheckUpstreams()
	checkRemotes(r, errs)
	if err := f.mistakes(errs); err != nil {
		return nil, err
	}
	r.Warnings = append(r.Warnings, warn.Gateway(r.Config)...)
	return &Loaded{r.Config, path, &f.touched, func() (*Loaded, error) { return loadFrom(files, path, read) }}, nil
}

// Read reads the configuration in the file at path for another place than this
// machine, where something else than the files may be the source of what it
// names. The error is an [*Errors] with all mistakes; check finds those that are
// mistakes there, and adds them.
func Read(path string, wrap func(*Files) config.Source, check func(*config.Reading, *document.Errors)) (*config.Reading, error) {
	f := newFiles(path)
	errs := &document.Errors{}
	r := f.configuration(path, wrap(f), errs, readItself)
	if r.BuildRoutes(nil); r.Config != nil {
		check(r, errs)
	}
	return r, f.mistakes(errs)
}

func (f *Files) mistakes(errs *document.Errors) error {
	if errs.Len() == 0 {
		return nil
	}
	errs.Sort()
	return &Errors{errs, &f.touched}
}

// configuration reads the configuration in the file at path.
func (f *Files) configuration(path string, from config.Source, errs *document.Errors, read func(*Files, string) ([]byte, error)) *config.Reading {
	data, err := read(f, path)
	if err != nil {
		errs.Add(yamlfile.Unread(path).Whole(), "--config names another file", "it cannot be read: %v", err)
		return &config.Reading{}
	}
	file := yamlfile.Parse(path, 0, data, names(), errs)
	return config.Read(file, file.Root, from, errs)
}

var names = sync.OnceValue(func() *yamlfile.Names {
	secret, plain := config.Names()
	return &yamlfile.Names{Secret: secret, Plain: plain}
})

// checkRemotes refuses an issuer whose key set cannot be fetched.
func checkRemotes(r *config.Reading, errs *document.Errors) {
	if errs.Len() > 0 {
		return
	}
	for i := range r.Issuers {
		issuer := &r.Issuers[i]
		if issuer.Static != nil {
			continue
		}
		if _, err := remote.New(remote.Config{Issuer: issuer.Rules.Issuer, JWKSURI: issuer.JWKSURI, Algorithms: issuer.Algorithms, Importer: stdcrypto.Import}); err != nil {
			errs.Add(r.Root.Find("issuers").Items[i].Place, "", "%s", document.Detail(err))
		}
	}
}

// Routes implements [config.Source].
func (f *Files) Routes(folder string, others []string, errs *document.Errors) (all []tree.Node, faults []document.Fault) {
	found, wrong := f.routes(f.Locate(folder))
	found, wrong = f.withoutOthers(folder, others, found, wrong)
	for _, w := range wrong {
		faults = append(faults, document.Fault{What: gopath.Join(folder, w.path) + ": " + w.what, Remedy: w.remedy})
	}
	if len(found) == 0 && len(wrong) == 0 {
		faults = append(faults, *document.Faultf("add one: "+gopath.Join(folder, "_middleware"+tree.Extension), "folder %s holds no routes, so nothing would be let through", folder))
	}
	for i, file := range found {
		source := gopath.Join(folder, file.path)
		if file.err != nil {
			faults = append(faults, *document.Faultf("", "%s cannot be read: %v", source, file.err))
			continue
		}
		doc := yamlfile.Parse(source, i+1, file.data, names(), errs)
		all = append(all, tree.Node{Path: strings.TrimSuffix(file.path, tree.Extension), Source: source, Node: doc.Root, Place: doc.Whole()})
	}
	return all, faults
}

// withoutOthers leaves out what lies in other folders within a folder.
func (f *Files) withoutOthers(folder string, others []string, found []routeSource, wrong []fault) ([]routeSource, []fault) {
	for _, other := range others {
		for _, at := range []func(string) string{f.Locate, f.resolve} { // a link is one way to the other folder
			within, err := filepath.Rel(at(folder), at(other))
			if err != nil || within == "." || !filepath.IsLocal(within) {
				continue
			}
			inner := filepath.ToSlash(within) + "/"
			found = slices.DeleteFunc(found, func(r routeSource) bool { return strings.HasPrefix(r.path, inner) })
			wrong = slices.DeleteFunc(wrong, func(w fault) bool { return strings.HasPrefix(w.path+"/", inner) })
		}
	}
	return found, wrong
}

// resolve is Locate without symbolic links, where the file is on this machine.
func (f *Files) resolve(name string) string {
	at := f.Locate(name)
	if f.fsys == nil {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return real
		}
	}
	return at
}

// routes lists a routes folder, and remembers what it held.
func (f *Files) routes(folder string) ([]routeSource, []fault) {
	if f.fsys != nil {
		sub, err := fs.Sub(f.fsys, folder)
		if err != nil {
			return nil, []fault{{what: "it cannot lie there", remedy: "name a folder beside the file"}}
		}
		return listIn(sub)
	}
	found, wrong := listRoutes(folder)
	f.touched.noteFolder(folder, found, wrong)
	return found, wrong
}

func newFiles(path string) *Files { return &Files{dir: filepath.Dir(path)} }
