package build

import (
	"context"
)

// Where a deployment goes unless Options say otherwise: a Worker is a folder of
// its own, in Pages it joins a project.
const (
	WorkerFolder = "edgeward-worker"
	pagesFolder  = "."
)

// Options say what is built, and where.
type Options struct {
	Folder string // "" is the usual one
	Wasm   string // a built module; "" has it built
	Chain  string // the project's own middleware in Pages, to run behind Edgeward
	Pages  bool   // a middleware in a Pages project, not a Worker
	Force  bool   // replace what was not made here
}

// Load reads the configuration at path as a Worker gets it.
func (o *Options) Load(path string) (*Configuration, error) {
	if o.Pages {
		return LoadPages(path)
	}
	return Load(path)
}

// deployment is the one of the configuration at path.
func (o *Options) deployment(path string) *Deployment {
	d := &Deployment{config: path, folder: o.Folder, pages: o.Pages, chain: o.Chain}
	if d.folder == "" && d.pages {
		d.folder = pagesFolder
	} else if d.folder == "" {
		d.folder = WorkerFolder
	}
	return d
}

// Deploy writes the folder for the configuration at path, which is p.
func (o *Options) Deploy(ctx context.Context, path string, p *Configuration) (*Deployment, error) {
	d := o.deployment(path)
	if err := d.checkChain(); err != nil {
		return nil, err
	}
	if err := d.check(o.Force); err != nil { // before the long wait for the module
		return nil, err
	}
	warnings, err := d.inspect(p)
	if err != nil {
		return nil, err
	}
	p.Warnings = append(p.Warnings, warnings...)
	module, err := wasmModule(ctx, o.Wasm)
	if err != nil {
		return nil, err
	}
	if err := d.fill(p, module); err != nil {
		return nil, err
	}
	return d, d.write(o.Force)
}

// Check looks at a folder that Deploy has made, as wrangler would deploy it. It
// returns what is only worth a look.
func (o *Options) Check(path string, p *Configuration) (d *Deployment, warnings []string, err error) {
	d = o.deployment(path)
	if err := d.checkMade(); err != nil {
		return nil, nil, err
	}
	if err := d.checkCurrent(p); err != nil {
		return nil, nil, err
	}
	warnings, err = d.inspect(p)
	return d, warnings, err
}
