package bearer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

const (
	issuerA = "https://a.example/"
	issuerB = "https://b.example/"
)

// rotating is a key set that a test changes under the verifier's feet.
type rotating struct {
	mu    sync.Mutex
	keys  map[string]*jwt.Key
	down  bool
	asked atomic.Int64
}

func (k *rotating) Key(_ context.Context, kid string, _ bool, _ jwt.Algorithm) (*jwt.Key, error) {
	k.asked.Add(1)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.down {
		return nil, &edgeward.UnavailableError{What: "key set", RetryAfter: time.Second, Err: errors.New("refused")}
	}
	if key := k.keys[kid]; key != nil {
		return key, nil
	}
	return nil, jwks.ErrUnknown
}

func (k *rotating) Holds(key *jwt.Key, _ time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys[key.ID] == key
}

func (k *rotating) set(keys ...*jwt.Key) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = map[string]*jwt.Key{}
	for _, key := range keys {
		k.keys[key.ID] = key
	}
}

func hmacKey(t testing.TB, kid, secret string) *jwt.Key {
	t.Helper()
	key, err := jwt.HMACKey(kid, jwt.HS256, edgeward.NewSecret(strings.Repeat(secret, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

type fixture struct {
	*bearer.Verifier
	a, b   *rotating
	keyA   *jwt.Key
	keyB   *jwt.Key
	now    time.Time
	nowMu  sync.Mutex
	config bearer.Config
}

func (f *fixture) clock() time.Time {
	f.nowMu.Lock()
	defer f.nowMu.Unlock()
	return f.now
}

func (f *fixture) advance(d time.Duration) {
	f.nowMu.Lock()
	defer f.nowMu.Unlock()
	f.now = f.now.Add(d)
}

func newFixture(t testing.TB, cacheBytes int) *fixture {
	t.Helper()
	f := &fixture{a: new(rotating), b: new(rotating), now: time.Unix(1_800_000_000, 0)}
	f.keyA, f.keyB = hmacKey(t, "k", "a"), hmacKey(t, "k", "b") // the same kid on purpose
	f.a.set(f.keyA)
	f.b.set(f.keyB)
	f.config = bearer.Config{
		Issuers: []bearer.Issuer{
			{Rules: jwt.Rules{Issuer: issuerA, Audiences: []string{"api"}}, Algorithms: []jwt.Algorithm{jwt.HS256}, Keys: f.a},
			{Rules: jwt.Rules{Issuer: issuerB, Audiences: []string{"api"}}, Algorithms: []jwt.Algorithm{jwt.RS256}, Keys: f.b},
		},
		CacheBytes: cacheBytes,
		Now:        f.clock,
	}
	var err error
	if f.Verifier, err = bearer.New(f.config); err != nil {
		t.Fatal(err)
	}
	return f
}

// mint signs claims of issuer A, changed by the caller.
func (f *fixture) mint(t testing.TB, key *jwt.Key, change func(*jwt.Claims), extra ...jwt.Extra) string {
	t.Helper()
	claims := jwt.Claims{Issuer: issuerA, Subject: "alice", Audience: []string{"api"}, Expires: f.now.Add(time.Hour), IssuedAt: f.now, TokenID: "t1"}
	if change != nil {
		change(&claims)
	}
	signer, err := jwt.HMACSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Sign(context.Background(), signer, "at+jwt", claims.AppendJSON(nil, extra...))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (f *fixture) verify(token string) (*edgeward.Identity, error) {
	return f.Verify(context.Background(), nil, edgeward.Credential{Value: edgeward.NewSecret(token)})
}

func TestVerify(t *testing.T) {
	f := newFixture(t, 0)
	for rule, row := range map[string]struct {
		token string
		want  error
	}{
		"a good token":                            {f.mint(t, f.keyA, nil), nil},
		"an issuer that is not configured":        {f.mint(t, f.keyA, func(c *jwt.Claims) { c.Issuer = "https://c.example/" }), edgeward.TokenIssuer},
		"an issuer without its trailing slash":    {f.mint(t, f.keyA, func(c *jwt.Claims) { c.Issuer = "https://a.example" }), edgeward.TokenIssuer},
		"no issuer":                               {f.mint(t, f.keyA, func(c *jwt.Claims) { c.Issuer = "" }), edgeward.TokenIssuer},
		"an algorithm that the issuer may not":    {f.mint(t, f.keyB, func(c *jwt.Claims) { c.Issuer = issuerB }), edgeward.TokenAlgorithm},
		"another issuer's key with the same kid":  {f.mint(t, f.keyB, nil), edgeward.TokenSignature},
		"another audience":                        {f.mint(t, f.keyA, func(c *jwt.Claims) { c.Audience = []string{"apis"} }), edgeward.TokenAudience},
		"expired":                                 {f.mint(t, f.keyA, func(c *jwt.Claims) { c.Expires = f.now.Add(-time.Minute) }), edgeward.TokenExpired},
		"no subject":                              {f.mint(t, f.keyA, func(c *jwt.Claims) { c.Subject = "" }), edgeward.TokenClaim},
		"a subject that would split a header":     {f.mint(t, f.keyA, func(c *jwt.Claims) { c.Subject = "a\r\nb" }), edgeward.TokenClaim},
		"a scope that is neither text nor a list": {f.mint(t, f.keyA, nil, jwt.Extra{Name: "scope", JSON: `{"admin":true}`}), edgeward.TokenClaim},
		"permissions with a number among them":    {f.mint(t, f.keyA, nil, jwt.Extra{Name: "permissions", JSON: `["a",1]`}), edgeward.TokenClaim},
		"a subject that a log would change":       {f.mint(t, f.keyA, func(c *jwt.Claims) { c.Subject = "a\uffff" }), edgeward.TokenClaim},
		"claims that are null are absent": {f.mint(t, f.keyA, nil, jwt.Extra{Name: "scope", JSON: "null"}, jwt.Extra{Name: "scp", JSON: "null"},
			jwt.Extra{Name: "permissions", JSON: "null"}, jwt.Extra{Name: "sid", JSON: "null"}, jwt.Extra{Name: "nbf", JSON: "null"}), nil},
		"nonsense": {"not.a.token", edgeward.TokenMalformed},
		"forged and expired tells of the forgery": {f.mint(t, f.keyB, func(c *jwt.Claims) { c.Expires = f.now.Add(-time.Minute) }), edgeward.TokenSignature},
	} {
		t.Run(rule, func(t *testing.T) {
			id, err := f.verify(row.token)
			if !errors.Is(err, row.want) || (id != nil) != (row.want == nil) {
				t.Errorf("identity %v, error %v, want %v", id, err, row.want)
			}
		})
	}
}

func TestPermissionsComeFromEveryClaimThatProvidersUse(t *testing.T) {
	f := newFixture(t, 0)
	id, err := f.verify(f.mint(t, f.keyA, nil,
		jwt.StringClaim("scope", "openid orders:read"),
		jwt.Extra{Name: "scp", JSON: `["orders:write"]`},
		jwt.Extra{Name: "permissions", JSON: `["orders:read","two words","bills:read"]`}))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"bills:read", "openid", "orders:read", "orders:write"}
	if !slices.Equal(id.Permissions, want) {
		t.Errorf("permissions %q, want %q", id.Permissions, want)
	}
	if id.Subject != "alice" || id.Issuer != issuerA || id.Method != "bearer" || id.TokenID != "t1" || !strings.Contains(id.Claims, `"sub":"alice"`) {
		t.Errorf("identity %+v", id)
	}
}

// A key set that cannot be had is never an invalid token.
func TestAnUnavailableKeySetIsACouldNotTell(t *testing.T) {
	f := newFixture(t, 0)
	f.a.down = true
	_, err := f.verify(f.mint(t, f.keyA, nil))
	if edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("%v, want unavailable", err)
	}
	f.a.down = false
	if _, err := f.verify(f.mint(t, f.keyA, nil)); err != nil {
		t.Errorf("once it is back: %v", err)
	}
}

func TestACachedVerificationAsksAgainWhatTimeChanges(t *testing.T) {
	warm := func(t *testing.T) (*fixture, string) {
		f := newFixture(t, 0)
		token := f.mint(t, f.keyA, func(c *jwt.Claims) { c.Expires = f.now.Add(2 * time.Minute); c.NotBefore = f.now })
		for range 2 {
			if _, err := f.verify(token); err != nil {
				t.Fatal(err)
			}
		}
		if s := f.Cache(); s.Hits != 1 || s.Misses != 1 || f.a.asked.Load() != 1 {
			t.Fatalf("cache %+v, key set asked %d times", s, f.a.asked.Load())
		}
		return f, token
	}
	t.Run("exp", func(t *testing.T) {
		f, token := warm(t)
		f.advance(2*time.Minute + 31*time.Second) // past exp and leeway, within the entry's life
		if _, err := f.verify(token); !errors.Is(err, edgeward.TokenExpired) {
			t.Errorf("%v, want expired", err)
		}
	})
	t.Run("nbf, when the clock is set back", func(t *testing.T) {
		f, token := warm(t)
		f.advance(-time.Hour)
		if _, err := f.verify(token); !errors.Is(err, edgeward.TokenNotYetValid) {
			t.Errorf("%v, want not yet valid", err)
		}
	})
	t.Run("the key leaves the set", func(t *testing.T) {
		f, token := warm(t)
		f.a.set()
		if _, err := f.verify(token); !errors.Is(err, edgeward.TokenKey) {
			t.Errorf("%v, want unknown key", err)
		}
	})
	t.Run("another key takes its kid", func(t *testing.T) {
		f, token := warm(t)
		f.a.set(hmacKey(t, "k", "z"))
		if _, err := f.verify(token); !errors.Is(err, edgeward.TokenSignature) {
			t.Errorf("%v, want a wrong signature", err)
		}
	})
}

func TestAnEntryLivesFiveMinutes(t *testing.T) {
	f := newFixture(t, 0)
	token := f.mint(t, f.keyA, nil)
	for _, step := range []struct {
		wait  time.Duration
		asked int64
	}{{0, 1}, {4*time.Minute + 59*time.Second, 1}, {time.Second, 2}} {
		f.advance(step.wait)
		if _, err := f.verify(token); err != nil {
			t.Fatal(err)
		}
		if got := f.a.asked.Load(); got != step.asked {
			t.Errorf("after %v: the key set was asked %d times, want %d", step.wait, got, step.asked)
		}
	}
}

// Only what was verified byte for byte may hit: a changed last character that
// decodes to the same signature, or a changed signature, is another token.
func TestAnotherSpellingNeverHits(t *testing.T) {
	f := newFixture(t, 0)
	token := f.mint(t, f.keyA, nil)
	if _, err := f.verify(token); err != nil {
		t.Fatal(err)
	}
	for _, twin := range []string{token + "=", token[:len(token)-1] + "B", token + "A", token[:len(token)-1], " " + token} {
		if _, err := f.verify(twin); err == nil {
			t.Errorf("a twin of a cached token passed: …%s", twin[len(twin)-4:])
		}
	}
	if hits := f.Cache().Hits; hits != 0 {
		t.Errorf("%d hits by twins", hits)
	}
}

func TestRefusalsAreNotRemembered(t *testing.T) {
	f := newFixture(t, 0)
	for range 3 {
		_, _ = f.verify(f.mint(t, f.keyB, nil))
	}
	if s := f.Cache(); s.Entries != 0 || s.Bytes != 0 {
		t.Errorf("cache %+v", s)
	}
}

func TestTheCacheIsBoundedByBytes(t *testing.T) {
	const limit = 1 << 20
	f := newFixture(t, limit)
	for i := range 3000 {
		token := f.mint(t, f.keyA, func(c *jwt.Claims) { c.TokenID = fmt.Sprint(i) })
		if _, err := f.verify(token); err != nil {
			t.Fatal(err)
		}
		if s := f.Cache(); s.Bytes > limit {
			t.Fatalf("%d bytes after %d tokens, limit %d", s.Bytes, i+1, limit)
		}
	}
	if s := f.Cache(); s.Evictions == 0 || s.Entries == 0 || s.Bytes < limit/2 {
		t.Errorf("cache %+v", s)
	}
}

func TestACacheOfNoBytesKeepsNothing(t *testing.T) {
	f := newFixture(t, -1)
	token := f.mint(t, f.keyA, nil)
	for range 2 {
		if _, err := f.verify(token); err != nil {
			t.Fatal(err)
		}
	}
	if s := f.Cache(); s.Entries != 0 || s.Hits != 0 {
		t.Errorf("cache %+v", s)
	}
}

func TestManyAtOnce(t *testing.T) {
	f := newFixture(t, 1<<20)
	tokens := make([]string, 50)
	for i := range tokens {
		tokens[i] = f.mint(t, f.keyA, func(c *jwt.Claims) { c.Subject = fmt.Sprint("user", i) })
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 500 {
				n := i % len(tokens)
				id, err := f.verify(tokens[n])
				if err != nil || id.Subject != fmt.Sprint("user", n) {
					t.Errorf("token %d: %v, %v", n, id, err)
				}
			}
		})
	}
	all.Wait()
}

func TestNewRefuses(t *testing.T) {
	f := newFixture(t, 0)
	for rule, change := range map[string]func(*bearer.Config){
		"an issuer twice":             func(c *bearer.Config) { c.Issuers = append(c.Issuers, c.Issuers[0]) },
		"an issuer without keys":      func(c *bearer.Config) { c.Issuers[0].Keys = nil },
		"an issuer without algorithm": func(c *bearer.Config) { c.Issuers[0].Algorithms = nil },
	} {
		cfg := f.config
		cfg.Issuers = slices.Clone(cfg.Issuers)
		change(&cfg)
		if _, err := bearer.New(cfg); err == nil {
			t.Errorf("New accepts %s", rule)
		}
	}
}

func TestTheZeroConfigAcceptsNothing(t *testing.T) {
	f := newFixture(t, 0)
	v, err := bearer.New(bearer.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(context.Background(), nil, edgeward.Credential{Value: edgeward.NewSecret(f.mint(t, f.keyA, nil))}); !errors.Is(err, edgeward.TokenIssuer) {
		t.Errorf("%v", err)
	}
}

func BenchmarkVerifyWarm(b *testing.B) {
	f := newFixture(b, 0)
	f.config.Now = nil
	token := edgeward.Credential{Value: edgeward.NewSecret(f.mint(b, f.keyA, nil))}
	for b.Loop() {
		if _, err := f.Verify(context.Background(), nil, token); err != nil {
			b.Fatal(err)
		}
	}
}

// A token that was minted by a refresh after "log out everywhere" descends from
// a login before it.
func TestOwnTokensAreAsOldAsTheirLogin(t *testing.T) {
	f := newFixture(t, 0)
	login := f.now.Add(-48*time.Hour + 250*time.Millisecond)
	token := f.mint(t, f.keyA, nil, jwt.Extra{Name: "auth_time", JSON: fmt.Sprintf("%d.250", login.Unix())})
	for _, signedIn := range []bool{false, true} {
		f.config.Issuers[0].SignedIn = signedIn
		v, err := bearer.New(f.config)
		if err != nil {
			t.Fatal(err)
		}
		id, err := v.Verify(context.Background(), nil, edgeward.Credential{Value: edgeward.NewSecret(token)})
		if err != nil {
			t.Fatal(err)
		}
		want := f.now
		if signedIn {
			want = login
		}
		if !id.IssuedAt.Equal(want) {
			t.Errorf("signed in %v: issued at %v, want %v", signedIn, id.IssuedAt, want)
		}
		for _, wrong := range []string{`"1"`, "-1", "1e300"} {
			spoilt := f.mint(t, f.keyA, nil, jwt.Extra{Name: "auth_time", JSON: wrong})
			if _, err := v.Verify(context.Background(), nil, edgeward.Credential{Value: edgeward.NewSecret(spoilt)}); (err != nil) != signedIn {
				t.Errorf("signed in %v: auth_time %s: %v", signedIn, wrong, err)
			}
		}
	}
}

// How and when a user authenticated is the issuer's to say (RFC 9068 §2.2.1). What says
// nothing keeps no token from being good; of our own tokens, auth_time alone is when
// the user signed in here.
func TestHowAUserAuthenticated(t *testing.T) {
	f := newFixture(t, 0)
	at := f.now.Add(-time.Hour).Truncate(time.Second)
	seconds := func(name string, at time.Time) jwt.Extra { return jwt.Extra{Name: name, JSON: fmt.Sprint(at.Unix())} }
	for rule, row := range map[string]struct {
		own    bool
		extra  []jwt.Extra
		acr    string
		at     time.Time
		issued time.Time
	}{
		"an issuer's":               {false, []jwt.Extra{jwt.StringClaim("acr", "gold"), seconds("auth_time", at)}, "gold", at, f.now},
		"nothing is said":           {false, nil, "", time.Time{}, f.now},
		"no class":                  {false, []jwt.Extra{{Name: "acr", JSON: "[1]"}, seconds("auth_time", at)}, "", at, f.now},
		"one that splits a line":    {false, []jwt.Extra{{Name: "acr", JSON: `"a\u000ab"`}}, "", time.Time{}, f.now},
		"one that is too long":      {false, []jwt.Extra{jwt.StringClaim("acr", strings.Repeat("a", 256))}, "", time.Time{}, f.now},
		"no time":                   {false, []jwt.Extra{{Name: "auth_time", JSON: `"1"`}}, "", time.Time{}, f.now},
		"a negative time":           {false, []jwt.Extra{{Name: "auth_time", JSON: `-1`}}, "", time.Time{}, f.now},
		"an issuer's claim of ours": {false, []jwt.Extra{seconds("auth_time", at), seconds("since", at.Add(time.Minute))}, "", at, f.now},
		"ours":                      {true, []jwt.Extra{jwt.StringClaim("acr", "gold"), seconds("auth_time", at), seconds("since", at.Add(time.Minute))}, "gold", at, at.Add(time.Minute)},
		"ours, of a sign-in alone":  {true, []jwt.Extra{seconds("auth_time", at)}, "", time.Time{}, at},
	} {
		f.config.Issuers[0].SignedIn, f.config.Issuers[0].SinceClaim = row.own, "since"
		v, err := bearer.New(f.config)
		if err != nil {
			t.Fatal(err)
		}
		id, err := v.Verify(context.Background(), nil, edgeward.Credential{Value: edgeward.NewSecret(f.mint(t, f.keyA, nil, row.extra...))})
		if err != nil {
			t.Fatal(rule, err)
		}
		if id.Profile.ACR != row.acr || !id.Profile.AuthTime.Equal(row.at) || !id.IssuedAt.Equal(row.issued) {
			t.Errorf("%s: acr %q, authenticated at %v, issued at %v", rule, id.Profile.ACR, id.Profile.AuthTime, id.IssuedAt)
		}
	}
}

// A token that says a host is good there alone, remembered or not; without the claim's
// name in the configuration it is another party's claim, and says nothing.
func TestATokenForOneHost(t *testing.T) {
	f := newFixture(t, 0)
	f.config.Issuers[0].HostClaim = "host"
	v, err := bearer.New(f.config)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(v *bearer.Verifier, token string, r *edgeward.Request) edgeward.Reason {
		if _, err := v.Verify(t.Context(), r, edgeward.Credential{Value: edgeward.NewSecret(token)}); err != nil {
			return edgeward.ReasonOf(err)
		}
		return edgeward.Authenticated
	}
	bound := f.mint(t, f.keyA, nil, jwt.StringClaim("host", "a.example"))
	const fine = edgeward.Authenticated
	for range 2 { // the second time from the cache
		for host, want := range map[string]edgeward.Reason{"a.example": fine, "a.example:8443": fine, "b.example": edgeward.TokenAudience, "x.a.example": edgeward.TokenAudience, "": edgeward.TokenAudience} {
			if got := verify(v, bound, &edgeward.Request{Host: host}); got != want {
				t.Errorf("at %q: %v, want %v", host, got, want)
			}
		}
		if got := verify(v, bound, nil); got != edgeward.TokenAudience {
			t.Errorf("without a request: %v", got)
		}
	}
	for _, wrong := range []string{`1`, `["a.example"]`, `""`} {
		if got := verify(v, f.mint(t, f.keyA, nil, jwt.Extra{Name: "host", JSON: wrong}), &edgeward.Request{Host: "a.example"}); got != edgeward.TokenClaim {
			t.Errorf("host %s: %v", wrong, got)
		}
	}
	if got := verify(v, f.mint(t, f.keyA, nil), &edgeward.Request{Host: "b.example"}); got != fine {
		t.Errorf("without the claim: %v", got)
	}
	if got := verify(f.Verifier, bound, &edgeward.Request{Host: "b.example"}); got != fine {
		t.Errorf("another party's claim: %v", got)
	}
}

// While an issuer goes over from one kind of key to another it signs with both.
// Each has keys, audiences and algorithms of its own, and a token never gets the
// key of the other (RFC 8725 §3.1).
func TestOneIssuerWithKeysByAlgorithm(t *testing.T) {
	f := newFixture(t, -1)
	strong, err := jwt.HMACKey("k", jwt.HS512, edgeward.NewSecret(strings.Repeat("z", 64)))
	if err != nil {
		t.Fatal(err)
	}
	old, young := new(rotating), new(rotating)
	old.set(f.keyA)
	young.set(strong)
	v, err := bearer.New(bearer.Config{Now: f.clock, Issuers: []bearer.Issuer{
		{Rules: jwt.Rules{Issuer: issuerA, Audiences: []string{"api"}}, Algorithms: []jwt.Algorithm{jwt.HS256}, Keys: old},
		{Rules: jwt.Rules{Issuer: issuerA, Audiences: []string{"new"}}, Algorithms: []jwt.Algorithm{jwt.HS512}, Keys: young},
	}})
	if err != nil {
		t.Fatal(err)
	}
	forNew := func(c *jwt.Claims) { c.Audience = []string{"new"} }
	weak, err := jwt.HMACKey("k", jwt.HS256, edgeward.NewSecret(strings.Repeat("z", 64)))
	if err != nil {
		t.Fatal(err)
	}
	for rule, row := range map[string]struct {
		token string
		want  error
	}{
		"the old kind":                   {f.mint(t, f.keyA, nil), nil},
		"the new kind":                   {f.mint(t, strong, forNew), nil},
		"the old kind for the new's":     {f.mint(t, f.keyA, forNew), edgeward.TokenAudience},
		"the new kind for the old's":     {f.mint(t, strong, nil), edgeward.TokenAudience},
		"the new's key by the old's alg": {f.mint(t, weak, nil), edgeward.TokenSignature},
		"another issuer's name":          {f.mint(t, f.keyA, func(c *jwt.Claims) { c.Issuer = issuerB }), edgeward.TokenIssuer},
	} {
		_, err := v.Verify(t.Context(), nil, edgeward.Credential{Value: edgeward.NewSecret(row.token)})
		if !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", rule, err, row.want)
		}
	}
	other, err := jwt.HMACKey("k", jwt.HS384, edgeward.NewSecret(strings.Repeat("z", 64)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.Verify(t.Context(), nil, edgeward.Credential{Value: edgeward.NewSecret(f.mint(t, other, nil))})
	if !errors.Is(err, edgeward.TokenAlgorithm) || !strings.Contains(err.Error(), "may not sign with HS384, only with HS256, HS512") {
		t.Errorf("an algorithm of neither: %v", err)
	}
}

// What an operator reads in the log says what the token is, and what is allowed.
func TestARefusalSaysWhatTheTokenIs(t *testing.T) {
	f := newFixture(t, 0)
	header, payload, _ := strings.Cut(f.mint(t, f.keyA, nil), ".")
	payload, _, _ = strings.Cut(payload, ".")
	none := "eyJhbGciOiJOb25lIn0." + payload + "."
	for rule, row := range map[string]struct {
		token string
		want  edgeward.Reason
		says  string
	}{
		"opaque":               {"a1b2c3d4", edgeward.TokenMalformed, "opaque, no JWT"},
		"unsigned":             {header + "." + payload + ".", edgeward.TokenMalformed, "unsigned"},
		"alg none":             {none, edgeward.TokenMalformed, "unsigned"},
		"alg none, and signed": {none + "AAAA", edgeward.TokenAlgorithm, "alg is none"},
		"encrypted":            {"e30.a.b.c.d", edgeward.TokenMalformed, "JWE"},
		"another form":         {"e30.a", edgeward.TokenMalformed, "three segments"},
		"a month":              {f.mint(t, f.keyA, func(c *jwt.Claims) { c.Expires = f.now.Add(30 * 24 * time.Hour) }), edgeward.TokenLifetime, "claims to live for 720h0m0s, more than the 24h0m0s of max_lifetime"},
		"without a subject":    {f.mint(t, f.keyA, func(c *jwt.Claims) { c.Subject = "" }), edgeward.TokenClaim, "sub is missing"},
	} {
		_, err := f.verify(row.token)
		if !errors.Is(err, row.want) || !strings.Contains(fmt.Sprint(err), row.says) {
			t.Errorf("%s: %v, want %v and %q", rule, err, row.want, row.says)
		}
	}
}
