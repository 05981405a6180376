package identity_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/canonical/fieldname"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

// meaningful are fields that a server acts on, and what it is when a look-alike
// is taken for one of them.
var meaningful = []string{
	"Content-Length", "Transfer-Encoding", "Content-Type", "Content-Encoding", "Content-Location", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization",
	"X-Api-Key", "X-Auth-Subject", "X-Auth-Assertion", "X-Forwarded-For", "X-Forwarded-Host", "X-Original-Url", "X-Rewrite-Url", "X-Real-Ip", "True-Client-Ip",
	"X-Http-Method-Override", "X-Host", "Path-Info", "Script-Name", "X-Request-Id", "Sec-Websocket-Key", "Sec-Fetch-Site", "Access-Control-Request-Method",
	"If-None-Match", "Accept-Encoding", "Http2-Settings", "Proxy-Client-Ip", "Forwarded-For",
}

// disguises are spellings of a name that some server cannot tell from it.
func disguises(name string) (all []string) {
	for _, sign := range []string{"_", ".", "~", "!", "|", "`", "+", "*"} {
		all = append(all, strings.ReplaceAll(name, "-", sign), strings.Replace(name, "-", sign, 1))
	}
	return all
}

func TestLookAlikesOfEveryFieldAreRemoved(t *testing.T) {
	for _, name := range meaningful {
		for _, spelling := range disguises(name) {
			h := edgeward.Header{canonical.FieldName(spelling): {"forged"}}
			if plain.Strip(h, nil); len(h) != 0 {
				t.Errorf("Strip left %q, which an upstream can read as %s", spelling, cgi(name))
			}
			if !fieldname.Imitates(spelling) {
				t.Errorf("Imitates(%q) = false: an upstream can read it as %s", spelling, cgi(name))
			}
		}
		if fieldname.Imitates(name) {
			t.Errorf("%s imitates itself", name)
		}
	}
}

func TestIrregularNamesAreRemovedWithoutAMeaningToo(t *testing.T) {
	h := edgeward.Header{"Api_key": {"1"}, "My.field": {"2"}, "X-Custom": {"3"}, "X_custom": {"4"}}
	plain.Strip(h, nil)
	if want := (edgeward.Header{"X-Custom": {"3"}}); !reflect.DeepEqual(h, want) {
		t.Errorf("Strip left %q, want %q", h, want)
	}
	for _, name := range []string{"Api_key", "My.field", "X_custom", "X-Custom", "X-Auth-Token", "X_auth_token", "X-Auth-Request-Redirect", ""} {
		if fieldname.Imitates(name) || fieldname.IsMisleading(name) {
			t.Errorf("%q imitates or misleads", name)
		}
	}
}

func TestNamesThatAreLetThrough(t *testing.T) {
	f, err := identity.NewFields([]string{"api_key", "X-AUTH-TOKEN"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := edgeward.Header{"Api_key": {"1"}, "X-Auth-Token": {"2"}, "Api.key": {"3"}, "X_auth_token": {"4"}, "X-Auth-Subject": {"5"}, "X-Auth-Other": {"6"}}
	f.Strip(h, nil)
	if want := (edgeward.Header{"Api_key": {"1"}, "X-Auth-Token": {"2"}}); !reflect.DeepEqual(h, want) {
		t.Errorf("Strip left %q, want %q", h, want)
	}
}

func TestNamesThatCannotBeLetThrough(t *testing.T) {
	refused := []string{
		"", "a b", "a:b", "naïve", "a\r\nb", strings.Repeat("a_", 65), // no names
		"X-Custom", "Accept", "Content-Length", // travel on anyway
		"Connection", "Te", "Proxy", "X-Method", "X-Real-Ip", "X-Forwarded-Anything", "X-Original-Url", "x-auth-subject", "X-AUTH-ASSERTION",
	}
	for _, name := range meaningful {
		refused = append(refused, disguises(name)...)
	}
	for _, name := range refused {
		if err := identity.CheckForward(name); err == nil {
			t.Errorf("%q can be let through", name)
		}
		if _, err := identity.NewFields([]string{name}, nil); err == nil {
			t.Errorf("%q is let through", name)
		}
	}
	many := make([]string, 65)
	for i := range many {
		many[i] = "a_" + strings.Repeat("a", i)
	}
	if _, err := identity.NewFields(many, nil); err == nil {
		t.Error("65 names are let through")
	}
}

// TestUpgrade: what comes after the answer 101 is decided by nobody.
func TestUpgrade(t *testing.T) {
	for rule, row := range map[string]struct{ sent, want edgeward.Header }{
		"a WebSocket":             {edgeward.Header{"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"websocket"}}, edgeward.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}}},
		"in another case":         {edgeward.Header{"Connection": {"upgrade"}, "Upgrade": {"WebSocket"}}, edgeward.Header{"Connection": {"Upgrade"}, "Upgrade": {"WebSocket"}}},
		"without Connection":      {edgeward.Header{"Upgrade": {"websocket"}}, edgeward.Header{"Upgrade": {"websocket"}}},
		"that Connection omits":   {edgeward.Header{"Connection": {"close"}, "Upgrade": {"websocket"}}, edgeward.Header{}},
		"h2c":                     {edgeward.Header{"Connection": {"Upgrade, HTTP2-Settings"}, "Upgrade": {"h2c"}, "Http2-Settings": {"A"}}, edgeward.Header{}},
		"h2c without Connection":  {edgeward.Header{"Upgrade": {"h2c"}}, edgeward.Header{}},
		"one of two":              {edgeward.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket", "h2c"}}, edgeward.Header{}},
		"one of two in a line":    {edgeward.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket, h2c"}}, edgeward.Header{}},
		"TLS":                     {edgeward.Header{"Connection": {"Upgrade"}, "Upgrade": {"TLS/1.0"}}, edgeward.Header{}},
		"and an identity":         {edgeward.Header{"Connection": {"Upgrade, X-Foo"}, "Upgrade": {"websocket"}, "X-Foo": {"1"}}, edgeward.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}}},
		"for one connection":      {edgeward.Header{"Keep-Alive": {"5"}, "Proxy-Connection": {"a"}, "Proxy-Authorization": {"b"}, "Proxy-Authenticate": {"c"}, "Trailer": {"d"}, "Transfer-Encoding": {"chunked"}}, edgeward.Header{}},
		"trailers are asked for":  {edgeward.Header{"Te": {"gzip;q=0.5, Trailers"}}, edgeward.Header{"Te": {"trailers"}}},
		"and nothing but":         {edgeward.Header{"Te": {"trailers"}, "Connection": {"TE"}}, edgeward.Header{"Te": {"trailers"}}},
		"nothing of the sort":     {edgeward.Header{"Te": {"gzip"}}, edgeward.Header{}},
		"what Connection names":   {edgeward.Header{"Connection": {"x-foo, ,X-Bar"}, "X-Foo": {"1"}, "X-Bar": {"2"}, "X-Baz": {"3"}}, edgeward.Header{"X-Baz": {"3"}}},
		"Upgrade-Insecure stays":  {edgeward.Header{"Upgrade-Insecure-Requests": {"1"}}, edgeward.Header{"Upgrade-Insecure-Requests": {"1"}}},
		"an upgrade in two words": {edgeward.Header{"Upgrade": {"web socket"}}, edgeward.Header{}},
	} {
		if plain.Strip(row.sent, nil); !reflect.DeepEqual(row.sent, row.want) {
			t.Errorf("%s: forwarded %q, want %q", rule, row.sent, row.want)
		}
	}
}

// FuzzFieldNames demands that nothing passes which a careless server can read as
// another field, and that an ordinary field does.
func FuzzFieldNames(f *testing.F) {
	for _, name := range meaningful {
		f.Add(name, disguises(name)[0])
	}
	f.Add("X-Custom", "api_key")
	f.Fuzz(func(t *testing.T, name, forward string) {
		fields, err := identity.NewFields([]string{forward}, nil)
		if err != nil {
			fields = nil
		} else if slices.ContainsFunc(meaningful, func(m string) bool { return cgi(m) == cgi(forward) }) {
			t.Errorf("%q is let through, which a server can read as one of those that it acts on", forward)
		}
		named := canonical.FieldName(name)
		if named == "" {
			return
		}
		h := edgeward.Header{named: {"forged"}}
		fields.Strip(h, nil)
		letThrough := fields != nil && named == canonical.FieldName(forward)
		plainName := strings.Trim(strings.ToLower(named), "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
		switch _, passed := h[named]; {
		case passed && !plainName && !letThrough:
			t.Errorf("%q passed", named)
		case passed && !letThrough && strings.HasPrefix(cgi(named), "HTTP_X_AUTH_"):
			t.Errorf("%q passed, which an upstream can read as %s", named, cgi(named))
		case passed && letThrough && fieldname.Imitates(named):
			t.Errorf("%q is let through and imitates a field", named)
		case !passed && letThrough:
			t.Errorf("%q was removed although it is let through", named)
		}
	})
}

// BenchmarkStrip is of a request in which there is nothing to remove.
func BenchmarkStrip(b *testing.B) {
	h := edgeward.Header{}
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Cookie", "Origin", "Referer", "Sec-Ch-Ua", "Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform",
		"Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Upgrade-Insecure-Requests", "User-Agent", "X-Requested-With", "X-Csrf-Token",
	} {
		h.Set(name, "1")
	}
	b.ReportAllocs()
	for b.Loop() {
		plain.Strip(h, nil)
	}
}

func TestStripAllocatesNothing(t *testing.T) {
	f, err := identity.NewFields([]string{"api_key"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := edgeward.Header{"Accept": {"*/*"}, "X-Custom": {"1"}, "Cookie": {"a=1; b=2"}, "Api_key": {"1"}, "X-Requested-With": {"x"}}
	d := &edgeward.Decision{Allow: true}
	if n := testing.AllocsPerRun(100, func() { f.Apply(h, d); h["Connection"] = closes }); n != 0 {
		t.Errorf("%v allocations where nothing is to be removed", n)
	}
}

var closes = []string{"keep-alive"}

// FuzzOwnFields demands that nothing of a client's can be read as a field of the
// configuration, whatever travels on otherwise, and that other fields are not removed
// for its sake.
func FuzzOwnFields(f *testing.F) {
	for _, own := range []string{"Remote-User", "X-Webauth-User", "X-Forwarded-User", "X-Auth-Request-User"} {
		f.Add(own, disguises(own)[0], "api_key")
		f.Add(own, strings.ToLower(own), disguises(own)[1])
	}
	f.Fuzz(func(t *testing.T, own, sent, forward string) {
		set, err := fieldname.NewSet([]string{own}, nil)
		name := canonical.FieldName(sent)
		if err != nil || name == "" {
			return
		}
		fields, err := identity.NewFields([]string{forward}, nil)
		if err != nil {
			fields = nil
		}
		forged, d := edgeward.Header{name: {"forged"}}, &edgeward.Decision{Allow: true, OwnFields: set}
		alone := edgeward.Header{name: {"forged"}}
		fields.Strip(alone, nil)
		fields.Apply(forged, d)
		reads := cgi(name) == cgi(own)
		if reads != set.Covers(name) || reads && len(forged) > 0 {
			t.Errorf("%q passed beside %q: %q", name, own, forged)
		}
		if !reads && len(forged) != len(alone) && name != "Authorization" && name != "Cookie" && name != "X-Api-Key" {
			t.Errorf("%q was removed for %q", name, own)
		}
		d.Upstream = edgeward.Header{canonical.FieldName(own): {"proven"}}
		h := edgeward.Header{name: {"forged"}, "Connection": {own + ", close"}}
		if fields.Apply(h, d); h.First(canonical.FieldName(own)) != "proven" || len(h[canonical.FieldName(own)]) != 1 {
			t.Errorf("with %q the application sees %q", name, h)
		}
	})
}
