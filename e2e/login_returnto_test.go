package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/login"
)

// Row 25: whatever is accepted as a page of ours is one to a browser, too, which
// reads URLs by rules of its own (WHATWG URL). The browser judges both what the
// client wrote and what the redirect will say.
func TestABrowserAgreesWhereToReturnTo(t *testing.T) {
	t.Parallel()
	const origin = "https://app.example"
	type pair struct{ Raw, Target string }
	var accepted []pair
	for _, raw := range append(disguises, scrambled(20_000)...) {
		if target, err := login.ReturnTo(raw, origin, nil); err == nil {
			accepted = append(accepted, pair{raw, target})
		}
	}
	t.Logf("%d accepted", len(accepted))
	if len(accepted) < 500 {
		t.Fatal("too few are accepted for the test to say anything")
	}
	all, err := json.Marshal(accepted)
	if err != nil {
		t.Fatal(err)
	}
	b := newProfile(t).tab()
	wrong := script[[]pair](b, `(all => all.filter(({Raw, Target}) => [Raw, Target].some(x =>
		['/', '/auth/callback?code=1', '/deep/er/page'].some(base => new URL(x, '`+origin+`' + base).origin !== '`+origin+`'))))(`+string(all)+`)`)
	for _, w := range wrong {
		t.Errorf("%q, returned to as %q, is another origin to a browser", w.Raw, w.Target)
	}
	// The judge itself: to a browser, these are elsewhere.
	elsewhere := script[int](b, `['//evil.example', '/\\evil.example', '/\t/evil.example', 'https:/\\evil.example'].filter(x => new URL(x, '`+origin+`').host === 'evil.example').length`)
	if elsewhere != 4 {
		t.Errorf("the browser reads %d of 4 as another origin", elsewhere)
	}
}

// disguises are what is known to have passed somewhere.
var disguises = []string{
	"/", "/a?b=c", "https://app.example/a", "//evil.example", `/\evil.example`, `\\evil.example`, `/\/evil.example`, "///evil.example", "////evil.example",
	"/%09/evil.example", "/\t/evil.example", "\t//evil.example", "/\n/evil.example", "\r\n//evil.example", " //evil.example", "\x00//evil.example", "\x01/evil",
	"https:evil.example", "https:/evil.example", "https:///evil.example", "HTTPS://evil.example", "javascript:alert(1)", "data:text/html,x", "blob:https://app.example/x",
	"https://app.example@evil.example/", "https://app.example:443@evil.example/", "https://app.example.evil.example/", "https://app.examplé/", "https://app.example:444/",
	"https://app.example\\@evil.example/", "https://app.example/../..//evil.example", "/..//evil.example", "/.//evil.example", "/a/..//evil.example", "/%2e%2e//evil.example",
	"/%2f/evil.example", "/%2fevil.example", "/%5cevil.example", "/%252fevil.example", "/.%09/evil", "/;//evil.example", "/a;/..//evil.example", "/?//evil.example", "/#//evil.example",
	"//[::1]/", "//evil%E3%80%82example", "/\u3000/evil", "/\u2028/evil", "／／evil.example", "/\uff0fevil.example", "〱evil.example", "@evil.example", "./evil", "../evil", "?x=1", "evil",
}

// scrambled returns strings made of what URL parsers stumble over, the same ones
// each time.
func scrambled(n int) []string {
	pieces := []string{
		"/", "/", "/", "/", "\\", "//", "@", ":", "?", "#", ";", ".", "..", "%", "%2f", "%5c", "%09", "%0a", "%00", "%2e", "%252f", "%E3%80%82", "\t", "\n", "\r", " ", "\x00", "\x7f",
		"\u00a0", "\u200b", "\u2028", "\ufeff", "。", "／", "＼", "é", "\xff", "a", "page", "evil.example", "app.example", "https:", "https://", "http://", "https://app.example", "javascript:", "[", "]", "&x=1", "=", "*", "'", "\"", "<", "|",
	}
	random := rand.New(rand.NewPCG(4, 25))
	all := make([]string, n)
	for i := range all {
		var b strings.Builder
		if random.IntN(2) == 0 {
			b.WriteString("/")
		}
		for range 1 + random.IntN(6) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		all[i] = b.String()
	}
	return all
}
