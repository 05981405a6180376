package identity_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical/fieldname"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

// plain is what a gateway has that lets nothing through.
var plain *identity.Fields

// ada is an identity without permissions and session: two fields stay absent.
func ada(t testing.TB) *edgeward.Identity {
	t.Helper()
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "https://issuer.example/", Subject: "ada", Method: "bearer"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// allowed is the decision that ada may come in with a bearer token.
func allowed(t testing.TB) *edgeward.Decision {
	id := ada(t)
	return &edgeward.Decision{
		Allow:      true,
		Reason:     edgeward.Authenticated,
		Identity:   id,
		Credential: edgeward.Credential{Value: edgeward.NewSecret("planted"), Header: "Authorization"},
		Upstream:   id.Header(),
	}
}

// forged are the spellings of an identity field that a client can send.
var forged = []string{
	"X-Auth-Subject", "x-auth-subject", "X-AUTH-SUBJECT", "x-aUtH-sUbJeCt",
	"X_auth_subject", "x_auth_subject", "X-Auth_Subject", "X_AUTH-SUBJECT",
	"X.Auth.Subject", "X~auth!subject", "X|Auth`Subject",
	"X-Auth-Issuer", "X-Auth-Method", "X-Auth-Permissions", "X-Auth-Session", "X-Auth-Assertion",
	"X-Auth-", "X-Auth-Anything-Else", "X-Auth-Subject-",
}

// cgi is what RFC 3875 §4.1.18, and lighttpd for every other sign, make of a
// field name.
func cgi(name string) string {
	return "HTTP_" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, strings.ToUpper(name))
}

func TestApplyLeavesOnlyWhatWasProved(t *testing.T) {
	h := edgeward.Header{"Accept": {"*/*"}, "Authorization": {"Bearer planted"}}
	for _, name := range forged {
		h[name] = []string{"forged"}
	}
	plain.Apply(h, allowed(t))
	want := edgeward.Header{
		"Accept":         {"*/*"},
		"X-Auth-Subject": {"ada"},
		"X-Auth-Issuer":  {"https://issuer.example/"},
		"X-Auth-Method":  {"bearer"},
	}
	if !reflect.DeepEqual(h, want) {
		t.Errorf("forwarded header is\n%v, want\n%v", h, want)
	}
}

func TestApplyOnAPublicRouteNamesNobody(t *testing.T) {
	h := edgeward.Header{"Authorization": {"Bearer own"}}
	for _, name := range forged {
		h[name] = []string{"forged"}
	}
	plain.Apply(h, &edgeward.Decision{Allow: true, Reason: edgeward.Public})
	if len(h) != 0 {
		t.Errorf("forwarded header is %v, want none: also a token that nobody examined stays here", h)
	}
}

func TestApplyOfARefusalNamesNobody(t *testing.T) {
	d := allowed(t)
	d.Allow = false
	h := edgeward.Header{"X-Auth-Subject": {"forged"}, "Authorization": {"Bearer planted"}}
	plain.Apply(h, d)
	if len(h) != 0 {
		t.Errorf("header is %v, want none", h)
	}
}

func TestApplyKeepsDecisionsApart(t *testing.T) {
	d := allowed(t)
	h := edgeward.Header{}
	plain.Apply(h, d)
	h["X-Auth-Subject"][0] = "eve"
	h["X-Auth-Issuer"] = append(h["X-Auth-Issuer"], "eve")
	if d.Identity.Header().First("X-Auth-Subject") != "ada" || slices.Contains(h["X-Auth-Method"], "eve") {
		t.Errorf("a change to one request reached %v and %v", d.Identity.Header(), h)
	}
}

func TestStripFoldsEverySpelling(t *testing.T) {
	for _, name := range forged {
		h := edgeward.Header{name: {"forged"}}
		plain.Strip(h, nil)
		if len(h) != 0 {
			t.Errorf("Strip left %q, which an upstream can read as %s", name, cgi(name))
		}
	}
}

func TestStripKeepsOtherFields(t *testing.T) {
	h := edgeward.Header{}
	for _, name := range []string{"X-Auth", "X-Authority", "X-Authenticated-By", "Auth-Subject", "X-Aut", "X", "", "Authorization", "X-Http-Method-Overrides", "X-Http", "A-Http-Method", "Te-X", "Proxies", "Content-Type", "Content-Length", "Expect"} {
		h[name] = []string{"kept"}
	}
	want := maps.Clone(h)
	plain.Strip(h, nil)
	if !reflect.DeepEqual(h, want) {
		t.Errorf("Strip left %v, want %v", h, want)
	}
}

func TestMethodOverrides(t *testing.T) {
	for _, name := range []string{"X-Http-Method-Override", "X-HTTP-Method-Override", "x_http_method_override", "X-Http-Method", "X-Method-Override", "X_Method_Override", "X-Method", "x_method"} {
		h := edgeward.Header{name: {"DELETE"}}
		if !fieldname.IsMisleading(name) {
			t.Errorf("Misleads(%s) = false, want true", name)
		}
		if plain.Strip(h, nil); len(h) != 0 {
			t.Errorf("Strip left %s", name)
		}
	}
	for _, name := range []string{"X-Http", "Accept", "X", "", "X-Methods"} {
		if fieldname.IsMisleading(name) {
			t.Errorf("Misleads(%s) = true, want false", name)
		}
	}
}

// TestStripConnection: CVE-2026-29054. What Connection names, somebody behind
// us removes, after we have set it.
func TestStripConnection(t *testing.T) {
	for rule, row := range map[string]struct{ lines, want []string }{
		"identity field":        {[]string{"X-Auth-Subject"}, nil},
		"any spelling":          {[]string{"x_AUTH-subject"}, nil},
		"among others":          {[]string{"keep-alive, X-Auth-Subject, Upgrade"}, nil},
		"on several lines":      {[]string{"close", "X-Auth-Subject", "te,X-Auth-Issuer"}, nil},
		"forwarded family":      {[]string{"X-Forwarded-For, X-Real-IP, Forwarded, close"}, nil},
		"request id":            {[]string{"X-Request-Id"}, nil},
		"an upgrade to nothing": {[]string{"Upgrade ,close", "X-Foo"}, nil},
		"empty options":         {[]string{",,X-Auth-Subject,,"}, nil},
	} {
		t.Run(rule, func(t *testing.T) {
			h := edgeward.Header{"Connection": row.lines}
			plain.Strip(h, nil)
			if got, present := h["Connection"]; !reflect.DeepEqual(got, row.want) || present != (row.want != nil) {
				t.Errorf("Connection %q became %q, want %q", row.lines, got, row.want)
			}
		})
	}
}

func TestNamesAreAllIdentityFields(t *testing.T) {
	names := slices.Collect(identity.Names(nil))
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != 6 {
		t.Errorf("Names = %v, want six sorted names", names)
	}
	full, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s", Method: "m", Permissions: []string{"p"}, Session: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for name := range full.Header() {
		if !slices.Contains(names, name) {
			t.Errorf("Names lacks %s, which an identity sets", name)
		}
	}
	if !slices.Contains(names, edgeward.HeaderAssertion) {
		t.Error("Names lacks the assertion")
	}
}

func FuzzStrip(f *testing.F) {
	for _, name := range forged {
		f.Add(name, "keep-alive, "+name)
	}
	f.Add("x", "\fX-Auth-Subject") // no door lets it in, and no door has to be trusted for that
	f.Fuzz(func(t *testing.T, name, connection string) {
		h := edgeward.Header{name: {"forged"}}
		h.Set("Connection", connection)
		plain.Apply(h, allowed(t))
		for got, values := range h {
			if strings.HasPrefix(cgi(got), "HTTP_X_AUTH_") && slices.Contains(values, "forged") {
				t.Errorf("%q passed, which an upstream can read as %s", name, cgi(got))
			}
		}
		for _, line := range h["Connection"] {
			for option := range strings.SplitSeq(line, ",") {
				if strings.EqualFold(strings.TrimSpace(option), "X-Auth-Subject") {
					t.Errorf("Connection %q passed as %q", connection, line)
				}
			}
		}
	})
}

func BenchmarkApply(b *testing.B) {
	d := allowed(b)
	inbound := edgeward.Header{"Authorization": {"Bearer planted"}, "Accept": {"*/*"}, "User-Agent": {"curl"}, "Accept-Encoding": {"gzip"}, "X-Custom": {"1"}}
	b.ReportAllocs()
	for b.Loop() {
		plain.Apply(maps.Clone(inbound), d)
	}
}
