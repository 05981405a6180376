package csrf_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/csrf"
)

// asking makes a request to https://app.example from lines of the form
// "Name: value".
func asking(method string, lines ...string) *edgeward.Request {
	r := &edgeward.Request{Method: method, Scheme: "https", Host: "app.example", Path: "/", Header: edgeward.Header{}}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return r
}

// Row 24.
func TestWhoseRequestItIs(t *testing.T) {
	for rule, row := range map[string]struct {
		lines            []string
		checked, demands bool // whether Check and Demand let it pass
	}{
		"our own page":                       {[]string{"Sec-Fetch-Site: same-origin", "Origin: https://app.example"}, true, true},
		"our own page, which sent no Origin": {[]string{"Sec-Fetch-Site: same-origin"}, true, true},
		"an older browser":                   {[]string{"Origin: https://app.example"}, true, true},
		"a program":                          {nil, true, false},
		"the address bar":                    {[]string{"Sec-Fetch-Site: none"}, true, false},
		"the address bar, with an Origin":    {[]string{"Sec-Fetch-Site: none", "Origin: https://app.example"}, true, false},
		"a neighbouring subdomain":           {[]string{"Sec-Fetch-Site: same-site"}, false, false},
		"another site":                       {[]string{"Sec-Fetch-Site: cross-site"}, false, false},
		"a value of the future":              {[]string{"Sec-Fetch-Site: nearby"}, false, false},
		"an empty value":                     {[]string{"Sec-Fetch-Site: "}, false, false},
		"another origin":                     {[]string{"Origin: https://evil.example"}, false, false},
		"an Origin that says otherwise":      {[]string{"Sec-Fetch-Site: same-origin", "Origin: https://evil.example"}, false, false},
		"a site that says otherwise":         {[]string{"Sec-Fetch-Site: cross-site", "Origin: https://app.example"}, false, false},
		"one good Origin of two":             {[]string{"Origin: https://app.example", "Origin: https://evil.example"}, false, false},
		"one good site of two":               {[]string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"}, false, false},
		"null":                               {[]string{"Origin: null"}, false, false},
		"our page with no-referrer":          {[]string{"Sec-Fetch-Site: same-origin", "Origin: null"}, true, true},
		"null of the address bar":            {[]string{"Sec-Fetch-Site: none", "Origin: null"}, false, false},
		"null of another site":               {[]string{"Sec-Fetch-Site: cross-site", "Origin: null"}, false, false},
		"null of a neighbour":                {[]string{"Sec-Fetch-Site: same-site", "Origin: null"}, false, false},
		"null of two sites":                  {[]string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: same-origin", "Origin: null"}, false, false},
		"null and another origin":            {[]string{"Sec-Fetch-Site: same-origin", "Origin: null", "Origin: https://evil.example"}, false, false},
		"null in another case":               {[]string{"Sec-Fetch-Site: same-origin", "Origin: NULL"}, false, false},
		"an empty Origin":                    {[]string{"Sec-Fetch-Site: same-origin", "Origin: "}, false, false},
		"without HTTPS":                      {[]string{"Origin: http://app.example"}, false, false},
		"another port":                       {[]string{"Origin: https://app.example:8443"}, false, false},
		"a longer host":                      {[]string{"Origin: https://app.example.evil"}, false, false},
		"a shorter host":                     {[]string{"Origin: https://app.exampl"}, false, false},
		"of the same length":                 {[]string{"Origin: https:x/app.example"}, false, false},
	} {
		t.Run(rule, func(t *testing.T) {
			r := asking("POST", row.lines...)
			for name, step := range map[string]struct {
				err  error
				pass bool
			}{"Check": {csrf.Check(r), row.checked}, "Demand": {csrf.Demand(r), row.demands}} {
				if (step.err == nil) != step.pass || step.err != nil && !errors.Is(step.err, edgeward.CrossOrigin) {
					t.Errorf("%s: %v, want it to pass: %v", name, step.err, step.pass)
				}
			}
		})
	}
}

func TestChanges(t *testing.T) {
	for method, want := range map[string]bool{"GET": false, "HEAD": false, "OPTIONS": false, "POST": true, "PUT": true, "DELETE": true, "PATCH": true, "PROPFIND": true} {
		if got := csrf.Changes(asking(method)); got != want {
			t.Errorf("%s: %v", method, got)
		}
	}
}

// Row 39.
func TestHandshake(t *testing.T) {
	trusted := func(from string) bool { return from == "https://friend.example" }
	for rule, row := range map[string]struct {
		lines []string
		pass  bool
	}{
		"our own page":         {[]string{"Origin: https://app.example"}, true},
		"a page that we trust": {[]string{"Origin: https://friend.example"}, true},
		"another page":         {[]string{"Origin: https://evil.example"}, false},
		"a page without name":  {[]string{"Origin: null"}, false},
		"or within our own":    {[]string{"Origin: null", "Sec-Fetch-Site: same-origin"}, false},
		"nobody says":          {nil, false},
		"two say":              {[]string{"Origin: https://app.example", "Origin: https://app.example"}, false},
	} {
		if err := csrf.CheckHandshake(asking("GET", row.lines...), trusted); (err == nil) != row.pass || err != nil && !errors.Is(err, edgeward.CrossOrigin) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestIsWebSocket(t *testing.T) {
	for line, want := range map[string]bool{
		"Upgrade: websocket": true, "Upgrade: WebSocket": true, "Upgrade: h2c, websocket": true, "Upgrade: h2c,\twebsocket ": true,
		"Sec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==": true, "Upgrade: h2c": false, "Upgrade: websockets": false, "Connection: websocket": false,
	} {
		if got := csrf.IsWebSocket(asking("GET", line)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

// Row 42.
func TestWhoWaits(t *testing.T) {
	for rule, row := range map[string]struct {
		lines                   []string
		speculative, navigation bool
	}{
		"a user's step":                {[]string{"Sec-Fetch-Mode: navigate"}, false, true},
		"an older browser":             {nil, false, true},
		"a script":                     {[]string{"Sec-Fetch-Mode: cors"}, false, false},
		"an image of any page":         {[]string{"Sec-Fetch-Mode: no-cors"}, false, false},
		"a script of our own":          {[]string{"Sec-Fetch-Mode: same-origin"}, false, false},
		"a WebSocket":                  {[]string{"Sec-Fetch-Mode: websocket"}, false, false},
		"an empty mode":                {[]string{"Sec-Fetch-Mode: "}, false, false},
		"two modes":                    {[]string{"Sec-Fetch-Mode: navigate", "Sec-Fetch-Mode: navigate"}, false, false},
		"a prefetch":                   {[]string{"Sec-Fetch-Mode: navigate", "Sec-Purpose: prefetch"}, true, false},
		"a prerender":                  {[]string{"Sec-Fetch-Mode: navigate", "Sec-Purpose: prefetch;prerender"}, true, false},
		"by a proxy":                   {[]string{"Sec-Purpose: prefetch;anonymous-client-ip"}, true, false},
		"a purpose of the future":      {[]string{"Sec-Purpose: guess"}, true, false},
		"an older Chromium":            {[]string{"Purpose: prefetch"}, true, false},
		"an older Firefox":             {[]string{"X-Moz: prefetch"}, true, false},
		"in another case":              {[]string{"Purpose: Prefetch"}, true, false},
		"with parameters":              {[]string{"Purpose: prefetch; prerender"}, true, false},
		"a preview":                    {[]string{"X-Purpose: preview"}, true, false},
		"a field that says other than": {[]string{"Purpose: checkout", "X-Moz: microsummary"}, false, true},
	} {
		r := asking("GET", row.lines...)
		if got := csrf.IsSpeculative(r); got != row.speculative {
			t.Errorf("%s: speculative: %v", rule, got)
		}
		if got := csrf.IsNavigation(r); got != row.navigation {
			t.Errorf("%s: a navigation: %v", rule, got)
		}
	}
}
