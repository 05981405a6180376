package keyring_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
)

const (
	issuer   = "https://edge.example"
	audience = "app"
)

var alice = keyring.Grant{Subject: "alice", Permissions: []string{"write", "read"}, Session: "s1", Since: time.UnixMilli(1795000000250), ClientID: "cli"}

func minter(r *keyring.Ring, now func() time.Time) keyring.Minter {
	return keyring.Minter{Ring: r, Issuer: issuer, Audience: audience, Now: now}
}

// rules are what the verifier of our own tokens goes by.
var rules = jwt.Rules{Issuer: issuer, Audiences: []string{audience}, Types: []string{keyring.AccessToken}}

func verifier(t *testing.T, r *keyring.Ring, now func() time.Time) *bearer.Verifier {
	t.Helper()
	v, err := bearer.New(bearer.Config{Issuers: []bearer.Issuer{{Rules: rules, Algorithms: r.Algorithms(), Keys: r}}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMintedTokensAreAccessTokens(t *testing.T) {
	for _, jwk := range []string{hmacJWK("k", ""), edJWK("k", ""), esJWK(t, "k")} {
		r := ring(t, at(noon), jwk)
		m := minter(r, at(noon))
		token, expires, err := m.Mint(t.Context(), alice)
		if err != nil {
			t.Fatal(err)
		}
		u, err := jwt.Parse(token.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		if u.Header.Type != "at+jwt" || u.Header.KeyID != "k" {
			t.Errorf("header %+v", u.Header)
		}
		want := fmt.Sprintf(`{"iss":"https://edge.example","sub":"alice","aud":"app","exp":%d,"iat":%d,"jti":"%s","client_id":"cli","scope":"read write","sid":"s1","auth_time":1795000000.250}`,
			expires.Unix(), noon.Unix(), u.Claims.TokenID)
		if u.Claims.Payload != want || len(u.Claims.TokenID) != 22 {
			t.Errorf("got  %s\nwant %s", u.Claims.Payload, want)
		}
		id, err := verifier(t, r, at(noon)).Verify(t.Context(), nil, edgeward.Credential{Value: token})
		if err != nil || id.Subject != "alice" || !id.Has("read") || !id.Has("write") || !id.Expires.Equal(expires) {
			t.Errorf("%+v, %v", id, err)
		}
	}
}

func TestOptionalClaims(t *testing.T) {
	m := minter(ring(t, at(noon), hmacJWK("k", "")), at(noon))
	token, _, err := m.Mint(t.Context(), keyring.Grant{Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	u, _ := jwt.Parse(token.Reveal())
	if !strings.HasSuffix(u.Claims.Payload, `"client_id":"app"}`) { // RFC 9068 §2.2 requires client_id
		t.Error(u.Claims.Payload)
	}
}

// auth_time says what RFC 9068 §2.2.1 means by it where that is known; when the user
// signed in here has a claim of its own then.
func TestHowTheUserAuthenticatedIsSaid(t *testing.T) {
	m := minter(ring(t, at(noon), hmacJWK("k", "")), at(noon))
	g := alice
	g.ACR, g.AuthTime = "gold", time.Unix(1794990000, 5e8)
	token, _, err := m.Mint(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := jwt.Parse(token.Reveal())
	if !strings.HasSuffix(u.Claims.Payload, `"acr":"gold","auth_time":1794990000,"signed_in":1795000000.250}`) {
		t.Error(u.Claims.Payload)
	}
	for _, acr := range []string{"a\nb", "\xff", strings.Repeat("a", 256)} {
		g.ACR = acr
		if _, _, err := m.Mint(t.Context(), g); !errors.Is(err, keyring.ErrGrant) {
			t.Errorf("acr %q: %v", acr, err)
		}
	}
}

// Tokens live 95 to 100 % of the lifetime, each with its own jti.
func TestLifetimesAreJittered(t *testing.T) {
	m := minter(ring(t, at(noon), hmacJWK("k", "")), at(noon.Add(900*time.Millisecond)))
	lives, ids := map[time.Duration]int{}, map[string]bool{}
	const n = 2000
	for range n {
		token, expires, err := m.Mint(t.Context(), alice)
		if err != nil {
			t.Fatal(err)
		}
		life := expires.Sub(noon)
		if life < 855*time.Second || life > 900*time.Second || expires.Nanosecond() != 0 {
			t.Fatalf("lives %v", life)
		}
		lives[life]++
		u, _ := jwt.Parse(token.Reveal())
		ids[u.Claims.TokenID] = true
	}
	if len(lives) < 40 || len(ids) != n {
		t.Errorf("%d different lifetimes, %d different ids", len(lives), len(ids))
	}
}

func TestATokenOutlivesNeitherItsKeyNorItsSession(t *testing.T) {
	r := ring(t, at(noon), hmacJWK("k", span(-10, 100)))
	m := minter(r, at(noon))
	for _, row := range []struct {
		rule  string
		until time.Time
		want  time.Time
	}{
		{"the key retires first", time.Time{}, noon.Add(100 * time.Second)},
		{"the session ends first", noon.Add(7500 * time.Millisecond), noon.Add(7 * time.Second)},
		{"the session outlives the key", noon.Add(time.Hour), noon.Add(100 * time.Second)},
	} {
		grant := alice
		grant.Until = row.until
		if _, expires, err := m.Mint(t.Context(), grant); err != nil || !expires.Equal(row.want) {
			t.Errorf("%s: expires %v, %v", row.rule, expires, err)
		}
	}
	for rule, until := range map[string]time.Time{"a session that ended": noon.Add(-time.Second), "one that ends within the second": noon.Add(time.Second / 2)} {
		grant := alice
		grant.Until = until
		if token, _, err := m.Mint(t.Context(), grant); err == nil || !token.IsZero() {
			t.Errorf("%s: minted", rule)
		}
	}
}

func TestMintRefusesWhatAVerifierWould(t *testing.T) {
	m := minter(ring(t, at(noon), hmacJWK("k", "")), at(noon))
	with := func(change func(*keyring.Grant)) keyring.Grant {
		g := alice
		g.Permissions = slices.Clone(alice.Permissions)
		change(&g)
		return g
	}
	for rule, g := range map[string]keyring.Grant{
		"no subject":              {},
		"too long a subject":      with(func(g *keyring.Grant) { g.Subject = strings.Repeat("a", 256) }),
		"a subject with CRLF":     with(func(g *keyring.Grant) { g.Subject = "a\r\nb" }),
		"a subject not UTF-8":     with(func(g *keyring.Grant) { g.Subject = "a\xff" }),
		"a session with controls": with(func(g *keyring.Grant) { g.Session = "s\x00" }),
		"a session not UTF-8":     with(func(g *keyring.Grant) { g.Session = "s\xff" }),
		"a client not UTF-8":      with(func(g *keyring.Grant) { g.ClientID = "c\xff" }),
		"a permission in two":     with(func(g *keyring.Grant) { g.Permissions[0] = "read admin" }),
		"an empty permission":     with(func(g *keyring.Grant) { g.Permissions[0] = "" }),
	} {
		token, _, err := m.Mint(t.Context(), g)
		if !errors.Is(err, keyring.ErrGrant) || edgeward.ReasonOf(err) != edgeward.Unavailable || !token.IsZero() {
			t.Errorf("%s: %v", rule, err)
		}
	}
	// Larger than a token may be, or with what strict JSON refuses: no token.
	for rule, g := range map[string]keyring.Grant{
		"9 KiB of permissions": with(func(g *keyring.Grant) { g.Permissions = []string{strings.Repeat("p", 9<<10)} }),
		"a noncharacter":       with(func(g *keyring.Grant) { g.Subject = "a\uffff" }),
	} {
		if token, _, err := m.Mint(t.Context(), g); err == nil || edgeward.ReasonOf(err) != edgeward.Unavailable || !token.IsZero() {
			t.Errorf("%s: minted, %v", rule, err)
		}
	}
}

func TestAMinterThatCannotMint(t *testing.T) {
	good := minter(ring(t, at(noon), hmacJWK("k", "")), at(noon))
	with := func(change func(*keyring.Minter)) keyring.Minter {
		m := good
		change(&m)
		return m
	}
	for rule, m := range map[string]keyring.Minter{
		"the zero minter": {},
		"no ring":         with(func(m *keyring.Minter) { m.Ring = nil }),
		"no issuer":       with(func(m *keyring.Minter) { m.Issuer = "" }),
		"no audience":     with(func(m *keyring.Minter) { m.Audience = "" }),
		"a negative lifetime": with(func(m *keyring.Minter) {
			// A jitter by which −1 h would overflow to 267 years.
			m.Lifetime, m.Random = -time.Hour, strings.NewReader(strings.Repeat("\x00", 16)+"\x00\x00\x00\x02\x54\x0b\xe4\x00")
		}),
		"over a day":          with(func(m *keyring.Minter) { m.Lifetime = 24*time.Hour + 1 }),
		"under a second":      with(func(m *keyring.Minter) { m.Lifetime = time.Millisecond }),
		"no entropy":          with(func(m *keyring.Minter) { m.Random = iotest.ErrReader(errors.New("none")) }),
		"little entropy":      with(func(m *keyring.Minter) { m.Random = strings.NewReader("0123456789") }),
		"an expired ring":     with(func(m *keyring.Minter) { m.Ring = ring(t, at(noon), hmacJWK("k", span(-9, 0))) }),
		"a signer that fails": with(func(m *keyring.Minter) { m.Ring = failing(t) }),
		"a ring to come":      with(func(m *keyring.Minter) { m.Ring = ring(t, at(noon), hmacJWK("k", span(9, 99))) }),
	} {
		token, expires, err := m.Mint(t.Context(), alice)
		if err == nil || errors.Is(err, keyring.ErrGrant) || edgeward.ReasonOf(err) != edgeward.Unavailable || !token.IsZero() || !expires.IsZero() {
			t.Errorf("%s: minted, %v", rule, err)
		}
	}
}

// failing returns a ring whose key signs nothing.
func failing(t *testing.T) *keyring.Ring {
	t.Helper()
	imp := importer
	imp.Private = func(jwk []byte) (keyring.Pair, error) {
		p, err := private(jwk)
		return broken{p}, err
	}
	r, err := keyring.Parse(set(edJWK("k", "")), imp, at(noon))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

type broken struct{ keyring.Pair }

func (broken) Sign(context.Context, []byte) ([]byte, error) {
	return nil, fmt.Errorf("no signature: %w", edgeward.TokenSignature)
}

// An ID token, a plain JWT and our own access token under another typ are not
// access tokens (RFC 8725 §3.11), although our key signed them.
func TestOnlyAccessTokensPass(t *testing.T) {
	r := ring(t, at(noon), hmacJWK("k", ""))
	v := verifier(t, r, at(noon))
	signer, err := r.Signer(noon)
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.Claims{Issuer: issuer, Subject: "alice", Audience: []string{audience}, Expires: noon.Add(time.Minute), IssuedAt: noon}
	for typ, want := range map[string]error{"at+jwt": nil, "": edgeward.TokenType, "jwt": edgeward.TokenType, "logout+jwt": edgeward.TokenType} {
		token, err := jwt.Sign(t.Context(), signer, typ, claims.AppendJSON(nil))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(t.Context(), nil, edgeward.Credential{Value: edgeward.NewSecret(token)}); !errors.Is(err, want) {
			t.Errorf("typ %q: %v", typ, err)
		}
	}
}

func BenchmarkMint(b *testing.B) {
	m := minter(ring(b, time.Now, hmacJWK("k", "")), time.Now)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := m.Mint(b.Context(), alice); err != nil {
			b.Fatal(err)
		}
	}
}

// TestARevokedKeySignsNothing: what it signed would be dead when it arrives.
func TestARevokedKeySignsNothing(t *testing.T) {
	r := ring(t, at(noon), hmacJWK("new", ""), hmacJWK("old", ""), hmacJWK("to-come", span(60, 600)))
	for rule, row := range map[string]struct {
		revoked []string
		want    string // kid, "" for nothing
	}{
		"none":              {nil, "new"},
		"another":           {[]string{"old"}, "new"},
		"the one in front":  {[]string{"new"}, "old"},
		"all that are here": {[]string{"new", "old"}, ""},
	} {
		m := minter(r, at(noon))
		m.Revoked = func(kid string) bool { return slices.Contains(row.revoked, kid) }
		ready := m.Ready(noon)
		token, _, err := m.Mint(t.Context(), alice)
		if (ready == nil) != (err == nil) || (err == nil) != (row.want != "") {
			t.Errorf("%s: ready %v, minted %v", rule, ready, err)
			continue
		}
		if err != nil {
			if edgeward.ReasonOf(err) != edgeward.Unavailable || !strings.Contains(err.Error(), "rotate") {
				t.Errorf("%s: %v", rule, err)
			}
			continue
		}
		if u, err := jwt.Parse(token.Reveal()); err != nil || u.Header.KeyID != row.want {
			t.Errorf("%s: signed by %q, %v, want %q", rule, u.Header.KeyID, err, row.want)
		}
	}
}
