package oauth_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint/oauth"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/store/storetest"
)

// TestIntrospection: RFC 7662 §2.2.
func TestIntrospection(t *testing.T) {
	s := start(t)
	pair := s.mint(t)
	for _, scope := range []string{adminscope.Introspect, "admin"} {
		key := s.key(t, scope)
		for name, row := range map[string]struct {
			token   edgeward.Secret
			members string
		}{
			"access":  {pair.AccessToken, "active aud client_id exp iat iss jti scope sid sub token_type"},
			"refresh": {pair.RefreshToken, "active client_id exp iat iss scope sid sub"},
		} {
			w := s.send("POST", oauth.IntrospectionPath, values("token", row.token.Reveal()), "Authorization", "Bearer "+key)
			body := decode(t, w)
			names := map[string]bool{}
			for member := range strings.FieldsSeq(row.members) {
				names[member] = true
			}
			if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" || !maps.Equal(keysOf(body), names) {
				t.Errorf("%s: %d %v", name, w.Code, body)
			}
			if body["active"] != true || body["sub"] != "alice" || body["iss"] != issuancetest.Issuer || body["scope"] != "read write" ||
				body["client_id"] != "app" || body["sid"] != pair.Family || int64(body["iat"].(float64)) != s.Clock.Now().Unix() {
				t.Errorf("%s: %v", name, body)
			}
		}
	}
	if d := s.seen.decisions[0]; d.Reason != edgeward.Authenticated || d.Identity == nil || d.Identity.Subject != "rs" {
		t.Errorf("observed %+v", d)
	}
}

// iat is when a token was issued (RFC 7519 §4.1.6), also after a refresh, where
// revocation goes by the sign-in.
func TestIntrospectionTellsTheTokensAge(t *testing.T) {
	s := start(t)
	key := s.key(t, "introspect")
	first := s.mint(t)
	s.Clock.Forward(time.Hour)
	next, err := s.Refresh(t.Context(), issuance.By{}, first.RefreshToken, issuance.ScopeRequest{}, edgeward.Client{})
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]edgeward.Secret{"access": next.AccessToken, "refresh": next.RefreshToken} {
		body := decode(t, s.send("POST", oauth.IntrospectionPath, values("token", token.Reveal()), "X-Api-Key", key))
		if iat, _ := body["iat"].(float64); int64(iat) != s.Clock.Now().Unix() {
			t.Errorf("%s: iat %v, now is %d", name, body["iat"], s.Clock.Now().Unix())
		}
	}
}

// A token that is not alive says nothing, whatever was wrong with it.
func TestIntrospectionOfTheDead(t *testing.T) {
	s := start(t)
	key := s.key(t, "introspect")
	pair := s.mint(t)
	s.Clock.Forward(time.Hour)
	for _, token := range []string{pair.AccessToken.Reveal(), "x", "ewr_x", "ews_x", key} {
		w := s.send("POST", oauth.IntrospectionPath, values("token", token), "X-Api-Key", key)
		if w.Code != 200 || w.Body.String() != `{"active":false}` {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	// The tokens are not the caller's: whoever sends forged ones to a resource
	// server does not lock it out.
	if told := s.Limits.Told(home); len(told) != 0 {
		t.Errorf("counted %v", told)
	}
}

func TestWhoMayIntrospect(t *testing.T) {
	s := start(t)
	pair := s.mint(t)
	right, other := s.key(t, "introspect"), s.key(t, "sessions:read")
	access := pair.AccessToken.Reveal()
	for rule, row := range map[string]struct {
		header    []string
		status    int
		code      string
		challenge string
	}{
		"nobody":                    {nil, 401, "credential_required", `Bearer realm="edgeward"`},
		"a wrong key":               {[]string{"X-Api-Key", "ew_test_x"}, 401, "invalid_token", `Bearer realm="edgeward", error="invalid_token"`},
		"a key without the scope":   {[]string{"X-Api-Key", other}, 403, "insufficient_scope", `Bearer realm="edgeward", error="insufficient_scope", scope="introspect"`},
		"the token's own holder":    {[]string{"Authorization", "Bearer " + access}, 401, "credential_required", `Bearer realm="edgeward"`},
		"two keys":                  {[]string{"X-Api-Key", right, "X-Api-Key", right}, 400, "ambiguous_credential", ""},
		"a key in both fields":      {[]string{"X-Api-Key", right, "Authorization", "Bearer " + right}, 400, "ambiguous_credential", ""},
		"a client name and nothing": {[]string{"Authorization", "Basic YXBwOg=="}, 401, "credential_required", `Bearer realm="edgeward"`},
	} {
		t.Run(rule, func(t *testing.T) {
			w := s.send("POST", oauth.IntrospectionPath, values("token", access), row.header...)
			expectRefused(t, w, row.status, row.code)
			if got := w.Header().Get("Www-Authenticate"); got != row.challenge {
				t.Errorf("challenge %q", got)
			}
		})
	}
	t.Run("no token", func(t *testing.T) {
		expectRefused(t, s.send("POST", oauth.IntrospectionPath, "x=y", "X-Api-Key", right), 400, "invalid_request")
	})
	t.Run("the key in the URL", func(t *testing.T) {
		expectRefused(t, s.send("POST", oauth.IntrospectionPath+"?api_key="+right, values("token", access)), 400, "invalid_request")
	})
	t.Run("the store is down", func(t *testing.T) {
		s.Store.Follow(storetest.Down)
		defer s.Store.Follow(nil)
		w := s.send("POST", oauth.IntrospectionPath, values("token", pair.RefreshToken.Reveal()), "X-Api-Key", right)
		expectRefused(t, w, 503, "unavailable")
	})
}
