package form_test

import (
	"errors"
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/form"
)

func TestParse(t *testing.T) {
	for rule, row := range map[string]struct {
		text string
		want form.Form
		err  error
	}{
		"nothing":                     {"", form.Form{}, nil},
		"a name and a value":          {"a=b", form.Form{"a": "b"}, nil},
		"no value is an empty one":    {"a&b=", form.Form{"a": "", "b": ""}, nil},
		"only the first = separates":  {"a=b=c", form.Form{"a": "b=c"}, nil},
		"nothing between two &":       {"&a=b&&", form.Form{"a": "b"}, nil},
		"+ is a space":                {"a+b=c+d", form.Form{"a b": "c d"}, nil},
		"decoded once":                {"a=%2541%2b%2B", form.Form{"a": "%41++"}, nil},
		"any octet":                   {"a=%00%ff%26", form.Form{"a": "\x00\xff&"}, nil},
		"as much as there may be":     {"a=" + strings.Repeat("b", form.MaxSize-2), form.Form{"a": strings.Repeat("b", form.MaxSize-2)}, nil},
		"more than that":              {"a=" + strings.Repeat("b", form.MaxSize-1), nil, form.ErrSyntax},
		"too many":                    {strings.Repeat("&", 1000), nil, form.ErrSyntax},
		"twice":                       {"a=b&a=b", nil, form.ErrRepeated},
		"twice, once without a value": {"a&a=b", nil, form.ErrRepeated},
		"twice in two spellings":      {"a=b&%61=c", nil, form.ErrRepeated},
		"no name twice":               {"=a&=b", nil, form.ErrRepeated},
		"a semicolon":                 {"a=b;c=d", nil, form.ErrSyntax},
		"half an escape":              {"a=%4", nil, form.ErrSyntax},
		"no hexadecimal digits":       {"a=%zz", nil, form.ErrSyntax},
		"a broken name":               {"%=a", nil, form.ErrSyntax},
	} {
		got, err := form.Parse(row.text)
		if !maps.Equal(got, row.want) || !errors.Is(err, row.err) || err != nil && (got != nil || !errors.Is(err, edgeward.MalformedRequest)) {
			t.Errorf("%s: %q, %v", rule, got, err)
		}
	}
}

func TestHas(t *testing.T) {
	f := form.Form{"a": ""}
	if !f.Has("a") || f.Has("b") {
		t.Error("an empty parameter is one, and none is none")
	}
}

func TestText(t *testing.T) {
	text := form.Text(nil).Add("a", "b c&d").Add("e", "")
	if got := text.Below("https://id.example/x"); got != "https://id.example/x?a=b%20c%26d&e=" {
		t.Error(got)
	}
	if got := text.Below("https://id.example/x?y"); got != "https://id.example/x?y&a=b%20c%26d&e=" {
		t.Error(got)
	}
}

// FuzzParse holds the one reading beside that of net/url.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "a=b&c", "a=%zz", "a=b&%61=c", "a;b", "a+b=%2B", "=&=", "%", "%4"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := form.Parse(text)
		values, refused := url.ParseQuery(text)
		bad := refused != nil || len(text) > form.MaxSize || strings.Count(text, "&") >= 1000
		want := form.Form{}
		for name, list := range values {
			bad = bad || len(list) > 1
			want[name] = list[0]
		}
		if (err != nil) != bad || err == nil && !maps.Equal(got, want) {
			t.Errorf("%q: %q, %v; net/url reads %q, %v", text, got, err, values, refused)
		}
	})
}

func FuzzEscape(f *testing.F) {
	f.Add("a b+c%/?#[]@!$&'()*+,;=~-._\x00é")
	f.Fuzz(func(t *testing.T, s string) {
		escaped := form.Escape(s)
		if want := strings.ReplaceAll(url.QueryEscape(s), "+", "%20"); escaped != want {
			t.Errorf("%q, want %q", escaped, want)
		}
		if len(escaped) > form.MaxSize-2 {
			return
		}
		if back, err := form.Parse("a=" + escaped); err != nil || back["a"] != s {
			t.Errorf("%q: %q, %v", s, back, err)
		}
	})
}
