package engine_test

import (
	"context"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
)

// guarded returns an engine whose "first" is a header and whose "cookie" is a
// cookie.
func guarded(t *testing.T, l engine.Limits) *engine.Engine {
	t.Helper()
	any := []string{"first", "cookie"}
	tree, err := policy.Build([]policy.File{
		{Path: "plain/_middleware", Statement: policy.Require(any...)},
		{Path: "guarded/_middleware", Statement: policy.Require(any...).SameOrigin(true)},
		{Path: "open/_middleware", Statement: policy.Public().SameOrigin(true)},
		{Path: "friends/_middleware", Statement: policy.Require(any...).CORS(policy.CORS{Origins: []string{"https://friend.example"}, Credentials: true})},
		{Path: "readers/_middleware", Statement: policy.Require(any...).CORS(policy.CORS{Origins: []string{"https://friend.example"}})},
		{Path: "all/_middleware", Statement: policy.Require(any...).CORS(policy.CORS{Origins: []string{"*"}})},
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Config{Hosts: policy.AllHosts(tree), Limits: l, Strategies: []engine.Strategy{
		scripted("First").strategy(), {Name: "cookie", Source: credential.Cookie("s"), Verifier: scripted("Cookie")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Row 24, for applications, and row 39.
func TestWhosePage(t *testing.T) {
	const own, other, friend = "https://app.example", "https://evil.example", "https://friend.example"
	for rule, row := range map[string]struct {
		method, path string
		fields       []string
		want         edgeward.Reason
	}{
		"our own page":                          {"POST", "/guarded/x", []string{"Cookie", "s=ada", "Sec-Fetch-Site", "same-origin"}, edgeward.Authenticated},
		"an older browser":                      {"POST", "/guarded/x", []string{"Cookie", "s=ada", "Origin", own}, edgeward.Authenticated},
		"another page":                          {"POST", "/guarded/x", []string{"Cookie", "s=ada", "Sec-Fetch-Site", "cross-site", "Origin", other}, edgeward.CrossOrigin},
		"nobody says":                           {"DELETE", "/guarded/x", []string{"Cookie", "s=ada"}, edgeward.CrossOrigin},
		"also with a header":                    {"POST", "/guarded/x", []string{"First", "ada"}, edgeward.CrossOrigin},
		"also where nobody is asked":            {"POST", "/open/x", []string{"Origin", other}, edgeward.CrossOrigin},
		"what changes nothing may come":         {"GET", "/guarded/x", []string{"Cookie", "s=ada", "Sec-Fetch-Site", "cross-site"}, edgeward.Authenticated},
		"a route that does not ask":             {"POST", "/plain/x", []string{"Cookie", "s=ada", "Origin", other}, edgeward.Authenticated},
		"a WebSocket of our own page":           {"GET", "/plain/x", []string{"Cookie", "s=ada", "Upgrade", "websocket", "Origin", own}, edgeward.Authenticated},
		"a WebSocket of another page":           {"GET", "/plain/x", []string{"Cookie", "s=ada", "Upgrade", "websocket", "Origin", other}, edgeward.CrossOrigin},
		"a WebSocket of nobody":                 {"GET", "/plain/x", []string{"Cookie", "s=ada", "Upgrade", "websocket"}, edgeward.CrossOrigin},
		"whose Upgrade was dropped on the way":  {"GET", "/plain/x", []string{"Cookie", "s=ada", "Sec-Websocket-Key", "x", "Origin", other}, edgeward.CrossOrigin},
		"a WebSocket of a friend":               {"GET", "/friends/x", []string{"Cookie", "s=ada", "Upgrade", "websocket", "Origin", friend}, edgeward.Authenticated},
		"of one who may not use cookies":        {"GET", "/readers/x", []string{"Cookie", "s=ada", "Upgrade", "websocket", "Origin", friend}, edgeward.CrossOrigin},
		"of anybody, where anybody may read":    {"GET", "/all/x", []string{"Cookie", "s=ada", "Upgrade", "websocket", "Origin", other}, edgeward.CrossOrigin},
		"a WebSocket by a header needs no page": {"GET", "/plain/x", []string{"First", "ada", "Upgrade", "websocket"}, edgeward.Authenticated},
		"a forged cookie is refused before":     {"GET", "/plain/x", []string{"Cookie", "s=forged", "Upgrade", "websocket"}, edgeward.TokenSignature},
	} {
		t.Run(rule, func(t *testing.T) {
			r := request(row.path, row.fields...)
			r.Method, r.Scheme, r.Host = row.method, "https", "app.example"
			if d := guarded(t, nil).Decide(context.Background(), r); d.Reason != row.want || d.Allow != (row.want == edgeward.Authenticated) {
				t.Errorf("allow %v, reason %v (%v), want %v", d.Allow, d.Reason, d.Err, row.want)
			}
		})
	}
}

// A page that has its visitor's browser guess would have the visitor banned.
func TestAPageOfOthersIsNotCounted(t *testing.T) {
	l := &tally{}
	r := request("/guarded/x", "First", "forged", "Sec-Fetch-Site", "cross-site")
	r.Method = "POST"
	if d := guarded(t, l).Decide(context.Background(), r); d.Reason != edgeward.CrossOrigin || len(l.refused) != 0 {
		t.Errorf("reason %v, told of %v", d.Reason, l.refused)
	}
}
