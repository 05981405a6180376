package canonical_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

func TestRewrite(t *testing.T) {
	for _, row := range []struct {
		path, strip, add string
		ignoreCase       bool
		to, stripped     string
	}{
		{path: "/app/x", to: "/app/x"},
		{path: "/app/x", strip: "/", add: "/", to: "/app/x"},
		{path: "/app/x", strip: "/app", to: "/x", stripped: "/app"},
		{path: "/app", strip: "/app", to: "/", stripped: "/app"},
		{path: "/app/", strip: "/app", to: "/", stripped: "/app"},
		{path: "/apple", strip: "/app", to: "/apple"},
		{path: "/", strip: "/app", to: "/"},
		{path: "/App/x", strip: "/app", to: "/App/x"},
		{path: "/App/x", strip: "/app", ignoreCase: true, to: "/x", stripped: "/App"},
		{path: "/a\u017fp/x", strip: "/asp", ignoreCase: true, to: "/a\u017fp/x"}, // a long s is none, whatever Unicode folds
		{path: "/é/x", strip: "/é", to: "/x", stripped: "/é"},
		{path: "/x", add: "/v2", to: "/v2/x"},
		{path: "/", add: "/v2", to: "/v2/"},
		{path: "/app", strip: "/app", add: "/v2", to: "/v2", stripped: "/app"},
		{path: "/app/x/", strip: "/app", add: "/v2", to: "/v2/x/", stripped: "/app"},
		{path: "/app/app/x", strip: "/app", to: "/app/x", stripped: "/app"},
	} {
		f := &edgeward.Forwarding{StripPrefix: row.strip, AddPrefix: row.add, IgnoreCase: row.ignoreCase}
		if to, stripped, err := canonical.Rewrite(row.path, f); to != row.to || stripped != row.stripped || err != nil {
			t.Errorf("%+v: %q, %q, %v", row, to, stripped, err)
		}
	}
	if to, _, err := canonical.Rewrite("/x", nil); to != "/x" || err != nil {
		t.Errorf("without a forwarding: %q, %v", to, err)
	}
}

// Row 39: what is forwarded is looked at again, whichever rule made it.
func TestARewrittenPathHasOneReading(t *testing.T) {
	for rule, f := range map[string]edgeward.Forwarding{
		"dot segments":      {AddPrefix: "/a/.."},
		"a double slash":    {AddPrefix: "//evil.example"},
		"no slash":          {AddPrefix: "v2"},
		"a slash encoded":   {AddPrefix: "/a%2fb"},
		"an encoded dot":    {AddPrefix: "/%2e%2e"},
		"a query":           {AddPrefix: "/a?b"},
		"too long":          {AddPrefix: "/" + strings.Repeat("a", canonical.MaxPath)},
		"half of a segment": {StripPrefix: "/app/x/.", AddPrefix: "/."},
	} {
		if to, _, err := canonical.Rewrite("/app/x", &f); !errors.Is(err, edgeward.MalformedRequest) {
			t.Errorf("%s: %q, %v", rule, to, err)
		}
	}
}

func FuzzRewrite(f *testing.F) {
	f.Add("/app/x", "/app", "/v2", false)
	f.Add("/App%2e/x", "/app.", "", true)
	f.Fuzz(func(t *testing.T, raw, strip, add string, ignoreCase bool) {
		path, err := canonical.Path(raw)
		if err != nil {
			return
		}
		to, stripped, err := canonical.Rewrite(path, &edgeward.Forwarding{StripPrefix: strip, AddPrefix: add, IgnoreCase: ignoreCase})
		if err != nil {
			return
		}
		if again, err := canonical.Path(canonical.EscapePath(to)); err != nil || again != to {
			t.Errorf("%q becomes %q, and then %q, %v", path, to, again, err)
		}
		if !strings.HasPrefix(path, stripped) || stripped != "" && !strings.EqualFold(stripped, strings.TrimSuffix(strip, "/")) {
			t.Errorf("of %q, %q was stripped for %q", path, stripped, strip)
		}
	})
}
