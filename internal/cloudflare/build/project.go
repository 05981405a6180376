package build

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/cloudflare/build/wrangler"
	"github.com/edgeward/edgeward/internal/cloudflare/driver"
)

// objectsScript is what the Worker that defines the Durable Objects for Pages is
// called.
const objectsScript = "edgeward-objects"

// A projectError says what keeps Edgeward from running in a project.
type projectError struct{ found []wrangler.Finding }

// Error implements error. It has a line for each finding and what to do below it.
func (e *projectError) Error() string {
	var b strings.Builder
	b.WriteString("as it is, Edgeward does not run in this project or does not work:")
	for _, f := range e.found {
		b.WriteString("\n  " + f.What + "\n    → " + indented(f.Remedy))
	}
	return b.String()
}

// indented puts the lines of a stanza below its first one, apart from it.
func indented(remedy string) string {
	first, stanza, several := strings.Cut(strings.TrimRight(remedy, "\n"), "\n")
	if !several {
		return first
	}
	return first + "\n\n      " + strings.ReplaceAll(stanza, "\n", "\n      ") + "\n"
}

// inspect looks for what lets requests pass by Edgeward, and returns what is only
// worth a look.
func (d *Deployment) inspect(p *Configuration) ([]string, error) {
	i := &wrangler.Inspection{Folder: d.folder, Public: p.Opens, Paths: p.Paths, Private: []string{d.config, p.KeyRing, d.below(d.modules())}}
	if p.Remember {
		i.Bindings.Objects = objectBinding
	}
	if p.Copies {
		i.Bindings.Cache = cacheBinding
	}
	var found []wrangler.Finding
	var err error
	if d.pages {
		i.Bindings.Script, i.Middleware = objectsScript, d.made
		found, err = i.Pages()
	} else {
		found, err = i.Worker(driver.Worker)
	}
	if err != nil {
		return nil, err
	}
	var warnings []string
	for _, f := range found {
		if !f.Around {
			warnings = append(warnings, f.What+"\n    → "+indented(f.Remedy))
		}
	}
	found = slices.DeleteFunc(found, func(f wrangler.Finding) bool { return !f.Around })
	if len(found) > 0 {
		return nil, &projectError{found}
	}
	return warnings, nil
}

// ownMiddleware begins every middleware that we make.
const ownMiddleware = "// Made by edgeward worker build.\n"

// middleware is what functions/_middleware.js holds.
func (d *Deployment) middleware() []byte {
	from := "\"../" + modulesFolder + "/" + driver.Pages + "\";\n"
	if d.chain == "" {
		return []byte(ownMiddleware + "export { onRequest } from " + from)
	}
	return []byte(ownMiddleware + "import { onRequest as edgeward } from " + from +
		"import { onRequest as next } from " + strconv.Quote("../"+d.chain) + ";\n\nexport const onRequest = [edgeward].concat(next);\n")
}

var chained = regexp.MustCompile(`import \{ onRequest as next \} from "\.\./([^"\\]+)";`)

// chainOf returns what a middleware of ours has run behind it, "" for nothing.
func chainOf(text []byte) string {
	m := chained.FindSubmatch(text)
	if m == nil || !strings.HasPrefix(string(text), ownMiddleware) {
		return ""
	}
	return string(m[1])
}

// checkChain wants the project's own middleware to be a module that runs behind
// ours and nowhere else.
func (d *Deployment) checkChain() error {
	if d.chain == "" {
		return nil
	}
	d.chain = path.Clean(filepath.ToSlash(d.chain))
	folder, _, _ := strings.Cut(d.chain, "/")
	const hint = "move the middleware to a file of its own beside functions/, such as middleware.ts"
	switch {
	case !d.pages:
		return ui.Advise("name it with --pages", "--chain is for Pages")
	case path.IsAbs(d.chain) || filepath.IsAbs(d.chain):
		return ui.Advise("for example: --chain middleware.ts", "--chain %s is absolute: name the module relative to the folder of the project", d.chain)
	case !filepath.IsLocal(filepath.FromSlash(d.chain)) || strings.ContainsAny(d.chain, "\"\\\n"):
		return ui.Advise(hint, "--chain %s is not in the project", d.chain)
	case folder == "functions" || folder == modulesFolder:
		return ui.Advise(hint, "--chain %s is in %s/, where it would run for other paths, too, or be replaced", d.chain, folder)
	}
	text, err := os.ReadFile(d.below(d.chain))
	if err != nil {
		return err
	}
	if err := checkMiddleware(string(text)); err != nil {
		return fmt.Errorf("%s: %w", d.below(d.chain), err)
	}
	return nil
}

// checkMade wants what worker build makes to be there.
func (d *Deployment) checkMade() error {
	hint := "run edgeward worker build first, with the same --out and --pages"
	if _, err := os.Stat(d.below(path.Join(d.modules(), ownMark))); err != nil {
		return ui.Advise(hint, "%s holds nothing that edgeward worker build made", d.below(d.modules()))
	}
	if _, err := os.Stat(d.configFile()); err != nil {
		return ui.Advise(hint, "there is no file of wrangler's for %s, so what it would deploy is unknown", d.folder)
	}
	if !d.pages {
		return nil
	}
	text, err := os.ReadFile(d.below(middleware))
	if err != nil {
		return ui.Advise(hint, "there is no %s, so Edgeward does not run", d.below(middleware))
	}
	d.chain = chainOf(text)
	d.made = d.middleware()
	return d.checkChain()
}

// checkCurrent wants what is there to be what worker build would make now. What
// was made of an older configuration would let in whom the routes now refuse.
func (d *Deployment) checkCurrent(p *Configuration) error {
	if err := d.fill(p, nil); err != nil {
		return err
	}
	for _, f := range d.files {
		if f.data == nil || f.path == middleware || path.Ext(f.path) == ".toml" { // the module takes Go to make
			continue
		}
		there, err := os.ReadFile(d.below(f.path))
		if err == nil && bytes.Equal(there, f.data) {
			continue
		}
		return ui.Advise("run edgeward worker build again, with the same --config, --out and --pages",
			"%s is not what this version of edgeward makes of this configuration, so what would be deployed decides otherwise", d.below(f.path))
	}
	return nil
}

// configFile is the configuration file of the folder, there or to be made.
func (d *Deployment) configFile() string {
	find := wrangler.In
	if d.pages {
		find = wrangler.Deployed
	}
	if file, err := find(d.folder); err == nil && file != "" {
		return file
	}
	return d.below(wranglerFile)
}

// PrintVerdict says that nothing was found.
func (d *Deployment) PrintVerdict(w io.Writer, p ui.Paint, warnings []string) {
	fmt.Fprintf(w, "%s nothing in %s lets requests pass by Edgeward\n", p.Green("✓"), p.Bold(d.folder))
	ui.Warnings(w, p, warnings)
}
