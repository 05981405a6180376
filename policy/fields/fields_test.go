package fields_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy/fields"
)

func sealed(t testing.TB, all ...fields.Field) *fields.Headers {
	t.Helper()
	h := fields.HeadersOf(all...)
	h.Seal(func(member, detail string) { t.Errorf("%s: %s", member, detail) })
	return &h
}

func identity(t testing.TB, p edgeward.Profile) *edgeward.Identity {
	t.Helper()
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "https://issuer.example/", Subject: "7", Method: "session", Permissions: []string{"a", "b,c"}, Session: "s1", Profile: &p})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestEveryAttributeHasAField(t *testing.T) {
	id := identity(t, edgeward.Profile{Username: "zoe", Email: "z@example.com", Name: "Zoë", Groups: []string{"b", "a"}, Claims: map[string][]string{"team": {"red", "blue"}}})
	for from, want := range map[fields.Attribute]string{
		fields.Subject: "7", fields.Username: "zoe", fields.Email: "z@example.com", fields.Name: "Zoë", fields.Groups: "a,b", fields.Permissions: "a",
		fields.Issuer: "https://issuer.example/", fields.Method: "session", fields.Session: "s1", "claims.team": "blue,red", "claims.other": "",
	} {
		h, _ := sealed(t, fields.Field{Name: "x-field", From: from}).Source().HeaderOf(id)
		if got := h.First("X-Field"); got != want {
			t.Errorf("%s is %q, want %q", from, got, want)
		}
		if h.First("X-Auth-Subject") != "7" {
			t.Errorf("%s took X-Auth-Subject away", from)
		}
	}
}

func TestNothingIsNoField(t *testing.T) {
	h, omitted := sealed(t, fields.Preset("remote-user")...).Source().HeaderOf(identity(t, edgeward.Profile{}))
	if len(h) != 5 || len(omitted) > 0 { // X-Auth-*
		t.Errorf("of an empty profile came %q, left out %q", h, omitted)
	}
}

func TestEncodings(t *testing.T) {
	id := identity(t, edgeward.Profile{Name: "Zoë = 50%", Groups: []string{"a,b", "größe"}})
	for _, row := range []struct {
		from     fields.Attribute
		encoding fields.Encoding
		want     string
	}{
		{fields.Name, fields.UTF8, "Zoë = 50%"},
		{fields.Name, fields.Percent, "Zo%C3%AB%20%3D%2050%25"},
		{fields.Name, fields.QuotedPrintable, "Zo=C3=AB =3D 50%"},
		{fields.Name, fields.EncodedWord, "=?utf-8?q?Zo=C3=AB=20=3D=2050=25?="},
		{fields.Name, fields.Base64, "Wm/DqyA9IDUwJQ=="},
		{fields.Subject, fields.EncodedWord, "7"},
		{fields.Groups, fields.UTF8, "größe"}, // "a,b" would be two groups
		{fields.Groups, fields.Percent, "a%2Cb,gr%C3%B6%C3%9Fe"},
		{fields.Groups, fields.QuotedPrintable, "gr=C3=B6=C3=9Fe"},
	} {
		h, _ := sealed(t, fields.Field{Name: "X-F", From: row.from, Encoding: row.encoding}).Source().HeaderOf(id)
		if got := h.First("X-F"); got != row.want {
			t.Errorf("%s by encoding %d is %q, want %q", row.from, row.encoding, got, row.want)
		}
	}
}

// A value that holds the separator would be several, one of which the user may not
// have.
func TestAValueIsNeverTwo(t *testing.T) {
	id := identity(t, edgeward.Profile{Groups: []string{"cn=a,ou=admins", "x|y", "z"}})
	for separator, want := range map[string]string{"": "x|y,z", "|": "cn=a,ou=admins|z", ";": "cn=a,ou=admins;x|y;z"} {
		h, omitted := sealed(t, fields.Field{Name: "X-Groups", From: fields.Groups, Separator: separator}).Source().HeaderOf(id)
		if got := h.First("X-Groups"); got != want || (len(omitted) > 0) != (separator != ";") {
			t.Errorf("separated by %q: %q, left out %q", separator, got, omitted)
		}
	}
}

// uuids are groups as Entra names them.
func uuids(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%08x-1111-2222-3333-444455556666", i))
	}
	return all
}

// total is what the fields take on the wire, with the end of each line.
func total(h edgeward.Header) (n int) {
	for name, values := range h {
		n += len(name) + len(": \r\n") + len(values[0])
	}
	return n
}

func TestTwoHundredGroupsFit(t *testing.T) {
	for _, preset := range fields.Presets() {
		h, omitted := sealed(t, fields.Preset(preset)...).Source().HeaderOf(identity(t, edgeward.Profile{Username: "zoe", Email: "zoe@example.com", Name: "Zoë Ünal", Groups: uuids(200)}))
		if n := total(h); len(omitted) > 0 || n > 8<<10-200 {
			t.Errorf("%s takes %d bytes, left out %q", preset, n, omitted)
		}
	}
}

// A part of somebody's groups is another user's.
func TestWhatIsTooLongIsLeftOutWhole(t *testing.T) {
	id := identity(t, edgeward.Profile{Username: "zoe", Groups: uuids(300)})
	h, omitted := sealed(t, fields.Preset("remote-user")...).Source().HeaderOf(id)
	if _, there := h["Remote-Groups"]; there || h.First("Remote-User") != "zoe" || len(omitted) != 1 || !strings.HasPrefix(omitted[0], "Remote-Groups: too long") {
		t.Errorf("%d bytes of groups, left out %q", len(h.First("Remote-Groups")), omitted)
	}
	both := append(fields.Preset("remote-user"), fields.Preset("x-forwarded")...)
	h, omitted = sealed(t, both...).Source().HeaderOf(identity(t, edgeward.Profile{Username: "zoe", Groups: uuids(200)}))
	if len(omitted) != 1 || total(h) > 8<<10 || h.First("Remote-Groups") == "" {
		t.Errorf("two fields of groups take %d bytes, left out %q", total(h), omitted)
	}
}

func TestNamesThatNoIdentityHas(t *testing.T) {
	for _, name := range []string{
		"", "a b", "naïve", strings.Repeat("a", 65), "Remote_User", "X.User", // no names, or not one
		"X-Auth-Subject", "x-auth-assertion", // ours
		"Host", "Connection", "Te", "Upgrade", "Transfer-Encoding", "Keep-Alive", "Content-Length", "Content-Type", "Cookie", "Set-Cookie", "Authorization", "Proxy-Authorization",
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-Uri", "Forwarded", "X-Real-Ip", "X-Request-Id", "X-Original-Url", "X-Rewrite-Url",
		"X-Http-Method-Override", "Proxy", "Script-Name", "X-Api-Key", "Accept", "Accept-Language", "User-Agent", "Origin", "Referer", "Range", "If-Match", "Sec-Fetch-Site", "Access-Control-Request-Method",
		"Cache-Control", "X-Requested-With", "X-Csrf-Token", "Cf-Ray", "X-Edgeward-Refusal",
	} {
		if fields.CheckName(name) == "" {
			t.Errorf("%q can name a user", name)
		}
	}
	for _, name := range []string{"Remote-User", "X-WEBAUTH-USER", "X-Forwarded-User", "x-forwarded-groups", "X-Auth-Request-Email", "X-Remote-User", "Tailscale-User-Login", "From"} {
		if detail := fields.CheckName(name); detail != "" {
			t.Errorf("%s: %s", name, detail)
		}
	}
}

func TestEveryPresetIsSound(t *testing.T) {
	for _, name := range fields.Presets() {
		if h := sealed(t, fields.Preset(name)...); len(h.Fields()) < 2 {
			t.Errorf("preset %s has %d fields", name, len(h.Fields()))
		}
	}
	if fields.Preset("other") != nil {
		t.Error("a preset that is none has fields")
	}
}

func TestOfTwoFieldsTheLaterHolds(t *testing.T) {
	h := sealed(t, append(fields.Preset("remote-user"), fields.Field{Name: "REMOTE-USER", From: fields.Email})...)
	i := slices.IndexFunc(h.Fields(), func(f fields.Field) bool { return f.Name == "Remote-User" })
	if len(h.Fields()) != 4 || i < 0 || h.Fields()[i].From != fields.Email {
		t.Errorf("the fields are %+v", h.Fields())
	}
}

func TestWrongFieldsAreReported(t *testing.T) {
	for member, f := range map[string]fields.Field{
		"X-A": {Name: "X-A", From: "user"}, "X-B": {Name: "X-B"}, "X-C": {Name: "X-C", From: "claims."}, "X-D": {Name: "X-D", From: fields.Groups, Separator: "-"},
		"X-E": {Name: "X-E", From: fields.Groups, Separator: ",,"}, "X-F": {Name: "X-F", From: fields.Name, Encoding: 99}, "Host": {Name: "host", From: fields.Name},
	} {
		var reported []string
		h := fields.HeadersOf(f)
		h.Seal(func(member, detail string) { reported = append(reported, member) })
		if !reflect.DeepEqual(reported, []string{member}) {
			t.Errorf("of %+v %q was reported", f, reported)
		}
	}
	var many []fields.Field
	for i := range 65 {
		many = append(many, fields.Field{Name: fmt.Sprint("X-", i), From: fields.Name})
	}
	h, wrong := fields.HeadersOf(many...), 0
	h.Seal(func(string, string) { wrong++ })
	if wrong != 1 {
		t.Error("65 fields are taken")
	}
}
