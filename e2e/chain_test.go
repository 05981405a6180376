package e2e

import (
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/revocation"
)

func TestEachKindOfCredentialGetsThrough(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	k := h.issue("ada")
	for method, field := range k.fields() {
		for _, cached := range []string{"first", "remembered"} {
			a := h.wants(200, cached+" "+method, field)
			if a.report == nil {
				continue
			}
			if got := a.report.Header.Get("X-Auth-Method"); got != method {
				t.Errorf("%s: X-Auth-Method %q", method, got)
			}
			if got := a.report.Header.Get("X-Auth-Subject"); got != "ada" {
				t.Errorf("%s: X-Auth-Subject %q", method, got)
			}
			if got := a.report.Header.Get("X-Auth-Issuer"); got != ownIssuer {
				t.Errorf("%s: X-Auth-Issuer %q", method, got)
			}
			for _, name := range []string{"Authorization", "Cookie", "X-Api-Key"} {
				if got := a.report.Header.Get(name); got != "" {
					t.Errorf("%s: the upstream got %s", method, name)
				}
			}
		}
	}
	if a := h.get("/orders"); a.status != 401 {
		t.Errorf("without a credential: status %d", a.status)
	}
}

// The first credential present decides; a bad one is no reason to try the next.
func TestTheFirstCredentialDecides(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	k := h.issue("ada")
	order := []struct{ method, field string }{{"api_key", k.apiKey}, {"bearer", k.bearer}, {"session", k.session}}
	for first := range order {
		var fields []string
		for _, c := range order[first:] {
			fields = append(fields, c.field)
		}
		a := h.get("/orders", fields...)
		if a.status != 200 || a.report.Header.Get("X-Auth-Method") != order[first].method {
			t.Errorf("from %s on: status %d, %v", order[first].method, a.status, a.report)
		}
	}
	dead := h.issue("eve")
	for method, field := range dead.fields() {
		h.wants(200, method, field)
	}
	_, err := h.api.LogoutEverywhere(t.Context(), client.Logout{Subject: "eve"})
	h.must(err)
	h.must(h.api.RevokeAPIKey(t.Context(), dead.keyID))
	for name, fields := range map[string][]string{
		"a revoked API key before a good token":    {dead.apiKey, k.bearer},
		"a revoked API key before a good session":  {dead.apiKey, k.session},
		"a revoked token before a good session":    {dead.bearer, k.session},
		"a token of nobody's before a session":     {"Authorization: Bearer x.y.z", k.session},
		"a misspelt API key before a good session": {"X-API-Key: ew_live_x", k.session},
	} {
		if a := h.get("/orders", fields...); a.status != 401 {
			t.Errorf("%s: status %d, want 401", name, a.status)
		}
	}
}

// What was taken back is refused on the very next request, also where its
// verification is remembered; what was not, is not.
func TestWhatIsTakenBackIsRefusedOnTheNextRequest(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	for name, c := range map[string]struct {
		revoke func(k kit) error
		dies   []string
	}{
		"jti":                   {h.revoking(revocation.Token, func(k kit) string { return claim(t, k.access, "jti") }), []string{"bearer"}},
		"session":               {h.revoking(revocation.Session, func(k kit) string { return k.sessionID }), []string{"session"}},
		"family":                {h.revoking(revocation.Family, func(k kit) string { return k.family }), []string{"bearer", "refresh"}},
		"subject":               {h.revoking(revocation.Subject, func(k kit) string { return k.subject }), []string{"api_key", "bearer", "session", "refresh"}},
		"api key":               {h.revoking(revocation.APIKey, func(k kit) string { return k.keyID }), []string{"api_key"}},
		"session ended":         {func(k kit) error { return h.api.EndSession(t.Context(), k.sessionID) }, []string{"session"}},
		"api key deleted":       {func(k kit) error { return h.api.RevokeAPIKey(t.Context(), k.keyID) }, []string{"api_key"}},
		"refresh token revoked": {func(k kit) error { return h.oauthRevoke(k.refresh) }, []string{"bearer", "refresh"}},
		"access token revoked":  {func(k kit) error { return h.oauthRevoke(k.access) }, []string{"bearer", "refresh"}},
	} {
		k := h.issue("subject of " + name)
		h.expect(name+", before", k, nil)
		h.must(c.revoke(k))
		h.expect(name, k, c.dies)
	}
	bystander := h.issue("bystander")
	h.expect("bystander", bystander, nil)
	h.restart()
	h.expect("bystander after a restart", bystander, nil)
}

// A key and an issuer end all tokens at once, so they have a gateway each.
func TestAKeyAndAnIssuerAreTakenBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scope revocation.Scope
		value func(k kit) string
		dies  []string
	}{
		// A revoked key signs nothing more, and here it is the only one.
		"key":    {revocation.Key, func(k kit) string { return header(t, k.access, "kid") }, []string{"bearer", "signing"}},
		"issuer": {revocation.Issuer, func(kit) string { return ownIssuer }, []string{"api_key", "bearer", "session", "refresh"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHybrid(t, newUpstream(t))
			k := h.issue("ada")
			h.expect("before", k, nil)
			h.must(h.revoking(c.scope, c.value)(k))
			h.expect("after", k, c.dies)
			h.restart()
			h.expect("after a restart", k, c.dies)
		})
	}
}

// revoking returns what revokes one thing of a kit through the control API.
func (h *hybrid) revoking(scope revocation.Scope, value func(kit) string) func(kit) error {
	return func(k kit) error {
		r := client.Revocation{Scope: scope, Value: value(k), Reason: "test"}
		if scope == revocation.Subject {
			r.Issuer = ownIssuer
		}
		_, err := h.api.Revoke(h.t.Context(), r)
		return err
	}
}

// expect holds every credential of k to being alive, or dead where dies names
// it. Without "signing" a refresh token is alive and no pair can be issued.
func (h *hybrid) expect(what string, k kit, dies []string) {
	h.t.Helper()
	dead := map[string]bool{}
	for _, method := range dies {
		dead[method] = true
	}
	for method, field := range k.fields() {
		want := 200
		if dead[method] {
			want = 401
		}
		h.wants(want, what+": "+method, field)
	}
	want := 200
	switch {
	case dead["refresh"]:
		want = 400
	case dead["signing"]:
		want = 503
	}
	if status, e := h.refresh(k.refresh).outcome(); status != want || status == 400 && e != "invalid_grant" {
		h.t.Errorf("%s: refresh: status %d %s, want %d", what, status, e, want)
	}
}

// claim returns a member of a token's payload that is a string.
func claim(t *testing.T, token, name string) string {
	t.Helper()
	_, payload, _ := split(token)
	return member(t, payload, name)
}

func header(t *testing.T, token, name string) string {
	t.Helper()
	first, _, _ := split(token)
	return member(t, first, name)
}

func member(t *testing.T, segment, name string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	text, ok := members[name].(string)
	if !ok || text == "" {
		t.Fatalf("the token has no %s", name)
	}
	return text
}

func TestLogOutEverywhereIsOneEntry(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	kits := make([]kit, 25)
	for i := range kits {
		kits[i] = h.issue("ada")
		h.expect("before", kits[i], nil)
	}
	other := h.issue("ada's neighbour")
	before, err := h.api.Revocations(t.Context(), "", client.Page{})
	h.must(err)
	_, err = h.api.LogoutEverywhere(t.Context(), client.Logout{Subject: "ada", Reason: "laptop stolen"})
	h.must(err)
	for _, k := range kits {
		h.expect("after", k, []string{"api_key", "bearer", "session", "refresh"})
	}
	h.expect("a neighbour", other, nil)
	after, err := h.api.Revocations(t.Context(), "", client.Page{})
	h.must(err)
	if n := len(after.Revocations) - len(before.Revocations); n != 1 {
		t.Errorf("it took %d entries, want 1", n)
	}
	// Tokens say in whole seconds when they were issued.
	time.Sleep(1100 * time.Millisecond)
	h.expect("a new sign-in", h.issue("ada"), nil)
}
