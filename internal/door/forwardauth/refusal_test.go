package forwardauth_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/forwardauth"
)

// A client that could choose what the second question is told would have
// anything shown to itself, but never a way in.
func TestTheSecondQuestionIsNoWayIn(t *testing.T) {
	never := deciderFunc(func(*edgeward.Request) edgeward.Decision {
		t.Error("the decider was asked")
		return edgeward.Decision{Allow: true}
	})
	const id = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
	get := []string{"X-Original-Method: GET", "X-Original-URI: /api/x"}
	options := []string{"X-Original-Method: OPTIONS", "X-Original-URI: /api/x"}
	for _, row := range []struct {
		rule    string
		fields  []string
		refusal string // "" sends none
		status  int
		holds   string
	}{
		{"what was refused", get, "problem=too_many_requests&request=" + id + "&Retry-After=60", 429, id},
		{"two readings", get, "problem=bad_request&request=" + id, 400, id},
		{"a method", get, "problem=method_not_allowed", 405, "method_not_allowed"},
		{"a credential is missing", get, "problem=credential_required&login=https%3A%2F%2Fa.example%2Fauth%2Flogin", 401, "https://a.example/auth/login"},
		{"a preflight", options, "problem=preflight&Access-Control-Allow-Origin=https%3A%2F%2Fa.example", 204, ""},
		{"a preflight that is a GET", get, "problem=preflight", 503, "unavailable"},
		{"no answer to the first question", get, "", 503, "unavailable"},
		{"what allows", get, "problem=&request=" + id, 503, "unavailable"},
		{"an unknown problem", get, "problem=authenticated", 503, "unavailable"},
		{"no parameters", get, "%zz", 503, "unavailable"},
		{"too much", get, "problem=bad_request&Vary=" + strings.Repeat("a", 9000), 503, "unavailable"},
		{"an id that is none", get, "problem=bad_request&request=%3Cscript%3E", 400, "bad_request"},
		{"a field that does not travel", get, "problem=bad_request&Set-Cookie=a%3Db&X-Auth-Subject=root&Location=https%3A%2F%2Fevil.example", 400, "bad_request"},
		{"a line break", get, "problem=too_many_requests&Retry-After=1%0D%0AX-Auth-Subject%3A+root", 503, "unavailable"},
		{"a request that cannot be read", []string{"X-Original-Method: GET", "X-Original-URI: /a//b", "Sec-Fetch-Mode: navigate"}, "problem=credential_required&login=https%3A%2F%2Fa.example", 401, ""},
		{"a stranger", []string{"Peer: 203.0.113.9:1"}, "problem=credential_required", 403, "forbidden"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			fields := row.fields
			if row.refusal != "" {
				fields = append(fields[:len(fields):len(fields)], forwardauth.HeaderRefusal+": "+row.refusal)
			}
			w := verify(t, never, "POST /refusal?a=b", fields...)
			if w.Code != row.status || !strings.Contains(w.Body.String(), row.holds) || strings.Contains(w.Body.String(), "<script>") {
				t.Errorf("status %d, want %d: %s", w.Code, row.status, w.Body)
			}
			for _, name := range []string{"Set-Cookie", "X-Auth-Subject", "Location"} {
				if got := w.Header().Get(name); got != "" {
					t.Errorf("%s: %q", name, got)
				}
			}
		})
	}
}

// Both answers fit into nginx' 4 KiB, and a client learns no reason.
func TestARefusalIsShortAndKeepsTheReason(t *testing.T) {
	system := doorstest.New(t)
	long := "X-Original-URI: /friends/" + strings.Repeat("%C3%A9", 303) // as long as a redirect may say
	w := verify(t, system, "GET /verify", "X-Original-Method: GET", long, "X-Original-Proto: http", "X-Original-Host: api.example.com", "Origin: https://app.example", "Sec-Fetch-Mode: navigate")
	if n := size(w); w.Code != 401 || n > 4<<10-200 || w.Header().Get("Location") != "http://api.example.com/auth/login" { // a status line, Date and Server come to it
		t.Errorf("status %d, %d bytes of fields, to %s", w.Code, n, w.Header().Get("Location"))
	}
	w = verify(t, system, "GET /verify", "Authorization: Bearer x.y.z", "X-Original-Method: GET", "X-Original-URI: /api/x")
	if got := w.Header().Get(forwardauth.HeaderRefusal); !strings.Contains(got, "problem=invalid_token") || strings.Contains(got, "malformed") {
		t.Errorf("the refusal is %q", got)
	}
	w = verify(t, system, "GET /verify", "X-Forwarded-Method: GET", "X-Forwarded-Uri: /api/x")
	if got := w.Header().Get(forwardauth.HeaderRefusal); got != "" {
		t.Errorf("to another front than nginx the refusal is %q", got)
	}
}

// size is how many bytes the fields of an answer are on the wire.
func size(w *httptest.ResponseRecorder) (n int) {
	for name, values := range w.Header() {
		for _, value := range values {
			n += len(name) + len(value) + 4
		}
	}
	return n
}

// Every proxy takes a 2xx for a yes, so that a preflight gets one only where the
// route lets anybody send OPTIONS, and then the application answers it.
func TestAPreflightPassesWhereOptionsIsPublic(t *testing.T) {
	for _, dialect := range []string{"Forwarded", "Original"} {
		for forwardable, status := range map[bool]int{true: 200, false: 403} {
			d := deciderFunc(func(*edgeward.Request) edgeward.Decision {
				return edgeward.Decision{Reason: edgeward.Preflight, Forwardable: forwardable, Response: edgeward.Header{"Access-Control-Allow-Origin": {"https://app.example"}}}
			})
			w := verify(t, d, "GET /verify", "X-"+dialect+"-Method: OPTIONS", "X-"+dialect+"-Uri: /api/x", "Authorization: Bearer x")
			if w.Code != status || w.Header().Get("Access-Control-Allow-Origin") == "" {
				t.Errorf("%s, forwardable %t: status %d, %v", dialect, forwardable, w.Code, w.Header())
			}
			if _, there := w.Header()["Authorization"]; status == 200 && (!there || w.Header().Get("X-Auth-Subject") != "" || w.Header().Get("Authorization") != "") {
				t.Errorf("%s: %v", dialect, w.Header())
			}
		}
	}
}
