package door_test

import (
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/cloudflare/door"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
)

// handler is a Worker without a runtime, for decisions that need none.
func handler(t testing.TB, configuration string) runtime.Handler {
	t.Helper()
	c, err := door.ParseConfiguration(configuration, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := door.NewSystem(c, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s.Handle
}

// TestTheRestOfNothing: functions/q/[[path]].js answers /q, and before
// functions/q/index.js does.
func TestTheRestOfNothing(t *testing.T) {
	handle := handler(t, `{"pages": true, "routes": {"_middleware": {"authenticate": []}, "q/[[path]]": {"authenticate": ["bearer"]}}}`)
	for _, path := range []string{"/q", "/q/", "/Q", "/q/a", "/q/a/b/"} {
		if f := handle(t.Context(), runtime.Frame{"GET", "https://a.example" + path, "192.0.2.1", ""}); f[1] != "401" {
			t.Errorf("%s: %q, want 401", path, f[:2])
		}
	}
	if _, err := door.ParseConfiguration(`{"pages": true, "routes": {"q/index": {"authenticate": []}, "q/[[path]]": {"authenticate": ["bearer"]}}}`, nil); err == nil {
		t.Error("an open index beside a rest that is closed, and answers in its place")
	}
}

const cased = `"routes": {
	"_middleware": {"authenticate": []}, "API/_middleware": {"authenticate": ["bearer"]},
	"open/[id]": {"authenticate": ["bearer"]}, "open/admin": {"authenticate": []}}`

// TestPagesIgnoresCase: what runs a function of Pages, whatever the spelling, has
// passed the function's own route.
func TestPagesIgnoresCase(t *testing.T) {
	pages, plain := handler(t, `{"pages": true, `+cased+`}`), handler(t, `{`+cased+`}`)
	for _, row := range []struct{ rule, path, pages, plain, forwarded string }{
		{"as the route is written", "/API/x", "401", "401", ""},
		{"in lower case", "/api/x", "401", "forward", ""},
		{"in any case", "/aPi", "401", "forward", ""},
		{"what is forwarded keeps its case", "/Other/X?Y=Z", "forward", "forward", "/Other/X?Y=Z"},
		{"an open name in another case", "/OPEN/Admin", "forward", "forward", "/OPEN/Admin"},
		{"a letter beyond ASCII with case", "/%C3%84", "400", "forward", ""},
		{"a letter that folds into ASCII", "/ap%C4%B1", "400", "forward", ""},
		{"the Kelvin sign", "/%E2%84%AA", "400", "forward", ""},
		{"letters without case", "/API/%E6%97%A5%e6%9c%ac", "401", "401", ""},
		{"a letter that is encoded, so no function's name", "/open/%61dmin", "400", "forward", ""},
		{"a sign that is encoded", "/open/%40", "400", "401", ""},
		{"what has to be encoded", "/a%20b", "forward", "forward", "/a%20b"},
		{"percent signs in the query", "/x?%61", "forward", "forward", "/x?%61"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			for name, h := range map[string]struct {
				handle runtime.Handler
				want   string
			}{"Pages": {pages, row.pages}, "a Worker": {plain, row.plain}} {
				f := h.handle(t.Context(), runtime.Frame{"GET", "https://a.example" + row.path, "192.0.2.1", ""})
				got := f[0]
				if got == "respond" {
					got = f[1]
				}
				if got != h.want {
					t.Errorf("%s: %s, want %s", name, got, h.want)
				}
				if got == "forward" && row.forwarded != "" && f[2] != row.forwarded {
					t.Errorf("%s: forwarded as %s, want %s", name, f[2], row.forwarded)
				}
			}
		})
	}
}

func TestTwoSpellingsAreOneInPages(t *testing.T) {
	for _, pages := range []string{"true", "false"} {
		_, err := door.ParseConfiguration(`{"pages": `+pages+`, "routes": {"Twin": {"authenticate": []}, "twin": {"authenticate": ["bearer"]}}}`, nil)
		if (err != nil) != (pages == "true") {
			t.Errorf("pages %s: %v", pages, err)
		}
	}
}
