package translation_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/edgeward/edgeward/internal/wire/page"
	"github.com/edgeward/edgeward/internal/wire/page/translation"
)

var place = regexp.MustCompile(`\{[^}]*\}`)

// messages reads a catalogue, strictly.
func messages(t *testing.T, tag, catalogue string) (names []string, texts map[string]string) {
	t.Helper()
	texts = map[string]string{}
	for line := range strings.Lines(catalogue) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, text, found := strings.Cut(line, ": ")
		if _, twice := texts[name]; !found || twice || text == "" || strings.TrimSpace(text) != text || strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("%s: %q is no message, or is there twice", tag, line)
		}
		if rest := place.ReplaceAllString(text, ""); strings.ContainsAny(rest, "{}<>") {
			t.Errorf("%s: %s: a brace that is alone, or markup: %q", tag, name, text)
		}
		texts[name], names = text, append(names, name)
	}
	return names, texts
}

func places(text string) []string {
	found := place.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// Every language has every message of English, no other one, and the same places in
// each: what is missing would be English on a page in another language.
func TestEveryLanguageHasEveryMessage(t *testing.T) {
	own, err := os.ReadFile("../en.txt")
	if err != nil {
		t.Fatal(err)
	}
	names, english := messages(t, "en", string(own))
	if len(translation.Tags()) < 5 || len(names) < 50 {
		t.Fatalf("%d messages in %v", len(names), translation.Tags())
	}
	for _, tag := range translation.Tags()[1:] {
		_, texts := messages(t, tag, translation.Catalogue(tag))
		for _, name := range names {
			text, there := texts[name]
			if !there {
				t.Errorf("%s: %s is missing", tag, name)
				continue
			}
			if got, want := places(text), places(english[name]); !slices.Equal(got, want) {
				t.Errorf("%s: %s has the places %v, want %v", tag, name, got, want)
			}
			delete(texts, name)
		}
		for name := range texts {
			t.Errorf("%s: %s is no message of English", tag, name)
		}
		if got := len(strings.Fields(page.NewLanguage(tag, translation.Catalogue(tag)).Text("months"))); got != 12 {
			t.Errorf("%s: %d months", tag, got)
		}
	}
}

func TestAnUnknownLanguageHasNoCatalogue(t *testing.T) {
	for _, tag := range []string{"", "en", "xx", "../page/en", "de.txt"} {
		if translation.Catalogue(tag) != "" {
			t.Errorf("%q has one", tag)
		}
	}
}
