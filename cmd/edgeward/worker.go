package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cloudflare/build"
	"github.com/edgeward/edgeward/internal/cloudflare/worker"
)

func newWorker() *cobra.Command {
	return inGroup("run", group("worker", "Deploy to Cloudflare", newWorkerBuild(), newWorkerCheck()))
}

// Where a deployment goes unless --out says otherwise: a Worker is a folder of
// its own, in Pages it joins a project.
const (
	workerFolder = "edgeward-worker"
	pagesFolder  = "."
)

func newWorkerBuild() *cobra.Command {
	cmd := &cobra.Command{
		Use: "build", Args: exactly(),
		Short: "Make a folder that wrangler deploys",
		Long: `Make of the configuration a folder that "wrangler deploy" takes: the engine as
WebAssembly, the modules around it, the routes and public keys. No secret has to
be set here and none is written: the Worker gets them by "wrangler secret put",
and the lines to do that with are printed.

With --pages it is a middleware in front of a Pages project. A Pages project
cannot define Durable Objects, so a Worker that does is made beside it. Pages
ignores the case of a path, so there the routes do, too. A middleware that the
project has itself runs behind Edgeward with --chain.

Nothing is written unless all of it is sound, nor where requests would pass by
Edgeward: see "edgeward worker check". wrangler.toml is yours: once it, or a
wrangler.json or wrangler.jsonc in its place, is there, it is left alone. A folder
that this command did not make is not touched without --force.

The WebAssembly module is built with the go command, or taken from --wasm.

Exit status: 0 it is written, 2 it is not.`,
		Example: `  edgeward worker build
  edgeward worker build --config edge.yaml --out deploy/edge
  edgeward worker build --pages --out .     in a Pages project, beside functions/ and public/
  edgeward worker build --pages --chain middleware.ts`,
	}
	path := withConfig(cmd)
	var b building
	b.flags(cmd)
	cmd.Flags().StringVar(&b.chain, "chain", "", "the project's own middleware, a `module` in a Pages project that exports onRequest, to run behind Edgeward")
	cmd.Flags().StringVar(&b.wasm, "wasm", "", "`file` with the WebAssembly module; without it, it is built")
	cmd.Flags().BoolVar(&b.force, "force", false, "replace what this command did not make")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		p, err := b.load(*path)
		if err != nil {
			return err
		}
		d, err := b.deploy(cmd.Context(), *path, p)
		if err != nil {
			return err
		}
		d.print(cmd.OutOrStdout(), painter(cmd.OutOrStdout()), p)
		return nil
	}
	return cmd
}

func newWorkerCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use: "check", Args: exactly(),
		Short: "Look for what lets requests pass by Edgeward in a wrangler project",
		Long: `Look at a folder that "edgeward worker build" has made, as wrangler would deploy
it, for what has requests answered without Edgeward, or has it not work:

  another functions/_middleware of the whole project, in any extension, or a link
  in the place of Edgeward's
  a _worker.js in the folder that the project's build writes
  a _routes.json there that excludes more than the routes let everybody at
  static [assets] that are served before the Worker, or another main
  a wrangler.json, wrangler.jsonc or redirect in the place of the file with
  Edgeward's bindings, and bindings that are not there
  routes of a Worker that are for one path or one scheme of a host
  the configuration, the key ring or the project itself among the files served
  modules and an edgeward.json that are of another configuration or version

A framework's build comes after "edgeward worker build" and may make any of these:
run this between the last build and the deployment.

Exit status: 0 nothing was found, 2 something was.`,
		Example: `  edgeward worker check
  npm run build && edgeward worker check --pages && npx wrangler pages deploy`,
	}
	path := withConfig(cmd)
	var b building
	b.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		p, err := b.load(*path)
		if err != nil {
			return err
		}
		d := b.deployment(*path)
		if err := d.checkMade(); err != nil {
			return err
		}
		if err := d.checkCurrent(p); err != nil {
			return err
		}
		warnings, err := d.inspect(p)
		if err != nil {
			return err
		}
		d.printVerdict(cmd.OutOrStdout(), painter(cmd.OutOrStdout()), warnings)
		return nil
	}
	return cmd
}

// A building is what the flags ask for.
type building struct {
	out, wasm, chain string
	pages, force     bool
}

// flags adds those that say which folder it is about.
func (b *building) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&b.out, "out", "", "`folder` of the deployment (default "+workerFolder+", with --pages the current one)")
	cmd.Flags().BoolVar(&b.pages, "pages", false, "it is a middleware for a Pages project")
}

func (b *building) load(path string) (*build.Configuration, error) {
	load := build.Load
	if b.pages {
		load = build.LoadPages
	}
	p, err := load(path)
	if err != nil {
		return nil, unlessMissing(path, err)
	}
	return p, nil
}

func (b *building) deployment(config string) *deployment {
	d := &deployment{config: config, folder: b.out, pages: b.pages, chain: b.chain}
	if d.folder == "" && d.pages {
		d.folder = pagesFolder
	} else if d.folder == "" {
		d.folder = workerFolder
	}
	return d
}

// deploy writes the folder.
func (b *building) deploy(ctx context.Context, path string, p *build.Configuration) (*deployment, error) {
	d := b.deployment(path)
	if err := d.checkChain(); err != nil {
		return nil, err
	}
	if err := d.check(b.force); err != nil { // before the long wait for the module
		return nil, err
	}
	warnings, err := d.inspect(p)
	if err != nil {
		return nil, err
	}
	p.Warnings = append(p.Warnings, warnings...)
	module, err := wasmModule(ctx, b.wasm)
	if err != nil {
		return nil, err
	}
	if err := d.fill(p, module); err != nil {
		return nil, err
	}
	return d, d.write(b.force)
}

// print says what there is and what is left to do.
func (d *deployment) print(w io.Writer, p paint, made *build.Configuration) {
	fmt.Fprintf(w, "%s %s is ready for wrangler: %d files, %s gzipped\n", p.green("✓"), p.bold(d.folder), len(d.files), megabytes(d.packed()))
	printWarnings(w, p, made.Warnings)
	section(w, p, "once", func(t io.Writer) { d.printOnce(t, made) })
	section(w, p, "every time", func(t io.Writer) {
		if !d.pages {
			fmt.Fprintf(t, "  %s\n", d.wrangler("deploy"))
			return
		}
		out := ""
		if d.folder != pagesFolder {
			out = " --out " + shellWord(d.folder)
		}
		fmt.Fprintf(t, "  edgeward worker check --pages%s\tafter the project's own build\n", out)
		fmt.Fprintf(t, "  %s\n", d.wrangler("pages deploy"))
	})
}

// printOnce says how the bindings and the secrets come to be.
func (d *deployment) printOnce(t io.Writer, made *build.Configuration) {
	if made.Copies {
		fmt.Fprintf(t, "  %s\twrite its id into %s\n", d.wrangler("kv namespace create "+build.CacheBinding), d.configFile())
	}
	for _, name := range made.Secrets {
		from, what := "", "it asks for the value"
		if name == worker.KeyRingSecret {
			from, what = " < "+shellWord(made.KeyRing), "the key ring"
		}
		fmt.Fprintf(t, "  %s\t%s\n", d.wrangler(d.secretCommand(name))+from, what)
	}
	if made.Remember {
		fmt.Fprintf(t, "  %s\tonly if a back end uses /v1: 32 bytes or more\n", d.wrangler(d.secretCommand(worker.AdminSecret)))
	}
	if d.pages && made.Remember {
		fmt.Fprintf(t, "  npx wrangler deploy --config %s\tbefore the project: it defines the Durable Objects\n", shellWord(d.below(objectsFolder+"/"+wranglerFile)))
	}
}

// secretCommand is what wrangler calls giving a secret.
func (d *deployment) secretCommand(name string) string {
	if d.pages {
		return "pages secret put " + name
	}
	return "secret put " + name
}

// wrangler returns a line for the shell. A Worker's file is named: without that
// wrangler prefers a wrangler.jsonc of a folder above, and deploys that project.
// For Pages it takes no such name.
func (d *deployment) wrangler(command string) string {
	switch {
	case !d.pages:
		return "npx wrangler " + command + " --config " + shellWord(d.configFile())
	case d.folder == pagesFolder:
		return "npx wrangler " + command
	}
	return "npx wrangler --cwd " + shellWord(d.folder) + " " + command
}

// shellWord quotes s for a POSIX shell where that is needed.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:@%", r)
	}
	if s != "" && strings.TrimFunc(s, plain) == "" && !strings.HasPrefix(s, "-") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func megabytes(n int) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
