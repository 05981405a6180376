package policy

import (
	"strings"
	"testing"
)

func TestSizes(t *testing.T) {
	for text, bytes := range map[string]int64{"1B": 1, "512KiB": 512 << 10, "10MiB": 10 << 20, "2GiB": 2 << 30, "1024GiB": MaxSize, "10kB": 10_000, "10MB": 10_000_000, "3GB": 3_000_000_000} {
		if got, ok := ParseSize(text); got != bytes || !ok {
			t.Errorf("%s: %d, %t", text, got, ok)
		}
		if again, ok := ParseSize(SizeText(bytes)); again != bytes || !ok {
			t.Errorf("%s is shown as %s", text, SizeText(bytes))
		}
	}
	for _, text := range []string{"", "10", "B", "0B", "00MiB", "01MiB", "-1MiB", "+1MiB", "1.5MiB", "1 MiB", "10M", "10mb", "10KB", "10mib", "1025GiB", "9999999999999GiB", "1TiB", "1MiBB", "0x1B", "1_0B"} {
		if got, ok := ParseSize(text); ok {
			t.Errorf("%s is %d", text, got)
		}
	}
	for bytes, text := range map[int64]string{1: "1B", 1000: "1kB", 1024: "1KiB", 10 << 20: "10MiB", MaxSize: "1024GiB", 1537: "1537B"} {
		if got := SizeText(bytes); got != text {
			t.Errorf("%d: %s, want %s", bytes, got, text)
		}
	}
}

func TestPrefixesHaveOneSpelling(t *testing.T) {
	for _, s := range []Statement{Public().StripPrefix("/app"), Public().StripPrefix("/"), Public().StripPrefix(""), Public().AddPrefix("/v2/é"), Public().AddPrefix("/a b")} {
		if _, err := Build([]File{{Path: "a", Statement: s}}); err != nil {
			t.Error(err)
		}
	}
	for prefix, part := range map[string]string{
		"app": "no path", "/app/": "write /app,", "//app": "no path", "/a/../b": "no path", "/a%2fb": "no path", "/%61": "no path", "/a;b": "no path", "/a?b": "no path", "/a#b": "no path", "/\x00": "no path",
	} {
		for key, s := range map[string]Statement{"strip_prefix": Public().StripPrefix(prefix), "add_prefix": Public().Method("GET", Statement{}.AddPrefix(prefix))} {
			if _, err := Build([]File{{Path: "a", Statement: s}}); err == nil || !strings.Contains(err.Error(), part) || !strings.Contains(err.Error(), key+": ") {
				t.Errorf("%s %q: %v", key, prefix, err)
			}
		}
	}
	for _, s := range []Statement{Public().Timeout(-1), Public().MaxBody(-1)} {
		if _, err := Build([]File{{Path: "a", Statement: s}}); err == nil {
			t.Error("a negative bound is taken")
		}
	}
}

// Where the tree ignores case, so does what is removed of the path.
func TestAPrefixIgnoresCaseWhereTheRouteDoes(t *testing.T) {
	tree, err := Build([]File{{Path: "_middleware", Statement: Public().IgnoreCase(true)}, {Path: "app/_middleware", Statement: Statement{}.StripPrefix("/app")}})
	if err != nil {
		t.Fatal(err)
	}
	if route, ok := tree.Lookup("GET", "/APP/x"); !ok || !route.Forwarding.IgnoreCase || route.Forwarding.StripPrefix != "/app" {
		t.Errorf("%+v", route)
	}
}
