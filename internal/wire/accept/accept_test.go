package accept_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/wire/accept"
)

func TestLanguage(t *testing.T) {
	tags := []string{"en", "de", "fr", "ja", "zh-hant"}
	for rule, row := range map[string]struct {
		values []string
		want   string
	}{
		"none is asked for":                       {nil, ""},
		"one":                                     {[]string{"de"}, "de"},
		"a region":                                {[]string{"de-AT"}, "de"},
		"case means nothing":                      {[]string{"DE-at"}, "de"},
		"the first of equal weights":              {[]string{"fr, de"}, "fr"},
		"the heaviest":                            {[]string{"en;q=0.5, de;q=0.9, fr;q=0.8"}, "de"},
		"one that is not there":                   {[]string{"nl, de;q=0.5"}, "de"},
		"none that is there":                      {[]string{"nl, sv"}, ""},
		"any":                                     {[]string{"*"}, ""},
		"any, and one":                            {[]string{"*, de;q=0.1"}, "de"},
		"refused":                                 {[]string{"de;q=0"}, ""},
		"refused, and another":                    {[]string{"de;q=0, fr;q=0.1"}, "fr"},
		"on two lines":                            {[]string{"fr;q=0.3", "de"}, "de"},
		"a weight that is none":                   {[]string{"de;q=x, fr;q=0.1"}, "fr"},
		"a weight over one":                       {[]string{"de;q=2, fr"}, "fr"},
		"a weight that is no number":              {[]string{"de;q=NaN, fr;q=0.2"}, "fr"},
		"a script":                                {[]string{"zh-Hant-TW"}, "zh-hant"},
		"a wider one finds no narrower":           {[]string{"zh"}, ""},
		"an extension goes with its letter":       {[]string{"de-x-private"}, "de"},
		"nothing between commas":                  {[]string{",,,de"}, "de"},
		"no more than so many":                    {[]string{strings.Repeat("nl,", 40) + "de"}, ""},
		"a prefix that is no subtag":              {[]string{"deutsch"}, ""},
		"space":                                   {[]string{"  de ; q=0.4 "}, "de"},
		"the region first, then another language": {[]string{"de-CH, fr;q=0.9"}, "de"},
	} {
		got := ""
		if at := accept.Language(row.values, tags); at >= 0 {
			got = tags[at]
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", rule, got, row.want)
		}
	}
}

func FuzzLanguage(f *testing.F) {
	for _, s := range []string{"", "de", "de-AT,fr;q=0.5,*;q=0.1", "--", "a-", "-a", "de;q=1;q=0", "de;Q=.5"} {
		f.Add(s)
	}
	tags := []string{"en", "de"}
	f.Fuzz(func(t *testing.T, value string) {
		at := accept.Language([]string{value}, tags)
		if at >= len(tags) || at < -1 {
			t.Fatalf("%q: %d", value, at)
		}
		if at >= 0 && !strings.Contains(strings.ToLower(value), tags[at]) {
			t.Errorf("%q: %s", value, tags[at])
		}
	})
}
