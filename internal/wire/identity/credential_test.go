package identity_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

// TestCredential: row 38 of the attack list.
func TestCredential(t *testing.T) {
	bearer := edgeward.Credential{Header: "Authorization"}
	cookie := edgeward.Credential{Header: "Cookie", Cookie: "__Host-ew", Value: edgeward.NewSecret("S")}
	for rule, row := range map[string]struct {
		credential edgeward.Credential
		keep       bool
		sent, want edgeward.Header
	}{
		"bearer goes": {
			bearer, false,
			edgeward.Header{"Authorization": {"Bearer S"}, "Cookie": {"a=1"}},
			edgeward.Header{"Cookie": {"a=1"}},
		},
		"bearer stays where the route says so": {
			bearer, true,
			edgeward.Header{"Authorization": {"Bearer S"}},
			edgeward.Header{"Authorization": {"Bearer S"}},
		},
		"a key in a field of its own goes": {
			edgeward.Credential{Header: "X-Api-Key"}, false,
			edgeward.Header{"X-Api-Key": {"S"}, "Accept": {"*/*"}},
			edgeward.Header{"Accept": {"*/*"}},
		},
		"nothing was presented": {
			edgeward.Credential{}, false,
			edgeward.Header{"Authorization": {"Basic x"}, "Cookie": {"a=1"}},
			edgeward.Header{"Authorization": {"Basic x"}, "Cookie": {"a=1"}},
		},
		"cookie stays where the route says so": {
			cookie, true,
			edgeward.Header{"Cookie": {"a=1; __Host-ew=S"}},
			edgeward.Header{"Cookie": {"a=1; __Host-ew=S"}},
		},
		"a cookie that was renewed is the fresh one": {
			edgeward.Credential{Header: "Cookie", Cookie: "__Host-ew", Value: edgeward.NewSecret("fresh")}, true,
			cookies("a=1; __Host-ew=S; b=2"), cookies("a=1; b=2; __Host-ew=fresh"),
		},
		"also when the browser has dropped it": {
			edgeward.Credential{Header: "Cookie", Cookie: "__Host-ew", Value: edgeward.NewSecret("fresh")}, true,
			edgeward.Header{}, cookies("__Host-ew=fresh"),
		},
		"the only cookie":        {cookie, false, cookies("__Host-ew=S"), edgeward.Header{}},
		"first cookie":           {cookie, false, cookies("__Host-ew=S; a=1"), cookies("a=1")},
		"middle cookie":          {cookie, false, cookies("a=1; __Host-ew=S; b=2"), cookies("a=1; b=2")},
		"last cookie":            {cookie, false, cookies("a=1; __Host-ew=S"), cookies("a=1")},
		"twice":                  {cookie, false, cookies("__Host-ew=S; a=1; __Host-ew=T"), cookies("a=1")},
		"white space in a pair":  {cookie, false, cookies("a=1;\t__Host-ew =S;b=2"), cookies("a=1;b=2")},
		"no value":               {cookie, false, cookies("__Host-ew; a=1"), cookies("a=1")},
		"others byte for byte":   {cookie, false, cookies(` a="x, y" ;;b= ;__Host-ew=S;c=\x;  d`), cookies(`a="x, y" ;;b= ;c=\x;  d`)},
		"same name as a value":   {cookie, false, cookies("a=__Host-ew; __Host-ew=S"), cookies("a=__Host-ew")},
		"longer name":            {cookie, false, cookies("__Host-ew2=1; x__Host-ew=2; __Host-ew=S"), cookies("__Host-ew2=1; x__Host-ew=2")},
		"name in another case":   {cookie, false, cookies("__host-EW=1; __Host-ew=S"), cookies("__host-EW=1")},
		"value holds equal sign": {cookie, false, cookies("__Host-ew=S=T==; a=1=2"), cookies("a=1=2")},
		"within quotes":          {cookie, false, cookies(`a="x; __Host-ew=S; y"`), cookies(`a="x; y"`)},
		"crumbs":                 {cookie, false, cookies("a=1", "__Host-ew=S", "b=2"), cookies("a=1", "b=2")},
		"what has a name of ours": {
			bearer, false,
			cookies("a=1; __Host-ew_access=e30.e30.S; ew_login=S; b=2; __Host-ew_console=S; ew_console_login=S", "__Host-edgeward-session=S; edgeward-session=S; __Host-ew_refresh=S"), cookies("a=1; b=2"),
		},
		"what has a name like ours": {
			bearer, false,
			cookies("ew=1; view_access=2; my-edgeward-x=3; __host-ew_x=4; edgeward-sessionx=5; ew_theme=dark; __Host-ew_accessx=6; __Host-edgeward-theme=7; __host-ew_access=8"),
			cookies("ew=1; view_access=2; my-edgeward-x=3; __host-ew_x=4; edgeward-sessionx=5; ew_theme=dark; __Host-ew_accessx=6; __Host-edgeward-theme=7; __host-ew_access=8"),
		},
		"a cookie's value says nothing": {
			bearer, false, cookies("region=ew_1; a=ews_S; b=\"ewr_S\""), cookies("region=ew_1; a=ews_S; b=\"ewr_S\""),
		},
		"a session and an API key beside a token": {
			bearer, false,
			edgeward.Header{"Authorization": {"Bearer S"}, "Cookie": {"a=1; __Host-edgeward-session=ews_S; b=ew", "__Host-ew_refresh=ewr_S"}, "X-Api-Key": {"ew_live_S"}},
			edgeward.Header{"Cookie": {"a=1; b=ew"}},
		},
		"somebody else's key beside a token": {
			bearer, false,
			edgeward.Header{"X-Api-Key": {"other"}}, edgeward.Header{"X-Api-Key": {"other"}},
		},
		"only what decided, where the route says so": {
			bearer, true,
			edgeward.Header{"Authorization": {"Bearer S"}, "Cookie": {"a=1; __Host-edgeward-session=ews_S; __Host-ew_refresh=ewr_S; __Host-ew_access=e30.e30.S; __Host-ew_login=S; __Host-ew_console=S"}, "X-Api-Key": {"ew_live_S"}},
			edgeward.Header{"Authorization": {"Bearer S"}, "Cookie": {"a=1"}},
		},
		"an API key that decided, where the route says so": {
			edgeward.Credential{Header: "X-Api-Key", Value: edgeward.NewSecret("ew_live_S")}, true,
			edgeward.Header{"Authorization": {"Bearer S"}, "X-Api-Key": {"ew_live_S"}, "Cookie": {"edgeward-session=ews_S"}},
			edgeward.Header{"X-Api-Key": {"ew_live_S"}},
		},
		"an access token in a cookie, where the route says so": {
			edgeward.Credential{Header: "Cookie", Cookie: "__Host-ew_access", Value: edgeward.NewSecret("e30.e30.S")}, true,
			edgeward.Header{"Authorization": {"Bearer T"}, "Cookie": {"a=1; __Host-ew_access=e30.e30.S; __Host-ew_refresh=ewr_S"}},
			edgeward.Header{"Cookie": {"a=1; __Host-ew_access=e30.e30.S"}},
		},
		"a session never": {
			edgeward.Credential{Header: "Cookie", Cookie: "__Host-edgeward-session", Value: edgeward.NewSecret("ews_S")}, true,
			cookies("a=1; __Host-edgeward-session=ews_S"), cookies("a=1"),
		},
		"nor a cookie that renews, signs in or opens the console": {
			edgeward.Credential{Header: "Cookie", Cookie: "__Host-ew_refresh", Value: edgeward.NewSecret("S")}, true,
			cookies("a=1; __Host-ew_refresh=S"), cookies("a=1"),
		},
		"nor a handle of a host": {
			edgeward.Credential{Header: "Cookie", Cookie: "__Host-sid", Value: edgeward.NewSecret("ewh_S")}, true,
			cookies("a=1; __Host-sid=ewh_S; __Host-ew_binding=S; ew_binding=S"), cookies("a=1"),
		},
		"a handle as a bearer token, where the route is public": {
			edgeward.Credential{}, true, edgeward.Header{"Authorization": {"Bearer ewh_S"}}, edgeward.Header{},
		},
		"a ticket as a bearer token, where the route is public": {
			edgeward.Credential{}, true, edgeward.Header{"Authorization": {"Bearer ewt_S"}}, edgeward.Header{},
		},
		"nor under another name": {
			edgeward.Credential{Header: "Cookie", Cookie: "__Host-sid", Value: edgeward.NewSecret("ews_S")}, true,
			cookies("a=1; __Host-sid=ews_S"), cookies("a=1"),
		},
		"a bearer beside": {
			cookie, false,
			edgeward.Header{"Authorization": {"bEaReR S"}, "Cookie": {"__Host-ew=S"}}, edgeward.Header{},
		},
		"a bearer beside what decided, where the route says so": {
			cookie, true,
			edgeward.Header{"Authorization": {"bEaReR T"}, "Cookie": {"__Host-ew=S"}}, cookies("__Host-ew=S"),
		},
		"a bearer that nobody examined": {
			edgeward.Credential{}, false,
			edgeward.Header{"Authorization": {"Bearer S"}}, edgeward.Header{},
		},
		"a bearer that nobody examined, where the route says so": {
			edgeward.Credential{}, true,
			edgeward.Header{"Authorization": {"Bearer S"}}, edgeward.Header{"Authorization": {"Bearer S"}},
		},
		"what Edgeward issued and nobody examined, where the route says so": {
			edgeward.Credential{}, true,
			edgeward.Header{"Authorization": {"Bearer ew_live_S"}, "X-Api-Key": {"ew_live_S"}, "Cookie": {"__Host-ew_access=e30.e30.S; ew_refresh=ewr_S"}}, edgeward.Header{},
		},
		// Basic of ew_live_0a_b for the password, and for the user name.
		"a token of ours as password, beside a cookie": {cookie, false, edgeward.Header{"Authorization": {"Basic YTpld19saXZlXzBhX2I="}, "Cookie": {"__Host-ew=S"}}, edgeward.Header{}},
		"a token of ours as user name, on a public route that forwards": {
			edgeward.Credential{}, true, edgeward.Header{"Authorization": {"bASIC ZXdfbGl2ZV8wYV9iOng="}}, edgeward.Header{},
		},
		"a token of ours as password that decided": {edgeward.Credential{Header: "Authorization"}, false, edgeward.Header{"Authorization": {"Basic YTpld19saXZlXzBhX2I="}}, edgeward.Header{}},
		"a token of ours as password that decided, forwarded": {
			edgeward.Credential{Header: "Authorization"}, true,
			edgeward.Header{"Authorization": {"Basic YTpld19saXZlXzBhX2I="}}, edgeward.Header{"Authorization": {"Basic YTpld19saXZlXzBhX2I="}},
		},
		"Authorization beside": {cookie, false, edgeward.Header{"Authorization": {"Basic x"}, "Cookie": {"__Host-ew=S"}}, edgeward.Header{"Authorization": {"Basic x"}}},
	} {
		t.Run(rule, func(t *testing.T) {
			sent := fmt.Sprint(row.sent)
			h := edgeward.Header(http.Header(row.sent).Clone())
			plain.Apply(h, &edgeward.Decision{Allow: true, Credential: row.credential, KeepCredential: row.keep})
			if !reflect.DeepEqual(h, row.want) {
				t.Errorf("forwarded %q, want %q", h, row.want)
			}
			if fmt.Sprint(row.sent) != sent {
				t.Errorf("the request that was decided upon became %q", row.sent)
			}
		})
	}
}

func cookies(lines ...string) edgeward.Header { return edgeward.Header{"Cookie": lines} }

// A session has another name where the configuration gives it one.
func TestCookiesOfOtherNames(t *testing.T) {
	f, err := identity.NewFields(nil, []string{"__Host-sid"})
	if err != nil {
		t.Fatal(err)
	}
	for _, keep := range []bool{false, true} {
		h := cookies("a=1; __Host-sid=S; __Host-sidx=2; __Host-edgeward-session=S")
		f.Apply(h, &edgeward.Decision{Allow: true, KeepCredential: keep, Credential: edgeward.Credential{Header: "Authorization"}})
		if want := cookies("a=1; __Host-sidx=2"); !reflect.DeepEqual(h, want) {
			t.Errorf("forwarded %q, want %q", h, want)
		}
	}
}

// FuzzCookie demands that net/http sees every cookie but the one, unchanged.
func FuzzCookie(f *testing.F) {
	f.Add("a=1; s=2; b=3", "s")
	f.Add(" s = x;;a;s", "a")
	f.Fuzz(func(t *testing.T, line, name string) {
		if name == "" || strings.ContainsAny(name, " \t=;") || strings.ContainsAny(line, "\r\n") || strings.Contains(line, "ew") {
			return
		}
		h := cookies(line)
		before := slices.DeleteFunc(read(h), func(c string) bool { return strings.HasPrefix(c, name+"=") })
		plain.Apply(h, &edgeward.Decision{Credential: edgeward.Credential{Header: "Cookie", Cookie: name}})
		if after := read(h); !slices.Equal(before, after) {
			t.Errorf("Cookie %q without %q reads %q, want %q", line, name, after, before)
		}
	})
}

func read(h edgeward.Header) (pairs []string) {
	for _, c := range (&http.Request{Header: http.Header(h)}).Cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return pairs
}
