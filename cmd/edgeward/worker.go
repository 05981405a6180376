package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/config"
	"github.com/edgeward/edgeward/worker"
)

func newWorker() *cobra.Command {
	return inGroup("run", group("worker", "Deploy to Cloudflare", newWorkerBuild()))
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
ignores the case of a path, so there the routes do, too.

Nothing is written unless all of it is sound. wrangler.toml is yours: once it is
there, it is left alone. A folder that this command did not make is not touched
without --force.

The WebAssembly module is built with the go command, or taken from --wasm.

Exit status: 0 it is written, 2 it is not.`,
		Example: `  edgeward worker build
  edgeward worker build --config edge.yaml --out deploy/edge
  edgeward worker build --pages --out .     in a Pages project, beside functions/ and public/`,
	}
	path := withConfig(cmd)
	var b building
	cmd.Flags().StringVar(&b.out, "out", "", "`folder` to write (default "+workerFolder+", with --pages the current one)")
	cmd.Flags().BoolVar(&b.pages, "pages", false, "make a middleware for a Pages project")
	cmd.Flags().StringVar(&b.wasm, "wasm", "", "`file` with the WebAssembly module; without it, it is built")
	cmd.Flags().BoolVar(&b.force, "force", false, "replace what this command did not make")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		load := config.LoadPortable
		if b.pages {
			load = config.LoadPages
		}
		p, err := load(*path)
		if err != nil {
			return unlessMissing(*path, err)
		}
		d, err := b.deploy(cmd.Context(), p)
		if err != nil {
			return err
		}
		d.print(cmd.OutOrStdout(), painter(cmd.OutOrStdout()), p)
		return nil
	}
	return cmd
}

// A building is what the flags ask for.
type building struct {
	out, wasm    string
	pages, force bool
}

// deploy writes the folder.
func (b *building) deploy(ctx context.Context, p *config.Portable) (*deployment, error) {
	if b.out == "" && b.pages {
		b.out = pagesFolder
	} else if b.out == "" {
		b.out = workerFolder
	}
	d := &deployment{folder: b.out, pages: b.pages}
	if err := d.check(b.force); err != nil { // before the long wait for the module
		return nil, err
	}
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
func (d *deployment) print(w io.Writer, p paint, made *config.Portable) {
	fmt.Fprintf(w, "%s %s is ready for wrangler: %d files, %s gzipped\n", p.green("✓"), p.bold(d.folder), len(d.files), megabytes(d.packed()))
	printWarnings(w, p, append(made.Warnings, d.unbound(made)...))
	section(w, p, "once", func(t io.Writer) { d.printOnce(t, made) })
	section(w, p, "every time", func(t io.Writer) {
		deploy := "deploy"
		if d.pages {
			deploy = "pages deploy"
		}
		fmt.Fprintf(t, "  %s\n", d.wrangler(deploy))
	})
}

// printOnce says how the bindings and the secrets come to be.
func (d *deployment) printOnce(t io.Writer, made *config.Portable) {
	if made.Copies {
		fmt.Fprintf(t, "  %s\twrite its id into wrangler.toml\n", d.wrangler("kv namespace create "+config.CacheBinding))
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
		fmt.Fprintf(t, "  npx wrangler --cwd %s deploy\tbefore the project: it defines the Durable Objects\n", shellWord(d.below(objectsFolder)))
	}
}

// secretCommand is what wrangler calls giving a secret.
func (d *deployment) secretCommand(name string) string {
	if d.pages {
		return "pages secret put " + name
	}
	return "secret put " + name
}

// wrangler returns a line for the shell.
func (d *deployment) wrangler(command string) string {
	if d.folder == "." {
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
