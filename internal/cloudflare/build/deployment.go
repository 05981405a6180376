package build

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"text/template"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/cloudflare/driver"
)

//go:embed deploy
var deployTemplates embed.FS

const (
	// ownMark is a file that says that a folder is made by us.
	ownMark = ".edgeward-made"
	// modulesFolder holds the modules in a Pages project. What is below
	// functions/ would become routes.
	modulesFolder = "edgeward"
	// objectsFolder is the Worker that defines the Durable Objects for Pages.
	objectsFolder = modulesFolder + "/objects"
	middleware    = "functions/_middleware.js"
	// wranglerFile is the operator's to edit.
	wranglerFile = "wrangler.toml"
)

// A Deployment is a folder for wrangler.
type Deployment struct {
	config string // the path of the configuration
	folder string
	pages  bool
	chain  string // the project's own middleware, by path in a Pages project; "" for none
	made   []byte // what functions/_middleware.js has to hold; nil before it is written
	files  []deployed
}

// A deployed file. Its path is below the folder, with slashes.
type deployed struct {
	path   string
	data   []byte
	theirs bool // the operator's to edit: left alone when it is there
}

// modules returns the folder of the modules.
func (d *Deployment) modules() string {
	if d.pages {
		return modulesFolder
	}
	return "."
}

// below returns the path of a name in the folder.
func (d *Deployment) below(name string) string {
	return filepath.Join(d.folder, filepath.FromSlash(name))
}

func (d *Deployment) add(name string, data []byte) {
	d.files = append(d.files, deployed{path: name, data: data})
}

// fill makes the files.
func (d *Deployment) fill(p *Configuration, module []byte) error {
	own := d.modules()
	d.add(path.Join(own, ownMark), []byte("Made by edgeward worker build, which replaces what is in here.\n"))
	d.add(path.Join(own, "app.wasm"), module)
	d.add(path.Join(own, "edgeward.json"), p.JSON)
	if !d.pages {
		return errors.Join(d.addModules(driver.Pages), d.addTemplate("wrangler.toml", wranglerFile, p))
	}
	d.add(middleware, d.middleware())
	err := errors.Join(d.addModules(driver.Worker, driver.Objects), d.addTemplate("pages.toml", wranglerFile, p))
	if !p.Remember {
		return err
	}
	class, failed := driver.Modules.ReadFile(driver.Objects)
	d.add(objectsFolder+"/"+driver.Objects, class)
	d.add(objectsFolder+"/worker.mjs", objectsText)
	return errors.Join(err, failed, d.addTemplate("objects.toml", objectsFolder+"/wrangler.toml", p))
}

var objectsText = []byte("export { EdgewardStore } from \"./" + driver.Objects + "\";\n\nexport default { fetch: () => new Response(null, { status: 404 }) };\n")

// addModules adds the driver's modules but for some.
func (d *Deployment) addModules(but ...string) error {
	return fs.WalkDir(driver.Modules, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || slices.Contains(but, name) {
			return err
		}
		data, err := driver.Modules.ReadFile(name)
		d.add(path.Join(d.modules(), name), data)
		return err
	})
}

func (d *Deployment) addTemplate(from, to string, p *Configuration) error {
	page, err := template.ParseFS(deployTemplates, "deploy/"+from)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	err = page.Execute(&text, struct {
		Cache, Objects, Folder, Script string
		Hosts                          []string
		Remember, Copies               bool
	}{cacheBinding, objectBinding, modulesFolder, objectsScript, p.Hosts, p.Remember, p.Copies})
	if to != wranglerFile || d.configFile() == d.below(wranglerFile) { // what wrangler would not read only misleads
		d.files = append(d.files, deployed{to, text.Bytes(), to == wranglerFile})
	}
	return err
}

// packed is about what wrangler uploads, in bytes: everything, gzipped.
func (d *Deployment) packed() int {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for _, f := range d.files {
		_, _ = w.Write(f.data) // into memory
	}
	_ = w.Close()
	return b.Len()
}

// check refuses to replace what we did not make.
func (d *Deployment) check(force bool) error {
	if force {
		return nil
	}
	own := d.below(d.modules())
	entries, err := os.ReadDir(own)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	marked := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == ownMark })
	if len(entries) > 0 && !marked {
		return ui.Advise("choose another folder with --out, or replace what is in it with --force", "%s is there already, and this command did not make it", own)
	}
	if !d.pages {
		return nil
	}
	there, err := os.ReadFile(d.below(middleware))
	if errors.Is(err, fs.ErrNotExist) || err == nil && bytes.Equal(there, d.middleware()) {
		return nil
	}
	if err != nil {
		return err
	}
	if chain := chainOf(there); chain != "" {
		return ui.Advise("have it run on with --chain "+shellWord(chain)+", or lose it with --force", "%s runs %s behind Edgeward", d.below(middleware), chain)
	}
	if bytes.HasPrefix(there, []byte(ownMiddleware)) {
		return nil
	}
	return ui.Advise("move it out of functions/ and have it run behind Edgeward: --chain middleware.js, or lose it with --force",
		"%s is there already, and this command did not make it", d.below(middleware))
}

// write writes the files, each so that a reader sees the old one or the new one,
// and through no link that leads out of the folder.
func (d *Deployment) write(force bool) (err error) {
	if err := d.check(force); err != nil {
		return err
	}
	if err := os.MkdirAll(d.folder, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(d.folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, f := range d.files {
		if err := f.write(root); err != nil {
			return fmt.Errorf("%s: %w", d.below(f.path), err)
		}
	}
	return nil
}

func (f *deployed) write(root *os.Root) error {
	name := filepath.FromSlash(f.path)
	if _, err := root.Lstat(name); err == nil && f.theirs {
		return nil
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	fresh := name + ".new"
	if err := root.WriteFile(fresh, f.data, 0o644); err != nil {
		return err
	}
	return root.Rename(fresh, name)
}
