package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axe is the accessibility checker, which runs in the page.
var axe = sync.OnceValues(func() ([]byte, error) { return os.ReadFile("oidc/node_modules/axe-core/axe.min.js") })

// A finding is one rule of axe-core that a page breaks.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML, FailureSummary string }
}

// looks are how a page is looked at. Dark differs from light in its colours
// only.
var looks = []struct {
	name, scheme  string
	width, height int64
	rules         string // of axe-core, as JavaScript; "" is all
}{
	{"light", "light", 1280, 800, ""},
	{"dark", "dark", 1280, 800, "['color-contrast', 'link-in-text-block']"},
	{"phone", "light", 390, 844, "['target-size', 'scrollable-region-focusable', 'meta-viewport']"},
}

// audits checks the page that the tab shows, light and dark and on a phone: no
// serious finding, and nothing that has to be scrolled sideways. With
// EDGEWARD_SCREENSHOTS=DIR it leaves pictures there, name-light.png and so on.
func (b *tab) audits(name string) {
	b.t.Helper()
	b.loadAxe()
	for _, look := range looks {
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}})
		run(b, "resize", chromedp.EmulateViewport(look.width, look.height))
		for _, f := range b.findings(look.rules) {
			if f.Impact == "serious" || f.Impact == "critical" {
				b.t.Errorf("%s, %s: %s (%s): %s: %+v", name, look.name, f.ID, f.Impact, f.Help, f.Nodes)
			}
		}
		if over := script[int64](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
			b.t.Errorf("%s, %s: %d px have to be scrolled sideways", name, look.name, over)
		}
		b.picture(fmt.Sprintf("%s-%s.png", name, look.name))
	}
	run(b, "resize", chromedp.ResetViewport())
}

func (b *tab) loadAxe() {
	b.t.Helper()
	source, err := axe()
	if err != nil {
		missing(b.t, "npm's axe-core in e2e/oidc/node_modules")
	}
	run(b, "axe-core", chromedp.Evaluate[bool](string(source)+"; true"))
}

// findings runs rules of axe-core, "" for all, on the page.
func (b *tab) findings(rules string) []finding {
	b.t.Helper()
	only := ""
	if rules != "" {
		only = ", runOnly: " + rules
	}
	return script[[]finding](b, `axe.run(document, {preload: false, resultTypes: ['violations']`+only+`}).then(r => r.violations)`)
}

func (b *tab) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("EDGEWARD_SCREENSHOTS")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name), run(b, "picture", chromedp.FullScreenshot(100)), 0o644); err != nil {
		b.t.Error(err)
	}
}

// The checker itself has to see what is wrong, or its silence means nothing.
func TestTheAuditSeesWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := newProfile(t).tab()
	b.open("data:text/html,<title>x</title><img src=x><input>")
	b.loadAxe()
	seen := map[string]string{}
	for _, f := range b.findings("") {
		seen[f.ID] = f.Impact
	}
	if seen["image-alt"] != "critical" || seen["label"] != "critical" {
		t.Errorf("axe-core found %v", seen)
	}
}
