package state_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/cloudflare/state"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

// A keyServer is an issuer whose keys and manners a test changes, and the host
// of a task that asks it. It follows no redirect, as the driver does.
type keyServer struct {
	*httptest.Server
	kids   []string
	answer http.HandlerFunc // instead of the set
	asked  int
	now    time.Time
	lines  []string
}

func newKeyServer(t *testing.T, kids ...string) *keyServer {
	s := &keyServer{kids: kids, now: time.Unix(1_800_000_000, 0)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked++
		if s.answer != nil {
			s.answer(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, setOfKids(s.kids...))
	}))
	t.Cleanup(s.Close)
	return s
}

func setOfKids(kids ...string) string {
	var keys []*jwks.JWK
	for _, kid := range kids {
		id, _, _ := strings.Cut(kid, "#")
		keys = append(keys, &jwks.JWK{Type: jwks.OKP, KeyID: id, Curve: jwks.Ed25519, X: []byte(strings.Repeat(kid, 32)[:32])})
	}
	return string(jwks.AppendSet(nil, keys...))
}

// client follows no redirect, as the driver does.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// Perform implements [runtime.Host].
func (s *keyServer) Perform(kind string, args ...string) (runtime.Frame, error) {
	if kind != "fetch" {
		return runtime.Frame{}, nil
	}
	request, err := http.NewRequest(args[0], args[1], nil)
	if err != nil {
		return nil, err
	}
	for i := 3; i < len(args); i += 2 {
		request.Header.Add(args[i], args[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	f := runtime.Frame{fmt.Sprint(response.StatusCode), string(body)}
	for name, values := range response.Header {
		f = append(f, strings.ToLower(name), values[0])
	}
	return f, err
}

func (s *keyServer) keys() *state.KeySet {
	return &state.KeySet{
		Issuer: s.URL, JWKSURI: s.URL + "/keys", Algorithms: []jwt.Algorithm{jwt.EdDSA},
		Now: func() time.Time { return s.now }, Log: func(line string) { s.lines = append(s.lines, line) },
	}
}

// find returns why kid is refused, Authenticated when it is not.
func (s *keyServer) find(ctx context.Context, k *state.KeySet, kid string) edgeward.Reason {
	if _, err := k.Key(runtime.WithHost(ctx, s), kid, true, jwt.EdDSA); err != nil {
		return edgeward.ReasonOf(err)
	}
	return edgeward.Authenticated
}

// What a Worker asks for keys with, and what it takes, is what the gateway does.
func TestAWorkersKeyFetch(t *testing.T) {
	document := func(media string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{media}
			fmt.Fprint(w, setOfKids("a"))
		}
	}
	moved := func(to func(*http.Request) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/moved" {
				document("application/json")(w, r)
				return
			}
			w.Header().Set("Location", to(r))
			w.WriteHeader(http.StatusFound)
		}
	}
	elsewhere := httptest.NewServer(document("application/json"))
	t.Cleanup(elsewhere.Close)
	for rule, row := range map[string]struct {
		answer http.HandlerFunc
		ok     bool
	}{
		"a server that gives sets only to who asks for one": {func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Accept"), "application/jwk-set+json") {
				w.WriteHeader(http.StatusNotAcceptable)
				return
			}
			document("application/jwk-set+json")(w, r)
		}, true},
		"a media type in capitals":            {document("APPLICATION/JSON; charset=utf-8"), true},
		"HTML":                                {document("text/html"), false},
		"an image":                            {document("image/svg+json"), false},
		"a redirect to a path":                {moved(func(*http.Request) string { return "/moved" }), true},
		"a redirect to its own host":          {moved(func(r *http.Request) string { return "http://" + r.Host + "/moved" }), true},
		"a redirect to another host":          {moved(func(*http.Request) string { return elsewhere.URL + "/moved" }), false},
		"a redirect to another host, //":      {moved(func(*http.Request) string { return strings.TrimPrefix(elsewhere.URL, "http:") + "/moved" }), false},
		"a redirect to another scheme":        {moved(func(r *http.Request) string { return "https://" + r.Host + "/moved" }), false},
		"a redirect to a script":              {moved(func(*http.Request) string { return "javascript:alert(1)" }), false},
		"a redirect without a place":          {moved(func(*http.Request) string { return "" }), false},
		"a redirect without an end":           {moved(func(*http.Request) string { return "/again" }), false},
		"a redirect to what has two readings": {moved(func(*http.Request) string { return "/a/../moved" }), false},
	} {
		s := newKeyServer(t)
		s.answer = row.answer
		want := edgeward.Unavailable
		if row.ok {
			want = edgeward.Authenticated
		}
		if got := s.find(t.Context(), s.keys(), "a"); got != want || s.asked > 4 {
			t.Errorf("%s: %v after %d requests, want %v", rule, got, s.asked, want)
		}
	}
	s := newKeyServer(t)
	s.answer = document("text/plain")
	_, err := s.keys().Key(runtime.WithHost(t.Context(), s), "a", true, jwt.EdDSA)
	if err == nil || !strings.Contains(err.Error(), `"text/plain"`) {
		t.Errorf("the type that came is not named: %v", err)
	}
}

// Keys that are left out are logged, and a contested kid costs no other.
func TestAWorkerLogsTheKeysThatItLeavesOut(t *testing.T) {
	s := newKeyServer(t, "a", "a", "x", "x#2")
	k := s.keys()
	for kid, want := range map[string]edgeward.Reason{"a": edgeward.Authenticated, "x": edgeward.Unavailable} {
		if got := s.find(t.Context(), k, kid); got != want {
			t.Errorf("%s: %v, want %v", kid, got, want)
		}
	}
	about := func(line string) bool { return strings.Contains(line, `kid "x"`) && strings.Contains(line, s.URL) }
	if len(s.lines) != 2*s.asked || !slices.ContainsFunc(s.lines, about) { // a contested kid is asked for again, once
		t.Errorf("%d fetches logged %q", s.asked, s.lines)
	}
}

// The brake is the gateway's: a scheduled fetch and one that brought the key brake
// nobody, strangers refuse no valid token, and a sign-in has a brake of its own.
func TestAWorkersBrake(t *testing.T) {
	s := newKeyServer(t, "a")
	k := s.keys()
	steps := []struct {
		after time.Duration
		kids  []string
		kid   string
		vouch bool
		want  edgeward.Reason
		asked int
	}{
		{0, []string{"a"}, "a", false, edgeward.Authenticated, 1},
		{time.Second, []string{"a", "b"}, "b", false, edgeward.Authenticated, 2},
		{time.Second, []string{"a", "b"}, "made up", false, edgeward.TokenKey, 3},
		{time.Second, []string{"a", "b"}, "made up", false, edgeward.TokenKey, 3},
		{time.Second, []string{"a", "c"}, "made up, too", false, edgeward.Unavailable, 3},
		{time.Second, []string{"a", "c"}, "c", false, edgeward.Unavailable, 3},
		{time.Second, []string{"a", "c"}, "c", true, edgeward.Authenticated, 4},
		{time.Second, []string{"a", "d"}, "d", false, edgeward.Unavailable, 4},
		{jwks.Brake, []string{"a", "d"}, "d", false, edgeward.Authenticated, 5},
	}
	for i, step := range steps {
		s.kids, s.now = step.kids, s.now.Add(step.after)
		ctx := t.Context()
		if step.vouch {
			ctx = jwks.Vouch(ctx)
		}
		if got := s.find(ctx, k, step.kid); got != step.want || s.asked != step.asked {
			t.Errorf("step %d: %v after %d requests, want %v after %d", i+1, got, s.asked, step.want, step.asked)
		}
	}
}

// A contested kid is asked for again, as at the gateway, and is never a refusal.
func TestAWorkerAsksForAContestedKidAgain(t *testing.T) {
	s := newKeyServer(t, "a#1", "a#2", "c")
	k := s.keys()
	for i, step := range []struct {
		kids  []string
		kid   string
		want  edgeward.Reason
		asked int
	}{
		{[]string{"a#1", "a#2", "c"}, "c", edgeward.Authenticated, 1},
		{[]string{"a#1", "a#2", "c"}, "a", edgeward.Unavailable, 2},
		{[]string{"a#1", "c"}, "a", edgeward.Unavailable, 2},
		{[]string{"a#1", "c"}, "c", edgeward.Authenticated, 2},
	} {
		s.kids = step.kids
		if got := s.find(t.Context(), k, step.kid); got != step.want || s.asked != step.asked {
			t.Errorf("step %d: %v after %d requests, want %v after %d", i+1, got, s.asked, step.want, step.asked)
		}
	}
	s.now = s.now.Add(jwks.Brake)
	if got := s.find(t.Context(), k, "a"); got != edgeward.Authenticated || s.asked != 3 {
		t.Errorf("%v after %d requests", got, s.asked)
	}
}

// An issuer without OpenID metadata may have that of RFC 8414.
func TestAWorkerFindsKeysByServerMetadata(t *testing.T) {
	for name, place := range map[string]string{"": "/.well-known/oauth-authorization-server", "/": "/.well-known/oauth-authorization-server", "/a/b": "/.well-known/oauth-authorization-server/a/b"} {
		for _, issuer := range []string{"", "https://other.example"} {
			s := newKeyServer(t)
			k := s.keys()
			k.Issuer, k.JWKSURI = s.URL+name, ""
			if issuer == "" {
				issuer = k.Issuer
			}
			s.answer = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				switch r.URL.Path {
				case place:
					fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, issuer, s.URL+"/keys")
				case "/keys":
					fmt.Fprint(w, setOfKids("a"))
				default:
					w.WriteHeader(http.StatusNotFound)
				}
			}
			if got := s.find(t.Context(), k, "a"); (got == edgeward.Authenticated) != (issuer == k.Issuer) {
				t.Errorf("%q, which says it is %q: %v", k.Issuer, issuer, got)
			}
		}
	}
}
