package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/revocation"
)

// edit replaces a piece of the folder's configuration.
func (f folder) edit(old, replacement string) {
	f.t.Helper()
	before := string(f.read("edgeward.yaml"))
	if !strings.Contains(before, old) {
		f.t.Fatalf("no %q", old)
	}
	f.write("edgeward.yaml", strings.Replace(before, old, replacement, 1))
}

func TestAReloadCarriesOverWhatRemembers(t *testing.T) {
	f := newHybrid(t, "{memory: true}", "")
	l := f.run(onDisk)
	issued := issue(t, l)
	before := l.System().Authority
	f.edit("sessions: {}", "sessions: {}\nrevocation: {max_staleness: 20s}")
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	after := l.System().Authority
	if after.Sessions != before.Sessions || after.APIKeys != before.APIKeys || after.Revocations != before.Revocations {
		t.Error("a cache or the revocations went cold")
	}
	if err := l.System().Ready(); err != nil {
		t.Error(err)
	}
	for method, field := range issued.fields {
		if status, body := ask(t, l, field[0], field[1]); status != 200 {
			t.Errorf("%s: %d %s", method, status, body)
		}
	}
}

func TestWhatIsConfiguredOtherwiseIsMadeAnew(t *testing.T) {
	for name, c := range map[string]struct {
		old, new          string
		sessions, apiKeys bool // are the same
	}{
		"the idle time":   {"sessions: {}", "sessions: {idle: 1h}", false, true},
		"the lifetime":    {"sessions: {}", "sessions: {lifetime: 100h}", false, true},
		"the environment": {"environment: test", "environment: live", true, false},
		"the cookie":      {"sessions: {}", "sessions: {cookie: __Host-other}", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newHybrid(t, "{memory: true}", "")
			l := f.run(onDisk)
			before := l.System().Authority
			f.edit(c.old, c.new)
			if err := l.Reload(); err != nil {
				t.Fatal(err)
			}
			after := l.System().Authority
			if (after.Sessions == before.Sessions) != c.sessions || (after.APIKeys == before.APIKeys) != c.apiKeys {
				t.Errorf("sessions the same %t, API keys the same %t", after.Sessions == before.Sessions, after.APIKeys == before.APIKeys)
			}
		})
	}
}

func TestAReloadCannotChangeTheStore(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"another file":            {"store: {path: edgeward.db}", "store: {path: other.db}", "store changed"},
		"audit files":             {"store: {path: edgeward.db}", "store: {path: edgeward.db, audit_files: 3}", "store.audit_files changed"},
		"memory":                  {"store: {path: edgeward.db}", "store: {memory: true}", "store changed"},
		"a longer session":        {"sessions: {}", "sessions: {lifetime: 2000h}", "lives longer"},
		"a longer family":         {"file:secret", "file:secret\n  refresh_lifetime: 2000h", "lives longer"},
		"a longer token":          {"sessions: {}", "sessions: {}\nissuers: [{issuer: a, audiences: [b], secret: file:secret, max_lifetime: 48h}]", "lives longer"},
		"a key ring without keys": {"file:keyring.jwks", "file:nowhere.jwks", "no key ring"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newHybrid(t, "{path: edgeward.db}", "")
			l := f.run(onDisk)
			before := l.System()
			f.edit(c.old, c.new)
			if err := l.Reload(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("err = %v, want %q", err, c.want)
			}
			if l.System() != before {
				t.Error("the System was replaced")
			}
			if _, err := os.Stat(f.path("other.db")); !errors.Is(err, os.ErrNotExist) {
				t.Error("a store was made")
			}
		})
	}
}

// API keys may never end, so what revokes a subject has to stay for ever from
// the moment on that there are any.
func TestAPIKeysComeWithARestart(t *testing.T) {
	f := newHybrid(t, "{memory: true}", "")
	f.edit("api_keys: {environment: test}\n", "")
	f.edit("api_key, ", "")
	l := f.run(onDisk)
	f.edit("sessions: {}", "sessions: {}\napi_keys: {}")
	if err := l.Reload(); err == nil || !strings.Contains(err.Error(), "lives longer") {
		t.Errorf("err = %v", err)
	}
}

func TestARotatedKeyRingIsTakenUp(t *testing.T) {
	f := newHybrid(t, "{memory: true}", "")
	l := f.run(onDisk)
	bearer := issue(t, l).fields["bearer"]
	f.rotate()
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	if keys := l.System().Authority.Minter.Ring.Keys(); len(keys) != 2 {
		t.Errorf("%d keys", len(keys))
	}
	if status, body := ask(t, l, bearer[0], bearer[1]); status != 200 {
		t.Errorf("the old key's token: %d %s", status, body)
	}
}

func TestSessionsAndRevocationsSurviveARestart(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	var issued, other credentials
	t.Run("before", func(t *testing.T) {
		f.t = t
		l := f.run(onDisk)
		issued, other = issue(t, l), issue(t, l)
		if _, err := l.System().Authority.Revoke(t.Context(), by, revocation.Entry{Scope: revocation.Family, Value: other.family}); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("after", func(t *testing.T) {
		f.t = t
		l := f.run(onDisk)
		for method, field := range issued.fields {
			if status, body := ask(t, l, field[0], field[1]); status != 200 {
				t.Errorf("%s: %d %s", method, status, body)
			}
		}
		if status, _ := ask(t, l, other.fields["bearer"][0], other.fields["bearer"][1]); status != 401 {
			t.Errorf("a revoked token lives again: %d", status)
		}
	})
}

func TestWhatWasTakenBackIsRefusedOnTheNextRequest(t *testing.T) {
	for name, c := range map[string]struct {
		dead []string
		take func(a *issuance.Authority, c credentials) error
	}{
		"a session": {[]string{"session"}, func(a *issuance.Authority, c credentials) error {
			return a.EndSession(t.Context(), by, c.session, "test")
		}},
		"a family": {[]string{"bearer"}, func(a *issuance.Authority, c credentials) error {
			return a.RevokeFamily(t.Context(), by, c.family, "test")
		}},
		"a subject": {[]string{"session", "bearer", "api_key"}, func(a *issuance.Authority, c credentials) error {
			_, err := a.RevokeSubject(t.Context(), by, issuance.Target{Subject: "alice", Scope: revocation.Subject, Reason: "test", Force: true})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newHybrid(t, "{memory: true}", "").run(onDisk)
			issued := issue(t, l)
			for method, field := range issued.fields { // into the caches
				if status, body := ask(t, l, field[0], field[1]); status != 200 {
					t.Fatalf("%s: %d %s", method, status, body)
				}
			}
			if err := c.take(l.System().Authority, issued); err != nil {
				t.Fatal(err)
			}
			for _, method := range c.dead {
				if status, body := ask(t, l, issued.fields[method][0], issued.fields[method][1]); status != 401 {
					t.Errorf("%s: %d %s", method, status, body)
				}
			}
		})
	}
}

func TestTheEndpointsForTokensStandBeforeTheRoutes(t *testing.T) {
	l := newHybrid(t, "{memory: true}", "").run(onDisk)
	pair, err := l.System().Authority.MintPair(t.Context(), by, issuance.Grant{Subject: "alice"}, edgeward.Client{})
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {pair.RefreshToken.Reveal()}}
	r := httptest.NewRequest("POST", "https://edge.example/oauth/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	l.Door(config.ProxyListen).ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Body)
	if w.Code != http.StatusOK || !strings.Contains(string(body), "access_token") {
		t.Errorf("%d %s", w.Code, body)
	}
}

// "Log out everywhere" is one entry and touches no family's row: who has a
// refresh token must not get a new pair all the same.
func TestASubjectThatWasLoggedOutCannotRefresh(t *testing.T) {
	l := newHybrid(t, "{memory: true}", "").run(onDisk)
	a, issued := l.System().Authority, issue(t, l)
	if _, err := a.RevokeSubject(t.Context(), by, issuance.Target{Subject: "alice", Scope: revocation.Subject, Reason: "test", Force: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Refresh(t.Context(), by, issued.refresh, issuance.ScopeRequest{}, edgeward.Client{}); !errors.Is(err, edgeward.RefreshRevoked) {
		t.Errorf("err = %v", err)
	}
}

// What else the ring's keys sign (another kind of token, of another program that
// has the file) never stands in for an access token.
func TestOnlyAccessTokensAreAccepted(t *testing.T) {
	l := newHybrid(t, "{memory: true}", "").run(onDisk)
	signer, err := l.System().Authority.Minter.Ring.Signer(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.Claims{Issuer: "https://api.example", Subject: "alice", Audience: []string{"api"}, Expires: time.Now().Add(time.Minute)}
	for typ, want := range map[string]int{"at+jwt": 200, "jwt": 401, "": 401, "rt+jwt": 401} {
		token, err := jwt.Sign(t.Context(), signer, typ, claims.AppendJSON(nil))
		if err != nil {
			t.Fatal(err)
		}
		if status, body := ask(t, l, "Authorization", "Bearer "+token); status != want {
			t.Errorf("typ %q: %d %s, want %d", typ, status, body, want)
		}
	}
}

// The last use of a key is only noted by requests; what is noted must not be
// lost at the end.
func TestTheLastUseIsWrittenDownAtTheEnd(t *testing.T) {
	f := newHybrid(t, "{memory: true}", "")
	l, _ := f.live()
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- l.Run(ctx) }()
	waitUntil(t, func() bool { return l.System().Ready() == nil })
	a := l.System().Authority
	secret, key, err := a.CreateAPIKey(t.Context(), by, apikey.Grant{Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := ask(t, l, "X-Api-Key", secret.Reveal()); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	stop()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if key, err := a.APIKey(t.Context(), key.ID); err != nil || key.Used.IsZero() {
		t.Errorf("%v, %v", key.Used, err)
	}
}

// Without a store that answers nothing can be said about a session, and a
// credential is neither accepted nor refused.
func TestAStoreThatIsClosedIsUnavailable(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	l := f.run(onDisk)
	issued := issue(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if status, body := ask(t, l, issued.fields["session"][0], issued.fields["session"][1]); status != 503 {
		t.Errorf("session: %d %s", status, body)
	}
	if status, body := ask(t, l, issued.fields["bearer"][0], issued.fields["bearer"][1]); status != 200 {
		t.Errorf("bearer: %d %s", status, body)
	}
	waitUntil(t, func() bool { return l.System().Ready() != nil })
}

func TestRevocationsOfOthersAreMeasured(t *testing.T) {
	told := make(chan time.Duration, 10)
	l := newHybrid(t, "{memory: true}", "").run(gateway.Environment{PropagationDelay: func(d time.Duration) { told <- d }})
	if _, err := l.System().Authority.RevokeSubject(t.Context(), by, issuance.Target{Subject: "alice", Scope: revocation.Subject, Reason: "test", Force: true}); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, func() bool { return len(told) == 1 })
}

// TestARevokedSigningKeySignsNoMore: until the ring has another key, clients are
// told to come again, and their refresh tokens stay good.
func TestARevokedSigningKeySignsNoMore(t *testing.T) {
	f := newHybrid(t, "{memory: true}", "")
	l := f.run(onDisk)
	a := l.System().Authority
	pair, err := a.MintPair(t.Context(), by, issuance.Grant{Subject: "alice"}, edgeward.Client{})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jwt.Parse(pair.AccessToken.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Revoke(t.Context(), by, revocation.Entry{Scope: revocation.Key, Issuer: a.Issuer(), Value: parsed.Header.KeyID}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Refresh(t.Context(), by, pair.RefreshToken, issuance.ScopeRequest{}, edgeward.Client{}); err == nil || edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("refreshed by a key that is revoked: %v", err)
	}
	if err := os.Remove(f.path("keyring.jwks")); err != nil { // a new ring signs at once
		t.Fatal(err)
	}
	f.rotate()
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	next, err := l.System().Authority.Refresh(t.Context(), by, pair.RefreshToken, issuance.ScopeRequest{}, edgeward.Client{})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := ask(t, l, "Authorization", "Bearer "+next.AccessToken.Reveal()); status != 200 {
		t.Errorf("%d %s", status, body)
	}
}
