package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
)

// sixty are permissions, as a person has them who is in many groups.
func sixty() (all []string) {
	for i := range 60 {
		all = append(all, fmt.Sprintf("department-%02d:documents:write", i))
	}
	return all
}

// With 60 permissions the answer of Edgeward is larger than nginx reads by
// default. The renewed cookie reaches the browser, which else would have to have
// it renewed on every request, and no cache.
func TestEveryFrontPassesARenewedCookieOn(t *testing.T) {
	behindIngressNginxToo(t, func(t *testing.T, s *portalSite) {
		pair, err := s.api.MintPair(t.Context(), client.NewPair{Subject: "ada", Permissions: sixty()})
		s.must(err)
		refresh := "ew_refresh=" + pair.RefreshToken.Reveal()
		seen, a := s.reached(t, "GET /page", "Cookie: "+refresh+"; app=1")
		if got := strings.Fields(seen.Header.Get("X-Auth-Permissions")); !slices.Equal(got, sixty()) {
			t.Errorf("the application saw %d permissions", len(got))
		}
		if got := seen.Header["Cookie"]; !slices.Equal(got, []string{"app=1"}) {
			t.Errorf("the application saw the cookies %q", got)
		}
		given := (&http.Response{Header: a.header}).Cookies()
		if len(given) != 1 || given[0].Name != "ew_access" || given[0].Value == "" {
			t.Fatalf("the browser was given %q", a.header["Set-Cookie"])
		}
		if (s.name == "nginx" || s.name == "caddy") && !strings.Contains(strings.Join(a.header["Cache-Control"], ","), "no-store") {
			t.Errorf("a cache may keep the cookie: %q", a.header["Cache-Control"])
		}
		seen, a = s.reached(t, "GET /page", "Cookie: "+refresh+"; ew_access="+given[0].Value)
		if seen.Header.Get("X-Auth-Subject") != "ada" || seen.Header.Get("Cookie") != "" || a.header.Get("Set-Cookie") != "" || a.header.Get("Cache-Control") != "" {
			t.Errorf("with the renewed cookie: the application saw %v, answer %v", seen.Header, a.header)
		}
		if seen, _ = s.reached(t, "GET /kept", "Cookie: "+refresh); !strings.Contains(seen.Header.Get("Cookie"), "ew_access=") {
			t.Errorf("where the credential is forwarded the application saw the cookies %q", seen.Header["Cookie"])
		}
	})
}

// RFC 9110 §11.6.2: what is meant for the application reaches it. What opens
// Edgeward does not, whatever the configuration calls it.
func TestEveryFrontTellsCredentialsApart(t *testing.T) {
	behindIngressNginxToo(t, func(t *testing.T, s *portalSite) {
		k := s.issue("ada")
		session := "Cookie: app=1; " + k.cookie + "; view=2"
		key := strings.TrimPrefix(k.apiKey, "X-API-Key: ")
		for _, row := range []struct {
			rule, path string
			lines      []string
			want       map[string]string // what the application sees
		}{
			{"Basic beside a session", "/page", []string{session, "Authorization: Basic dTpw"}, map[string]string{"Authorization": "Basic dTpw", "Cookie": "app=1; view=2"}},
			{"another scheme beside a session", "/page", []string{session, "Authorization: Token abc"}, map[string]string{"Authorization": "Token abc"}},
			{"Basic on a public route", "/public", []string{"Authorization: Basic dTpw"}, map[string]string{"Authorization": "Basic dTpw"}},
			{"a bearer token", "/page", []string{k.bearer}, map[string]string{"Authorization": ""}},
			{"a bearer token on a public route", "/public", []string{k.bearer}, map[string]string{"Authorization": ""}},
			{"a session on a public route", "/public", []string{session}, map[string]string{"Cookie": "app=1; view=2"}},
			{"a session alone", "/page", []string{k.session}, map[string]string{"Cookie": ""}},
			{"a session first", "/page", []string{k.session + "; app=1"}, map[string]string{"Cookie": "app=1"}},
			{"an API key", "/page", []string{k.apiKey}, map[string]string{"X-Api-Key": ""}},
			{"an API key on a public route", "/public", []string{k.apiKey}, map[string]string{"X-Api-Key": ""}},
			{"the application's API key on a public route", "/public", []string{"X-API-Key: theirs"}, map[string]string{"X-Api-Key": "theirs"}},
			{"a bearer token that is forwarded", "/kept", []string{k.bearer}, map[string]string{"Authorization": strings.TrimPrefix(k.bearer, "Authorization: ")}},
			{"an API key that is forwarded", "/kept", []string{k.apiKey}, map[string]string{"X-Api-Key": key}},
			{"no credential", "/public", nil, map[string]string{"Authorization": "", "Cookie": "", "X-Api-Key": ""}},
		} {
			seen, _ := s.reached(t, "GET "+row.path, row.lines...)
			for name, want := range row.want {
				if got := strings.Join(seen.Header[name], "|"); got != want {
					t.Errorf("%s: the application saw %s: %q, want %q", row.rule, name, got, want)
				}
			}
		}
	})
}

// What a client gets for a refusal is the same at every front, each attempt counts
// once, and is one line in the log.
func TestEveryFrontShowsARefusalAsItIs(t *testing.T) {
	behindEach(t, func(t *testing.T, s *portalSite) {
		k := s.issue("ada")
		if s.name != "traefik" { // which forwards another path than it was asked for, and asks about that
			wantProblem(t, s.say("GET /a//b"), 400, "bad_request")
		}
		wantProblem(t, s.say("GET /page", "Sec-Fetch-Mode: cors"), 401, "credential_required")
		wantProblem(t, s.say("GET /cors/admin", k.bearer), 403, "insufficient_scope")
		if a := s.say("GET /cors/admin", k.bearer); !strings.Contains(a.header.Get("WWW-Authenticate"), `scope="admin"`) {
			t.Errorf("403 with the challenge %q", a.header["Www-Authenticate"])
		}
		first, payload, signature := split(k.access)
		guess := bearer(first + "." + payload + "." + flip(signature))
		var statuses []int
		for range 12 {
			a := s.sayAs("GET /page", guess)
			statuses = append(statuses, a.status)
			if a.status == 429 {
				if wantProblem(t, a, 429, "too_many_requests"); a.header.Get("Retry-After") == "" {
					t.Error("429 without Retry-After")
				}
			}
		}
		if want := slices.Concat(slices.Repeat([]int{401}, 10), []int{429, 429}); !slices.Equal(statuses, want) {
			t.Errorf("statuses %v, want %v", statuses, want)
		}
		s.stop()
		log := s.process.output.String()
		if n := strings.Count(log, `"/page"`); n != 13 || strings.Contains(log, "/refusal") {
			t.Errorf("13 requests for /page are %d lines", n)
		}
	})
}

// A page of another origin calls through every front: it reads answers and
// refusals. Traefik cannot add a field to an answer.
func TestEveryFrontSpeaksCORS(t *testing.T) {
	behindEach(t, func(t *testing.T, s *portalSite) {
		k := s.issue("ada")
		origin := "Origin: " + page
		ask := []string{origin, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: x-one"}
		before := s.app.received.Load()
		if a := s.say("OPTIONS /cors/x", ask...); s.name != "traefik" {
			if a.status != 204 || a.header.Get("Access-Control-Allow-Origin") != page || a.header.Get("Access-Control-Allow-Methods") != "GET, PUT" ||
				a.header.Get("Access-Control-Allow-Headers") != "X-One" || a.header.Get("Access-Control-Allow-Credentials") != "true" {
				t.Errorf("a preflight: status %d, %v", a.status, a.header)
			}
		}
		for _, lines := range [][]string{
			{"Origin: https://evil.example", ask[1], ask[2]}, {origin, "Access-Control-Request-Method: DELETE"}, {origin, ask[1], "Access-Control-Request-Headers: x-two"},
		} {
			if a := s.say("OPTIONS /cors/x", lines...); a.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("a preflight with %q: status %d, %v", lines, a.status, a.header)
			}
		}
		if s.app.received.Load() != before {
			t.Error("a preflight reached the application")
		}
		if _, a := s.reached(t, "GET /cors/x", origin, k.bearer); s.name != "traefik" {
			if got := a.header["Access-Control-Allow-Origin"]; !slices.Equal(got, []string{page}) || a.header.Get("Access-Control-Allow-Credentials") != "true" ||
				a.header.Get("Access-Control-Expose-Headers") != "X-Upstream" || !strings.Contains(a.header.Get("Vary"), "Origin") {
				t.Errorf("an answer: %v", a.header)
			}
			if _, a := s.reached(t, "GET /cors/x", "Origin: https://evil.example", k.bearer); a.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("an answer to another origin: %v", a.header)
			}
		}
		for path, status := range map[string]int{"/cors/x": 401, "/cors/admin": 403} {
			lines := []string{origin}
			if status == 403 {
				lines = append(lines, k.bearer)
			}
			if a := s.say("GET "+path, lines...); a.status != status || !slices.Equal(a.header["Access-Control-Allow-Origin"], []string{page}) {
				t.Errorf("a refusal: status %d, %v", a.status, a.header)
			}
		}
		if seen, _ := s.reached(t, "OPTIONS /own/x", origin, "Access-Control-Request-Method: GET"); seen.Method != "OPTIONS" {
			t.Errorf("a preflight of the application's own: %s", seen.Method)
		}
		// What the application says where no route has CORS rules is its own.
		if a := s.say("GET /public?cors=*"); a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("an application with CORS of its own: %v", a.header)
		}
		if a := s.say("GET /cors/x?cors=*", "Origin: https://evil.example", k.bearer); s.name != "traefik" && a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("an application that opens what the route closes: %v", a.header)
		}
	})
}

func TestEveryFrontPassesWhatStaysOpen(t *testing.T) {
	behindIngressNginxToo(t, func(t *testing.T, s *portalSite) {
		k := s.issue("ada")
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		for rule, h := range map[string]http.Header{
			"a token":            {"Authorization": {"Bearer " + k.access}},
			"a page of our own":  {"Cookie": {k.cookie}, "Origin": {"http://" + s.address}},
			"a page of the list": {"Cookie": {k.cookie}, "Origin": {page}},
		} {
			conn, _, err := websocket.Dial(ctx, "ws://"+s.address+"/cors/ws", &websocket.DialOptions{HTTPHeader: h})
			if err != nil {
				t.Errorf("a WebSocket of %s: %v", rule, err)
				continue
			}
			if _, message, err := conn.Read(ctx); err != nil || string(message) != "ada" {
				t.Errorf("a WebSocket of %s: %q, %v", rule, message, err)
			}
			_ = conn.CloseNow()
		}
		for rule, h := range map[string]http.Header{
			"nobody": {}, "another page": {"Cookie": {k.cookie}, "Origin": {"https://evil.example"}},
		} {
			if conn, _, err := websocket.Dial(ctx, "ws://"+s.address+"/cors/ws", &websocket.DialOptions{HTTPHeader: h}); err == nil {
				_ = conn.CloseNow()
				t.Errorf("a WebSocket of %s was opened", rule)
			}
		}
		req, err := http.NewRequestWithContext(ctx, "GET", "http://"+s.address+"/page", nil)
		s.must(err)
		req.Header = http.Header{"Authorization": {"Bearer " + k.access}, "Accept": {"text/event-stream"}}
		res, err := http.DefaultTransport.RoundTrip(req)
		s.must(err)
		defer res.Body.Close()
		first := make([]byte, len("data: ada\n\n"))
		if n, err := res.Body.Read(first); err != nil || string(first[:n]) != "data: ada\n\n" { // the stream goes on until the client leaves
			t.Errorf("an event stream: status %d, %q, %v", res.StatusCode, first[:n], err)
		}
	})
}

// The paths below /auth/ are Edgeward's, and no others.
func TestEveryFrontLeavesTheApplicationItsPaths(t *testing.T) {
	behindIngressNginxToo(t, func(t *testing.T, s *portalSite) {
		k := s.issue("ada")
		paths := []string{"/authors", "/AUTH/x", "/page/auth/x"}
		if s.name != "ingress-nginx" { // whose location of a prefix redirects it
			paths = append(paths, "/auth")
		}
		for _, path := range paths {
			if seen, _ := s.reached(t, "GET "+path, k.bearer); seen.Target != path {
				t.Errorf("%s: the application saw %s", path, seen.Target)
			}
			if a := s.say("GET "+path, "Sec-Fetch-Mode: cors"); a.status != 401 && !(s.name == "ingress-nginx" && a.status == 302) {
				t.Errorf("%s without a credential: status %d", path, a.status)
			}
		}
		if a := s.say("GET /auth/session"); a.status != 401 || !strings.Contains(a.body, "login_url") {
			t.Errorf("/auth/session: status %d, %s", a.status, a.body)
		}
	})
}

// What the READMEs say of an application below a prefix: the question and the way
// back from a sign-in have it, the application does not. HAProxy's expression is
// without its "^" here, so that it finds the prefix in Edgeward's own paths too.
func TestAPrefixIsRemovedAfterTheQuestion(t *testing.T) {
	t.Parallel()
	edits := map[string]*strings.Replacer{
		"nginx":   strings.NewReplacer("location / {", "location /app/ {", "proxy_pass http://application;", "proxy_pass http://application/;"),
		"caddy":   strings.NewReplacer("\t\treverse_proxy 127.0.0.1:3000", "\t\turi strip_prefix /app\n\t\treverse_proxy 127.0.0.1:3000"),
		"haproxy": strings.NewReplacer("    use_backend edgeward", "    http-request replace-path /app(/.*) \\1\n    use_backend edgeward"),
		"traefik": strings.NewReplacer("middlewares: [way, edgeward]", "middlewares: [way, edgeward, strip]", "  middlewares:\n", "  middlewares:\n    strip: {stripPrefix: {prefixes: [/app]}}\n"),
	}
	for _, way := range fronts[1:] {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			isAtHand(t, way.name)
			s := newPortalSite(t, way.name, way.start, edits[way.name])
			if seen, _ := s.reached(t, "GET /app/page?x=1", s.issue("ada").bearer); seen.Target != "/page?x=1" {
				t.Errorf("the application saw %s", seen.Target)
			}
			a := s.say("GET /app/page?x=1", "Sec-Fetch-Mode: navigate")
			if got := a.header.Get("Location"); a.status != 302 || !strings.HasSuffix(got, "return_to=%2Fapp%2Fpage%3Fx%3D1") {
				t.Errorf("status %d to %s", a.status, got)
			}
			before := s.app.received.Load()
			for _, path := range []string{"/auth/app/page", "/auth/app/public", "/auth/app/auth/login", "/auth/../app/page", "/app/auth/app/page"} {
				if a := s.say("GET "+path, "X-Auth-Subject: root"); a.status < 400 || s.app.received.Load() != before {
					t.Errorf("%s: status %d, the application saw %+v", path, a.status, a.report)
				}
			}
		})
	}
}
