package build

import (
	"fmt"
	"io"
	"strings"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/cloudflare/door"
)

// Print says what there is and what is left to do.
func (d *Deployment) Print(w io.Writer, p ui.Paint, made *Configuration) {
	fmt.Fprintf(w, "%s %s is ready for wrangler: %d files, %s gzipped\n", p.Green("✓"), p.Bold(d.folder), len(d.files), megabytes(d.packed()))
	ui.Warnings(w, p, made.Warnings)
	ui.Section(w, p, "once", func(t io.Writer) { d.printOnce(t, made) })
	ui.Section(w, p, "every time", func(t io.Writer) {
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
func (d *Deployment) printOnce(t io.Writer, made *Configuration) {
	if len(made.Hosts) > 0 {
		what := "routes in " + d.configFile()
		if d.pages {
			what = "custom domains of the project"
		}
		fmt.Fprintf(t, "  %s\tfor %s\n", what, strings.Join(made.Hosts, ", "))
	}
	if made.Copies {
		fmt.Fprintf(t, "  %s\twrite its id into %s\n", d.wrangler("kv namespace create "+cacheBinding), d.configFile())
	}
	for _, name := range made.Secrets {
		from, what := "", "it asks for the value"
		if name == door.KeyRingSecret {
			from, what = " < "+shellWord(made.KeyRing), "the key ring"
		}
		fmt.Fprintf(t, "  %s\t%s\n", d.wrangler(d.secretCommand(name))+from, what)
	}
	if made.Remember {
		fmt.Fprintf(t, "  %s\tonly if a back end uses /v1: 32 bytes or more\n", d.wrangler(d.secretCommand(door.AdminSecret)))
	}
	if d.pages && made.Remember {
		fmt.Fprintf(t, "  npx wrangler deploy --config %s\tbefore the project: it defines the Durable Objects\n", shellWord(d.below(objectsFolder+"/"+wranglerFile)))
	}
}

// secretCommand is what wrangler calls giving a secret.
func (d *Deployment) secretCommand(name string) string {
	if d.pages {
		return "pages secret put " + name
	}
	return "secret put " + name
}

// wrangler returns a line for the shell. A Worker's file is named: without that
// wrangler prefers a wrangler.jsonc of a folder above, and deploys that project.
// For Pages it takes no such name.
func (d *Deployment) wrangler(command string) string {
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
