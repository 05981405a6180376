package door_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/costtest"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/csrf"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/identity"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// costs are what reads, on the way to a decision, what a client chose, each with
// the most bytes that it takes and with what is worth repeating.
var costs = map[string]struct {
	most  int
	seeds []string
	read  func(text string)
}{
	"path":   {canonical.MaxPath, []string{"/a", "%61", "/%61", "a", "%C3%A4"}, func(s string) { _, _ = canonical.Path("/" + s[1:]) }},
	"target": {canonical.MaxQuery, []string{"/", "?", "http://", "a"}, func(s string) { _, _ = canonical.RequestTarget("/?" + s[2:]) }},
	"host":   {64 << 10, []string{"a.", "a", ".", ":", "[", "xn--"}, func(s string) { _, _ = canonical.Host(s, "https") }},
	"escape": {64 << 10, []string{"a", " ", "ä"}, func(s string) { canonical.EscapePath(s) }},
	"fields": {64 << 10, []string{"a", "\t", "\x80"}, func(s string) { _ = canonical.Headers(edgeward.Header{"X-A": {s}}) }},
	"cookies": {32 << 10, []string{";", "=", "a=b;", " ", "__Host-edgeward-session="}, func(s string) {
		_, _ = credential.Cookie("__Host-edgeward-session")(&edgeward.Request{Header: edgeward.Header{"Cookie": {s}}})
	}},
	"bearer": {64 << 10, []string{" ", "a", "Bearer "}, func(s string) {
		_, _ = credential.Bearer(&edgeward.Request{Header: edgeward.Header{"Authorization": {"Bearer " + s}}})
	}},
	"a credential in a query": {canonical.MaxQuery, []string{"&", ";", "a=b&", "%61ccess_token&", "%"}, func(s string) {
		_, _ = credential.Bearer(&edgeward.Request{RawQuery: s, Header: edgeward.Header{"Authorization": {"Bearer x"}}})
	}},
	"an API key": {64 << 10, []string{"ew_", "_", "a"}, func(s string) {
		_, _ = credential.APIKey(&edgeward.Request{Header: edgeward.Header{"X-Api-Key": {s}}})
	}},
	"form":           {form.MaxSize - 8, []string{"a", "%61", "+", "=", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%61"}, func(s string) { _, _ = form.Parse("a=" + s) }},
	"JSON":           {64 << 10, []string{"[", `"`, `\\`, `\u0061`, "1", "{", " "}, func(s string) { _, _ = strictjson.Object([]byte(`{"a":"` + s)) }},
	"origin":         {64 << 10, []string{"https://", "a", ",", "null"}, func(s string) { _ = csrf.Demand(&edgeward.Request{Header: edgeward.Header{"Origin": {s}}}) }},
	"client address": {64 << 10, []string{",", "10.0.0.1,", "unknown,", "[", `"`, "1", ":", "%"}, clientOf},
	"what is passed on": {64 << 10, []string{"ew_a=b;", ";", "ew", "a", ",", "X-Auth-Subject,"}, func(s string) {
		h := edgeward.Header{"Cookie": {s}, "Connection": {s}, "X-Api-Key": {s}, "Authorization": {s}}
		passing.SetUpstreamHeader(h, identity.Forwarded{}, &edgeward.Decision{})
	}},
	"a navigation": {64 << 10, []string{"text/html,", ",", ";", "q=0;", "*/*"}, func(s string) {
		problem.Navigation(&edgeward.Request{Method: "GET", Header: edgeward.Header{"Accept": {s}}})
	}},
}

// passing is what becomes of the fields of a request, where nothing is configured.
var passing, _ = identity.NewFields(nil, nil)

func clientOf(s string) {
	trusted, err := clientip.New([]netip.Prefix{doorstest.Proxies})
	if err == nil {
		trusted.Client(doorstest.Nearer, edgeward.Header{"X-Forwarded-For": {s}})
		trusted.Chain(doorstest.Nearer, edgeward.Header{"X-Forwarded-For": {s}})
	}
}

// TestTheCostOfWhatAClientSendsIsLinear: one request is no second of processor
// time (CWE-407).
func TestTheCostOfWhatAClientSendsIsLinear(t *testing.T) {
	for what, row := range costs {
		t.Run(what, func(t *testing.T) {
			for _, seed := range row.seeds {
				costtest.LinearUpTo(t, seed, row.most, row.read)
			}
		})
	}
}

// TestTheCostOfManyFieldsIsLinear: by their number, in one field and in many.
func TestTheCostOfManyFieldsIsLinear(t *testing.T) {
	d := &door.Door{Decider: deciderFunc(func(r *edgeward.Request) edgeward.Decision {
		passing.SetUpstreamHeader(r.Header, identity.Forwarded{}, &edgeward.Decision{})
		return edgeward.Decision{Reason: edgeward.NoRoute}
	})}
	for _, name := range []string{"Cookie", "X-Forwarded-For", "Connection", "X-Auth-Subject", "Authorization", "Accept", "Origin"} {
		costtest.Linear(t, "ew_a=b, ", func(s string) {
			hr := httptest.NewRequest(http.MethodGet, "/", nil)
			hr.Header[name] = strings.SplitAfter(s, " ")
			door.Refuse(httptest.NewRecorder(), hr, d.Receive(hr))
		})
	}
}
