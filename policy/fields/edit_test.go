package fields_test

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy/fields"
)

// faults returns by which members something is wrong.
func faults(seal func(func(member, detail string))) (members []string) {
	seal(func(member, _ string) { members = append(members, member) })
	return members
}

func TestFieldsThatNoRequestIsEdited(t *testing.T) {
	for _, name := range []string{
		"", "a b", "X_Tenant", "Host", "Connection", "Cookie", "Authorization", "Content-Length", "Transfer-Encoding", "Upgrade", "Te", "Range", "Expect", "X-Api-Key",
		"X-Forwarded-For", "X-Forwarded-User", "Forwarded", "X-Request-Id", "X-Original-Url", "X-Http-Method-Override", "X-Auth-Subject", "Proxy-Authorization", "Sec-Websocket-Key",
	} {
		set, removed := fields.RequestEditOf(map[string]string{name: "x"}, nil), fields.RequestEditOf(nil, []string{name})
		if len(faults(set.Seal)) != 1 || len(faults(removed.Seal)) != 1 {
			t.Errorf("%q can be edited", name)
		}
	}
	e := fields.RequestEditOf(map[string]string{"x-tenant": "red", "Accept-Language": "de"}, []string{"referer", "X-Auth-Token"})
	if wrong := faults(e.Seal); wrong != nil {
		t.Errorf("%q is wrong", wrong)
	}
	want := edgeward.FieldEdit{Set: edgeward.Header{"X-Tenant": {"red"}, "Accept-Language": {"de"}}, Remove: []string{"Referer", "X-Auth-Token"}}
	if !reflect.DeepEqual(e.Made(), want) {
		t.Errorf("made %+v", e.Made())
	}
	own, touched := e.Names()
	slices.Sort(touched)
	if !reflect.DeepEqual(own, []string{"X-Tenant"}) || !reflect.DeepEqual(touched, []string{"Accept-Language", "Referer", "X-Auth-Token"}) {
		t.Errorf("own %q, touched %q", own, touched)
	}
}

func TestFieldsThatNoAnswerIsEdited(t *testing.T) {
	for _, name := range []string{
		"Set-Cookie", "Vary", "WWW-Authenticate", "Access-Control-Allow-Origin", "Connection", "Transfer-Encoding", "Content-Length", "Content-Type", "Content-Encoding", "Location",
		"X-Request-Id", "X-Accel-Redirect", "Retry-After", "Trailer", "Date",
	} {
		if e := fields.ResponseEditOf(map[string]string{name: "x"}, nil); len(faults(e.Seal)) != 1 {
			t.Errorf("%q can be set", name)
		}
		if e := fields.ResponseEditOf(nil, []string{name}); len(faults(e.Seal)) != 1 {
			t.Errorf("%q can be removed", name)
		}
	}
	for _, name := range []string{"Strict-Transport-Security", "Content-Security-Policy", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy", "Cache-Control", "Server", "X-Robots-Tag"} {
		if e := fields.ResponseEditOf(map[string]string{name: "x"}, nil); faults(e.Seal) != nil {
			t.Errorf("%q cannot be set", name)
		}
	}
}

func TestValuesThatAreSet(t *testing.T) {
	for _, text := range []string{"", " a", "a\r\nSet-Cookie: b", "a\x00", "é", "env:SECRET", "file:secret", strings.Repeat("a", 4097)} {
		if e := fields.ResponseEditOf(map[string]string{"X-A": text}, nil); len(faults(e.Seal)) != 1 {
			t.Errorf("%q can be set", text)
		}
	}
	for rule, e := range map[string]fields.ResponseEdit{
		"twice":           fields.ResponseEditOf(map[string]string{"x-a": "1", "X-A": "2"}, nil),
		"set and removed": fields.ResponseEditOf(map[string]string{"X-A": "1"}, []string{"x-a"}),
		"33 names":        fields.ResponseEditOf(nil, strings.Split(strings.Repeat("X-A ", 32)+"X-A", " ")),
	} {
		if len(faults(e.Seal)) != 1 {
			t.Errorf("%s: taken", rule)
		}
	}
}

func TestBasic(t *testing.T) {
	secret := edgeward.NewSecret("pass word:ü")
	for name, want := range map[string]string{"zoe": "zoe:pass word:ü", "Zoë": "Zoë:pass word:ü", "": "", "a:b": ""} {
		a := fields.Basic(fields.Username, secret)
		if wrong := faults(a.Seal); wrong != nil {
			t.Fatalf("%q is wrong", wrong)
		}
		field, omitted := a.BasicOf(identity(t, edgeward.Profile{Username: name}))
		if want != "" {
			want = "Basic " + base64.StdEncoding.EncodeToString([]byte(want))
		}
		if field != want || (omitted != "") != (name == "a:b") {
			t.Errorf("of %q: %q, left out %q", name, field, omitted)
		}
	}
	for rule, a := range map[string]fields.Authorization{
		"no password": fields.Basic(fields.Username, edgeward.Secret{}), "two lines": fields.Basic(fields.Username, edgeward.NewSecret("a\nb")),
		"a list": fields.Basic(fields.Groups, secret), "no attribute": fields.Basic("user", secret),
	} {
		if len(faults(a.Seal)) != 1 {
			t.Errorf("%s: taken", rule)
		}
	}
	none, token := fields.Authorization{}, fields.AccessToken()
	if none.Replaces() || !token.Replaces() || !token.WantsAccessToken() {
		t.Error("what replaces the client's is another")
	}
}
