package problem_test

import (
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

func TestNavigation(t *testing.T) {
	const firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for rule, row := range map[string]struct {
		method string
		mode   []string
		accept []string
		want   bool
	}{
		"navigation":                        {"GET", []string{"navigate"}, []string{firefox}, true},
		"navigation by HEAD":                {"HEAD", []string{"navigate"}, nil, true},
		"navigation whatever it accepts":    {"GET", []string{"navigate"}, []string{"application/json"}, true},
		"form post is no place for a page":  {"POST", []string{"navigate"}, []string{firefox}, false},
		"fetch that accepts pages":          {"GET", []string{"cors"}, []string{firefox}, false},
		"image":                             {"GET", []string{"no-cors"}, []string{"image/avif,*/*;q=0.8"}, false},
		"WebSocket":                         {"GET", []string{"websocket"}, []string{"text/html"}, false},
		"mode in another case":              {"GET", []string{"Navigate"}, []string{firefox}, false},
		"two modes":                         {"GET", []string{"navigate", "cors"}, []string{firefox}, false},
		"empty mode":                        {"GET", []string{""}, []string{firefox}, false},
		"old browser":                       {"GET", nil, []string{firefox}, true},
		"old browser, form post":            {"POST", nil, []string{firefox}, false},
		"page only":                         {"GET", nil, []string{"text/html"}, true},
		"page in another case, parameters":  {"GET", nil, []string{" Text/HTML ; level=1 ; Q=0.5 "}, true},
		"curl":                              {"GET", nil, []string{"*/*"}, false},
		"no Accept":                         {"GET", nil, nil, false},
		"empty Accept":                      {"GET", nil, []string{""}, false},
		"JSON":                              {"GET", nil, []string{"application/json"}, false},
		"axios":                             {"GET", nil, []string{"application/json, text/plain, */*"}, false},
		"JSON before page":                  {"GET", nil, []string{"application/json, text/html;q=0.9"}, false},
		"page before JSON":                  {"GET", nil, []string{"text/html, application/json;q=0.9"}, true},
		"problem document before page":      {"GET", nil, []string{"application/problem+json, text/html;q=0.9"}, false},
		"equal weights":                     {"GET", nil, []string{"text/html, application/json"}, false},
		"on two lines":                      {"GET", nil, []string{"application/json;q=0.1", "text/html"}, true},
		"page refused":                      {"GET", nil, []string{"text/html;q=0, */*"}, false},
		"page refused in upper case":        {"GET", nil, []string{"text/html;Q=0"}, false},
		"weight that is no number":          {"GET", nil, []string{"text/html;q=NaN"}, false},
		"weight over one":                   {"GET", nil, []string{"text/html;q=2"}, false},
		"weight below zero":                 {"GET", nil, []string{"text/html;q=-1"}, false},
		"page and everything else the same": {"GET", nil, []string{"text/html, */*"}, true},
	} {
		t.Run(rule, func(t *testing.T) {
			r := &edgeward.Request{Method: row.method, Header: edgeward.Header{}}
			if row.mode != nil {
				r.Header["Sec-Fetch-Mode"] = row.mode
			}
			if row.accept != nil {
				r.Header["Accept"] = row.accept
			}
			if got := problem.Navigation(r); got != row.want {
				t.Errorf("Navigation = %v, want %v", got, row.want)
			}
		})
	}
}

func FuzzNavigation(f *testing.F) {
	f.Add("text/html;q=0.9, application/json;q=.1")
	f.Fuzz(func(t *testing.T, accept string) {
		r := &edgeward.Request{Method: "GET", Header: edgeward.Header{"Accept": {accept}}}
		page := problem.Navigation(r)
		if r.Method = "POST"; problem.Navigation(r) {
			t.Errorf("a POST that accepts %q is a navigation", accept)
		}
		r.Method = "GET"
		if r.Header.Set("Sec-Fetch-Mode", "cors"); problem.Navigation(r) {
			t.Errorf("a fetch that accepts %q is a navigation (without the mode: %v)", accept, page)
		}
	})
}
