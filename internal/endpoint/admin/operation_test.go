package admin_test

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/edgeward/edgeward/internal/endpoint/admin"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// operations are those of the document as "METHOD path", each with its scope.
func operations(t *testing.T) map[string]string {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(admin.Document())
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Errorf("the document: %v", err)
	}
	all := map[string]string{}
	for path, item := range document.Paths.Map() {
		for method, o := range item.Operations() {
			scope, _ := o.Extensions["x-scope"].(string)
			all[method+" "+path] = scope
		}
	}
	return all
}

func TestTheDocumentHasExactlyTheOperations(t *testing.T) {
	want := admin.Operations()
	if got := operations(t); !maps.Equal(got, want) {
		t.Errorf("the document has\n%v, the code\n%v", got, want)
	}
	prose, err := os.ReadFile("../../../docs/control-api.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, scope := range want {
		if scope == "" {
			scope = "–"
		} else {
			scope = "`" + scope + "`"
		}
		if !strings.Contains(string(prose), "| `"+name+"` | "+scope+" |") {
			t.Errorf("docs/control-api.md lacks a row for %s, %s", name, scope)
		}
	}
}

func TestTheDocumentIsServedToAnybody(t *testing.T) {
	s := start(t)
	a := s.send("GET", "/v1/openapi.json", "", "Authorization", "")
	if a.Code != 200 || a.Body.String() != string(admin.Document()) {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	refused(t, s.send("GET", "/v1/openapi.json?x=1", "", "Authorization", ""), 400, "bad_request")
}

// example returns a request that the operation accepts.
func (s *system) example(name string) (method, path, body string) {
	method, path, _ = strings.Cut(name, " ")
	switch name {
	case "DELETE /v1/sessions/{id}":
		a := s.send("POST", "/v1/sessions", `{"subject":"alice"}`)
		path = "/v1/sessions/" + a.members["session"].(map[string]any)["id"].(string)
	case "DELETE /v1/api-keys/{id}", "POST /v1/api-keys/{id}/rotate":
		_, id := s.key("read")
		path = strings.Replace(path, "{id}", id, 1)
	case "DELETE /v1/bans/{id}":
		s.Limits.Block(home.Next())
		path = "/v1/bans/" + home.Next().String()
	}
	return method, path, map[string]string{
		"POST /v1/sessions":             `{"subject":"alice","permissions":["read"],"client_ip":"203.0.113.7","user_agent":"curl"}`,
		"POST /v1/tokens":               `{"subject":"alice","permissions":["read"],"client_id":"app","client_ip":"2001:db8::1","user_agent":"curl"}`,
		"POST /v1/api-keys":             `{"subject":"alice","name":"ci","permissions":["read"],"networks":["192.0.2.0/24"],"expires":"2026-12-31T00:00:00Z"}`,
		"POST /v1/api-keys/{id}/rotate": `{"keep_old_seconds":3600}`,
		"POST /v1/personal-tokens/end":  `{"issuer":"https://idp.example","subject":"alice","reason":"laptop stolen"}`,
		"POST /v1/revocations":          `{"scope":"logout","issuer":"https://idp.example","value":"mallory","not_before":"2026-01-01T00:00:00Z","expires":"2026-02-01T00:00:00Z","reason":"left"}`,
		"POST /v1/subjects/logout":      `{"issuer":"https://idp.example","subject":"alice","reason":"laptop stolen"}`,
	}[name]
}

// names are the operations that need an API key, in order.
func names() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(admin.Operations())), func(name string) bool {
		return admin.Operations()[name] == ""
	})
}

func TestEveryOperationNeedsItsScopeOrAdmin(t *testing.T) {
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			s := start(t, copies(write("the store"), t.TempDir()))
			scope := admin.Operations()[name]
			others := slices.DeleteFunc(names(), func(other string) bool { return admin.Operations()[other] == scope })
			var wrong []string
			for _, other := range others {
				wrong = append(wrong, admin.Operations()[other])
			}
			narrow, _ := s.key(scope)
			rest, _ := s.key(append(wrong, "introspect", "read")...)

			method, path, body := s.example(name)
			a := s.send(method, path, body, "Authorization", "Bearer "+rest)
			refused(t, a, 403, "insufficient_scope")
			if got := a.Header().Get("Www-Authenticate"); !strings.Contains(got, `scope="`+scope+`"`) {
				t.Errorf("challenge %s", got)
			}
			refused(t, s.send(method, path, body, "Authorization", ""), 401, "credential_required")

			status := map[string]int{"POST": 201, "GET": 200, "DELETE": 204}[method]
			if strings.HasSuffix(path, "/rotate") || strings.HasSuffix(path, "/logout") || strings.HasSuffix(path, "/end") {
				status = 200
			}
			a = s.send(method, path, body, "Authorization", "", "X-Api-Key", narrow)
			if plain(t, a); a.Code != status {
				t.Errorf("with %s: %d %s", scope, a.Code, a.Body)
			}
			method, path, body = s.example(name)
			if a := s.send(method, path, body); a.Code != status {
				t.Errorf("with admin: %d %s", a.Code, a.Body)
			}
		})
	}
}

func TestWhatIsDoneIsAuditedWithItsCaller(t *testing.T) {
	s := start(t)
	secret, id := s.key("admin")
	a := s.send("POST", "/v1/sessions", `{"subject":"alice"}`, "Authorization", "Bearer "+secret)
	records := s.Audit.Records()
	last := records[len(records)-1]
	if last.Actor != "api_key:"+id || last.RequestID != a.Header().Get("X-Request-Id") || last.Action != "session.create" {
		t.Errorf("%+v", last)
	}
}

func TestAStoreInTroubleIsNeverARefusal(t *testing.T) {
	for _, name := range names() {
		if name == "GET /v1/bans" || name == "DELETE /v1/bans/{id}" || name == "GET /v1/backup" {
			continue // they ask no store
		}
		t.Run(name, func(t *testing.T) {
			s := start(t)
			method, path, body := s.example(name)
			s.send("GET", "/v1/bans", "") // the key is in the cache
			s.Store.Follow(down)
			refused(t, s.send(method, path, body), 503, "unavailable")
			if !s.observer.unknown() {
				t.Error("the observer was not told")
			}
			if method == "POST" {
				refused(t, s.send(method, path, body, "Idempotency-Key", "k"), 503, "unavailable")
			}
		})
	}
}

func TestPathsAndMethodsOutsideTheAPI(t *testing.T) {
	s := start(t)
	for _, path := range []string{"/v1/", "/v1/nothing", "/v1/sessions/", "/v1/sessions/a/b", "/v1/openapi.json/x"} {
		refused(t, s.send("GET", path, ""), 404, "not_found")
	}
	for path, allow := range map[string]string{
		"/v1/sessions": "POST, GET, HEAD", "/v1/sessions/x": "DELETE", "/v1/backup": "GET, HEAD", "/v1/api-keys/x/rotate": "POST",
	} {
		a := s.send("PUT", path, "")
		if refused(t, a, 405, "method_not_allowed"); a.Header().Get("Allow") != allow {
			t.Errorf("%s allows %q, want %q", path, a.Header().Get("Allow"), allow)
		}
	}
	for path, status := range map[string]int{"/v1/tokens": 405, "/v1/sessions": 200} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, s.request("HEAD", path, ""))
		if w.Code != status || w.Body.Len() != 0 { // RFC 9110 §9.3.2
			t.Errorf("HEAD %s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestWhatIsNotConfigured(t *testing.T) {
	s := start(t)
	s.Authority.Sessions = nil
	refused(t, s.send("POST", "/v1/sessions", `{"subject":"alice"}`), 501, "not_configured")
	refused(t, s.send("GET", "/v1/backup", ""), 501, "not_configured")
}

func TestHeadersAreBounded(t *testing.T) {
	s := start(t)
	refused(t, s.send("GET", "/v1/sessions", "", "X-Large", strings.Repeat("x", canonical.MaxHeaderBytes)), 431, "header_too_large")
}

// A client that announces a body and never sends it must not hold the answer
// back, nor its connection.
func TestABodyThatNeverComes(t *testing.T) {
	s := start(t)
	server := httptest.NewServer(s)
	defer server.Close()
	for rule, row := range map[string]struct {
		key, body string
		status    int
		closes    bool
	}{
		"of a stranger": {"ew_x", "", 401, true},
		"all is there":  {s.admin, alice + strings.Repeat(" ", 1000-len(alice)), 201, false},
	} {
		t.Run(rule, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(8 * time.Second)) // a red test ends
			_, _ = io.WriteString(conn, "POST /v1/sessions HTTP/1.1\r\nHost: "+conn.RemoteAddr().String()+
				"\r\nContent-Length: 1000\r\nContent-Type: application/json\r\nX-API-Key: "+row.key+"\r\n\r\n"+row.body)
			a, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			if a.StatusCode != row.status || a.Close != row.closes {
				t.Errorf("%d, closes %v", a.StatusCode, a.Close)
			}
		})
	}
}

// ids are the public ids in the list of that name.
func ids(t *testing.T, a answer, list string) (all []string) {
	t.Helper()
	var page map[string]json.RawMessage
	var rows []struct{ ID string }
	if json.Unmarshal(a.Body.Bytes(), &page) != nil || json.Unmarshal(page[list], &rows) != nil {
		t.Fatalf("%d %s", a.Code, a.Body)
	}
	for _, r := range rows {
		all = append(all, r.ID)
	}
	return all
}
