package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/endpoint/admin"
	"github.com/edgeward/edgeward/internal/endpoint/admin/backup"
	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/revocation"
)

// carry is a transport made of a function.
type carry func(*http.Request) (*http.Response, error)

func (c carry) RoundTrip(hr *http.Request) (*http.Response, error) { return c(hr) }

// start returns a client of a running API, and what that stands on. The
// transport may be nil.
func start(t *testing.T, transport http.RoundTripper) (*client.Client, *issuancetest.Node) {
	t.Helper()
	n := issuancetest.New(t)
	source := backup.Source{Scratch: t.TempDir(), Write: func(_ context.Context, path string) error {
		return os.WriteFile(path, []byte("the store"), 0o600)
	}}
	api, err := admin.New(admin.Config{
		Authority: n.Authority, Store: n.Store, Now: n.Clock.Now, Backup: source.Open,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&door.Endpoints{Set: api})
	t.Cleanup(server.Close)
	key, _, err := n.CreateAPIKey(t.Context(), issuance.By{}, apikey.Grant{Subject: "test", Permissions: []string{"admin"}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(client.Config{Server: server.URL, Key: key, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return c, n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// says holds the answer of an operation to the type that the client has for it:
// the API writes without encoding/json, member by member, and a member that only
// one of the two knows would be lost in silence.
func says(t *testing.T, operation string, body []byte) {
	t.Helper()
	out, known := map[string]any{
		"POST /v1/sessions": &client.CreatedSession{}, "GET /v1/sessions": &client.Sessions{}, "POST /v1/tokens": &client.Pair{},
		"POST /v1/api-keys": &client.CreatedAPIKey{}, "GET /v1/api-keys": &client.APIKeys{}, "POST /v1/revocations": &client.Revocation{},
		"GET /v1/revocations": &client.Revocations{}, "POST /v1/subjects/logout": &client.LoggedOut{}, "GET /v1/bans": &client.Bans{},
	}[operation]
	if strings.HasSuffix(operation, "/rotate") {
		out, known = &client.CreatedAPIKey{}, true
	}
	if !known {
		t.Errorf("%s: no type for %s", operation, body)
		return
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(out); err != nil {
		t.Errorf("%s: %v", operation, err)
	}
	again, err := json.Marshal(out)
	must(t, err)
	var theirs, ours any
	must(t, json.Unmarshal(body, &theirs))
	must(t, json.Unmarshal(again, &ours))
	if !reflect.DeepEqual(theirs, ours) {
		t.Errorf("%s: the API says\n%s, the client\n%s", operation, body, again)
	}
}

func TestEveryCall(t *testing.T) {
	c, n := start(t, carry(func(hr *http.Request) (*http.Response, error) {
		answer, err := http.DefaultTransport.RoundTrip(hr)
		if err == nil && answer.StatusCode < 300 && answer.Header.Get("Content-Type") == "application/json" {
			body, err := io.ReadAll(answer.Body)
			must(t, err)
			says(t, hr.Method+" "+hr.URL.Path, body)
			answer.Body = io.NopCloser(bytes.NewReader(body))
		}
		return answer, err
	}))
	ctx := t.Context()

	s, err := c.CreateSession(ctx, client.NewSession{Subject: "alice", Permissions: []string{"read"}, ClientIP: netip.MustParseAddr("203.0.113.7")})
	if must(t, err); !strings.HasPrefix(s.Cookie.Reveal(), "__Host-edgeward-session=ews_") || s.Session.Subject != "alice" {
		t.Errorf("%+v", s)
	}
	_, value, _ := strings.Cut(s.Cookie.Reveal(), "=")
	renewed, err := c.CreateSession(ctx, client.NewSession{Subject: "alice", Replaces: client.Handed{Secret: edgeward.NewSecret(value)}})
	if must(t, err); renewed.Session.ID == s.Session.ID || !renewed.Session.Created.Equal(s.Session.Created) {
		t.Errorf("%+v", renewed)
	}
	sessions, err := c.Sessions(ctx, issuancetest.Issuer, "alice", client.Page{Limit: 10})
	if must(t, err); len(sessions.Sessions) != 1 || sessions.Sessions[0].ID != renewed.Session.ID {
		t.Errorf("%+v", sessions)
	}
	must(t, c.EndSession(ctx, renewed.Session.ID))

	pair, err := c.MintPair(ctx, client.NewPair{Subject: "alice"})
	if must(t, err); !strings.HasPrefix(pair.RefreshToken.Reveal(), "ewr_") || pair.Family == "" {
		t.Errorf("%+v", pair)
	}

	expires := n.Clock.Now().Add(time.Hour)
	k, err := c.CreateAPIKey(ctx, client.NewAPIKey{Subject: "ci", Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Expires: expires})
	if must(t, err); !strings.HasPrefix(k.Secret.Reveal(), "ew_test_") || !k.APIKey.Expires.Equal(expires) {
		t.Errorf("%+v", k)
	}
	rotated, err := c.RotateAPIKey(ctx, k.APIKey.ID, client.Rotation{KeepOldSeconds: 60})
	if must(t, err); rotated.Secret.Reveal() == k.Secret.Reveal() || !rotated.APIKey.OldUntil.Equal(n.Clock.Now().Add(time.Minute)) {
		t.Errorf("%+v", rotated)
	}
	keys, err := c.APIKeys(ctx, client.Page{Limit: 1})
	if must(t, err); len(keys.APIKeys) != 1 || keys.Next == "" {
		t.Errorf("%+v", keys)
	}
	keys, err = c.APIKeys(ctx, client.Page{After: keys.Next})
	if must(t, err); len(keys.APIKeys) != 1 || keys.Next != "" {
		t.Errorf("%+v", keys)
	}
	must(t, c.RevokeAPIKey(ctx, k.APIKey.ID))

	e, err := c.Revoke(ctx, client.Revocation{Scope: revocation.Family, Value: pair.Family, Reason: "test"})
	if must(t, err); e.Revoked.IsZero() {
		t.Errorf("%+v", e)
	}
	out, err := c.LogoutEverywhere(ctx, client.Logout{Subject: "alice"})
	if must(t, err); len(out.Revocations) != 3 || out.Revocations[0].NotBefore.IsZero() || out.Ended != (client.Ended{}) {
		t.Errorf("%+v", out)
	}
	entries, err := c.Revocations(ctx, revocation.Subject, client.Page{})
	if must(t, err); len(entries.Revocations) != 3 {
		t.Errorf("%+v", entries)
	}

	n.Limits.Block(netip.MustParseAddr("2001:db8::"))
	bans, err := c.Bans(ctx, client.Page{})
	if must(t, err); len(bans.Bans) != 1 || bans.Bans[0].ID != "2001:db8::" {
		t.Errorf("%+v", bans)
	}
	must(t, c.ClearBan(ctx, "2001:db8::1"))

	var copied bytes.Buffer
	if must(t, c.Backup(ctx, &copied)); copied.String() != "the store" {
		t.Errorf("%q", copied.String())
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	c, _ := start(t, nil)
	s, err := c.CreateSession(t.Context(), client.NewSession{Subject: "alice"})
	must(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(verb, s); strings.Contains(text, "ews_") {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}

func TestARefusalIsAProblem(t *testing.T) {
	c, _ := start(t, nil)
	err := c.EndSession(t.Context(), "nothing")
	p, ok := errors.AsType[*client.Problem](err)
	if !ok || p.Status != 404 || p.Code != "not_found" || p.Detail == "" || p.RequestID == "" {
		t.Errorf("%+v", err)
	}
}

func TestALostAnswerIsAskedForAgain(t *testing.T) {
	asked := 0
	c, _ := start(t, carry(func(hr *http.Request) (*http.Response, error) {
		answer, err := http.DefaultTransport.RoundTrip(hr)
		if asked++; asked == 1 && err == nil {
			_ = answer.Body.Close()
			return nil, errors.New("connection reset")
		}
		return answer, err
	}))
	_, err := c.CreateSession(t.Context(), client.NewSession{Subject: "alice"})
	must(t, err)
	page, err := c.Sessions(t.Context(), "", "", client.Page{})
	if must(t, err); len(page.Sessions) != 1 || asked != 3 {
		t.Errorf("%d sessions after %d requests", len(page.Sessions), asked)
	}
}

// canned answers everything with one answer, and counts.
func canned(count *int, status int, header, body string) carry {
	return func(hr *http.Request) (*http.Response, error) {
		*count++
		name, value, _ := strings.Cut(header, ": ")
		return &http.Response{StatusCode: status, Header: http.Header{name: {value}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1, Request: hr}, nil
	}
}

func TestWhatIsNotAskedForAgain(t *testing.T) {
	for rule, row := range map[string]struct {
		status       int
		header, body string
	}{
		"a refusal":     {403, "X-A: b", `{"code":"insufficient_scope"}`},
		"another page":  {200, "X-A: b", `<html>`},
		"a redirection": {307, "Location: https://evil.example/", ``},
	} {
		t.Run(rule, func(t *testing.T) {
			asked := 0
			c, _ := start(t, canned(&asked, row.status, row.header, row.body))
			if _, err := c.MintPair(t.Context(), client.NewPair{Subject: "alice"}); err == nil || asked != 1 {
				t.Errorf("%v after %d requests", err, asked)
			}
		})
	}
}

func TestTroubleIsAskedAboutThreeTimes(t *testing.T) {
	asked := 0
	c, _ := start(t, carry(func(*http.Request) (*http.Response, error) { asked++; return nil, errors.New("refused") }))
	if err := c.EndSession(t.Context(), "x"); err == nil || asked != 3 {
		t.Errorf("%v after %d requests", err, asked)
	}
	asked = 0
	c, _ = start(t, canned(&asked, 503, "Retry-After: 1", `{"code":"unavailable"}`))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	var p *client.Problem
	if err := c.EndSession(ctx, "x"); !errors.As(err, &p) || p.Status != 503 || asked != 1 {
		t.Errorf("%v after %d requests", err, asked)
	}
}

func TestABackupThatBreaksOffIsAnError(t *testing.T) {
	asked := 0
	c, _ := start(t, canned(&asked, 200, "X-A: b", `half`)) // of unknown length
	if err := c.Backup(t.Context(), io.Discard); err == nil {
		t.Error("no error")
	}
	c, _ = start(t, canned(&asked, 501, "X-A: b", `{"code":"not_configured"}`))
	if err := c.Backup(t.Context(), io.Discard); err == nil {
		t.Error("no error")
	}
}

func TestNewRefusesWhatWouldLeakTheKey(t *testing.T) {
	key := edgeward.NewSecret("ew_test_x")
	for server, ok := range map[string]bool{
		"http://127.0.0.1:8081": true, "http://[::1]:8081/": true, "http://localhost:8081": true, "https://admin.example": true,
		"http://admin.example": false, "http://10.0.0.1:8081": false, "ftp://127.0.0.1": false, "127.0.0.1:8081": false, "": false,
		"http://127.0.0.1.evil.example": false, "https://user:pass@admin.example": false, "https://admin.example/path": false,
		"https://admin.example?x": false,
	} {
		if _, err := client.New(client.Config{Server: server, Key: key}); (err == nil) != ok {
			t.Errorf("%s: %v", server, err)
		}
	}
	if _, err := client.New(client.Config{Server: "https://admin.example"}); err == nil {
		t.Error("without a key")
	}
}
