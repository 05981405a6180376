package doorstest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/session"
)

// A row is one request and what has to come of it, at every door.
type row struct {
	rule    string // also names the row of docs/threat-model.md or RFC it stands for
	request Request
	want    edgeward.Reason
	// beside is wanted instead at a door that stands beside the request's way;
	// the zero value means the same.
	beside edgeward.Reason
	late   bool // beside is answered of a request that was decided otherwise
	// decided is compared with the request that the decider saw, where a field
	// of it is set.
	decided edgeward.Request
	nobody  bool // the decider saw a client of unknown address
	// location is where a person is sent to sign in, in place of a refusal.
	location string
	page     string            // that is in the body of a refusal, where it is not ""
	loginURL string            // what the problem document says of it
	answer   map[string]string // fields of the answer to want, not to beside; "" means absent
	edited   map[string]string // fields of the answer to any client, by doors that do not stand beside
	seen     map[string]string // fields that the application sees; "" means absent
	carried  map[string]string // the same; a door beside the way touches only those that carry credentials
}

func (row *row) check(t *testing.T, system *System, door Door) {
	system.take()
	answer, seen := door.Send(t, row.request)
	asked, decision := system.take()

	want := row.want
	if door.Beside && row.beside != edgeward.Undecided {
		want = row.beside
	}
	status := door.status(want, row.request)
	if row.location != "" {
		status = cmp.Or(door.Redirect, http.StatusFound)
	}
	if answer.Status != status {
		t.Fatalf("status %d, want %d (%s); decision %s: %v", answer.Status, status, want.Error(), decision.Reason.Error(), decision.Err)
	}
	doc, fromDoor := problemOf(t, answer)
	if fromDoor && want != edgeward.Preflight && doc.Code != want.Problem() {
		t.Errorf("code %q, want %q", doc.Code, want.Problem())
	}
	if fromDoor && (doc.LoginURL != decision.Login || row.loginURL != "" && doc.LoginURL != row.loginURL) {
		t.Errorf("login_url %q, decided %q, want %q", doc.LoginURL, decision.Login, row.loginURL)
	}
	allowed := want == edgeward.Authenticated || want == edgeward.Public
	if allowed != (seen != nil) {
		t.Fatalf("the application was reached: %v, want %v", seen != nil, allowed)
	}
	if asked != nil {
		if decision.Reason != want && !(row.late && want == row.beside) {
			t.Errorf("decided %s, want %s: %v", decision.Reason.Error(), want.Error(), decision.Err)
		}
		row.checkDecided(t, asked)
	}
	if !strings.Contains(answer.Body, row.page) {
		t.Errorf("the page has no %s: %s", row.page, answer.Body)
	}
	row.checkAnswer(t, answer, system.Token, want)
	if !door.Beside {
		compare(t, "answer", answer.Header, row.edited)
	}
	if seen != nil {
		row.checkSeen(t, seen, asked, decision, door)
	}
}

func (d Door) status(reason edgeward.Reason, r Request) int {
	if d.Status != nil {
		return d.Status(reason, r)
	}
	return reason.Status()
}

// checkDecided holds the request that was decided to the row.
func (row *row) checkDecided(t *testing.T, asked *edgeward.Request) {
	t.Helper()
	for name, field := range map[string][2]string{
		"method": {asked.Method, row.decided.Method},
		"scheme": {asked.Scheme, row.decided.Scheme},
		"host":   {asked.Host, row.decided.Host},
		"path":   {asked.Path, row.decided.Path},
		"query":  {asked.RawQuery, row.decided.RawQuery},
	} {
		if got, want := field[0], field[1]; want != "" && got != want {
			t.Errorf("decided about %s %q, want %q", name, got, want)
		}
	}
	if row.nobody && asked.ClientIP.IsValid() {
		t.Errorf("decided about client %s, want it unknown", asked.ClientIP)
	}
	if want := row.decided.ClientIP; want.IsValid() && asked.ClientIP != want {
		t.Errorf("decided about client %s, want %s", asked.ClientIP, want)
	}
}

func (row *row) checkAnswer(t *testing.T, answer Answer, token string, want edgeward.Reason) {
	t.Helper()
	if want == row.want {
		compare(t, "answer", answer.Header, row.answer)
	}
	compare(t, "answer", answer.Header, map[string]string{"Location": row.location})
	if row.location != "" && answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q on a redirect", answer.Header.Get("Cache-Control"))
	}
	if strings.Contains(answer.Body, token) {
		t.Error("the answer holds the credential")
	}
	if strings.Contains(answer.Body, "secret-") {
		t.Error("the answer tells of the rule")
	}
}

// checkSeen holds what the application saw to what was decided. These rules
// hold for every row.
func (row *row) checkSeen(t *testing.T, seen *Seen, asked *edgeward.Request, decision edgeward.Decision, door Door) {
	t.Helper()
	compare(t, "request to the application", seen.Header, row.seen)
	carried := maps.Clone(row.carried)
	maps.DeleteFunc(carried, func(name, _ string) bool { return door.Beside && !carriesCredential(name) })
	compare(t, "request to the application", seen.Header, carried)
	if seen.Path != asked.Path || seen.Method != asked.Method {
		t.Errorf("decided about %s %q, the application got %s %q", asked.Method, asked.Path, seen.Method, seen.Path)
	}
	for name, values := range seen.Header {
		if !believed(name) || door.Beside && isIdentity(name) && !isOurs(name) {
			continue
		}
		if want := decision.Upstream[name]; isIdentity(name) && !slices.Equal(nonEmpty(values), want) {
			t.Errorf("the application got %s: %q, proven was %q", name, values, want)
		}
		if !door.Beside && strings.Contains(strings.Join(values, " "), Evil) {
			t.Errorf("the application got %s: %q from the client", name, values)
		}
	}
	for name, values := range seen.Header { // by whatever door
		want := slices.Concat(decision.Upstream[name], decision.Forwarding.Request.Set[name]) // of an own field there is one of both
		if own := decision.OwnFields; own == nil || own.Covers(name) && !slices.Equal(nonEmpty(values), want) {
			t.Errorf("the application got %s: %q, decided was %q", name, values, want)
		}
	}
	if !door.Beside && seen.Host != asked.Host {
		t.Errorf("decided about host %q, the application got %q", asked.Host, seen.Host)
	}
	if kept := holds(seen.Header, decision.Credential.Value.Reveal()); decision.Identity != nil && kept != (decision.KeepCredential && decision.Identity.Method != session.Method) {
		t.Errorf("the credential travels on: %v, want %v", kept, !kept)
	}
}

// carriesCredential reports whether forward-auth answers what of the field may
// travel on.
func carriesCredential(name string) bool {
	return name == "Authorization" || name == "Cookie" || name == "X-Api-Key"
}

// holds reports whether any field of h holds the credential.
func holds(h http.Header, credential string) bool {
	for _, values := range h {
		if strings.Contains(strings.Join(values, " "), credential) {
			return true
		}
	}
	return false
}

func compare(t *testing.T, where string, got http.Header, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got := strings.Join(got.Values(name), ", "); got != value {
			t.Errorf("%s has %s: %q, want %q", where, name, got, value)
		}
	}
}

// fold spells a field name as an application does that cannot tell "_" from
// "-".
func fold(name string) string { return strings.ReplaceAll(strings.ToLower(name), "_", "-") }

func isIdentity(name string) bool { return strings.HasPrefix(fold(name), "x-auth-") }

// isOurs reports whether the field is one of those that name an identity, and
// not another one that is called X-Auth.
func isOurs(name string) bool {
	return slices.Contains([]string{"subject", "issuer", "method", "permissions", "session", "assertion"}, strings.TrimPrefix(fold(name), "x-auth-"))
}

// believed reports whether applications take decisions by the field.
func believed(name string) bool {
	name = fold(name)
	for _, prefix := range []string{"x-auth-", "x-forwarded-", "x-original-", "x-rewrite-", "x-http-", "content-", "transfer-", "proxy-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return slices.Contains([]string{"forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip", "x-client-ip", "client-ip", "x-cluster-client-ip", "x-request-id", "x-method-override", "host", "x-method",
		"proxy", "x-host", "path-info", "script-name", "wl-proxy-client-ip", "forwarded-for", "x-forwarded", "x-envoy-external-address", "x-azure-clientip",
		"x-scheme", "front-end-https", "x-script-name", "x-api-key"}, name)
}

func nonEmpty(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
}

// sameBodies shows that an attacker learns nothing of why a token is refused.
func sameBodies(t *testing.T, system *System, door Door) {
	bodies := map[string]string{}
	for name, token := range system.invalid(t) {
		answer, seen := door.Send(t, Request{
			Method: "GET", Target: "/api/orders", Host: "api.example.com", Peer: Client,
			Fields: []string{"Authorization: Bearer " + token},
		})
		if answer.Status != http.StatusUnauthorized || seen != nil {
			t.Errorf("%s: status %d, the application was reached: %v", name, answer.Status, seen != nil)
		}
		body := strings.ReplaceAll(answer.Body, answer.Header.Get("X-Request-Id"), "") + answer.Header.Get("Www-Authenticate")
		bodies[body] = name
	}
	if len(bodies) != 1 {
		t.Errorf("different answers: %q", bodies)
	}
}
