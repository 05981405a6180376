package keyring_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// at is a clock that stands still.
func at(t time.Time) func() time.Time { return func() time.Time { return t } }

var encode = base64.RawURLEncoding.EncodeToString

// importer reads Ed25519 and P-256 private JWKs as jwks/keyfile does.
var importer = keyring.Importer{Private: private, Public: stdcrypto.Import}

func private(jwk []byte) (keyring.Pair, error) {
	m, err := strictjson.Object(jwk)
	if err != nil {
		return nil, err
	}
	text := func(name string) string { v, _ := m.Lookup(name); s, _ := v.String(); return s }
	d, err := base64.RawURLEncoding.DecodeString(text("d"))
	if err != nil {
		return nil, err
	}
	var key crypto.Signer = ed25519.NewKeyFromSeed(d)
	if text("kty") == "EC" {
		if key, err = ecdsa.ParseRawPrivateKey(elliptic.P256(), d); err != nil {
			return nil, err
		}
	}
	return stdcrypto.NewSigner(text("kid"), jwt.Algorithm(text("alg")), key)
}

// secretOf returns 32 bytes that follow from a name.
func secretOf(name string) []byte {
	sum := sha256.Sum256([]byte(name))
	return sum[:]
}

// hmacJWK returns a private HS256 JWK with more members.
func hmacJWK(kid, more string) string {
	return fmt.Sprintf(`{"kty":"oct","kid":%q,"alg":"HS256","k":%q%s}`, kid, encode(secretOf(kid[:1])), more)
}

// edJWK returns a private Ed25519 JWK with more members.
func edJWK(kid, more string) string {
	seed := bytes.Repeat([]byte(kid[:1]), 32)
	x := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","kid":%q,"alg":"EdDSA","x":%q,"d":%q%s}`, kid, encode(x), encode(seed), more)
}

func esJWK(t *testing.T, kid string) string {
	t.Helper()
	d := bytes.Repeat([]byte{7}, 32)
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"kty":"EC","crv":"P-256","kid":%q,"alg":"ES256","x":%q,"y":%q,"d":%q}`, kid, encode(point[1:33]), encode(point[33:]), encode(d))
}

func set(keys ...string) []byte { return []byte(`{"keys":[` + strings.Join(keys, ",") + `]}`) }

// span returns nbf and exp as seconds from noon.
func span(nbf, exp int64) string {
	return fmt.Sprintf(`,"nbf":%d,"exp":%d`, noon.Unix()+nbf, noon.Unix()+exp)
}

func ring(t testing.TB, now func() time.Time, keys ...string) *keyring.Ring {
	t.Helper()
	return parse(t, now, set(keys...))
}

func parse(t testing.TB, now func() time.Time, data []byte) *keyring.Ring {
	t.Helper()
	r, err := keyring.Parse(data, importer, now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// signs returns the kid of what signs at a time, or "".
func signs(r *keyring.Ring, now time.Time) string {
	s, err := r.Signer(now)
	if err != nil {
		return ""
	}
	return s.KeyID()
}

func TestTheFirstActiveKeySigns(t *testing.T) {
	r := ring(t, at(noon), hmacJWK("new", span(10, 100)), hmacJWK("old", span(-100, 50)), hmacJWK("older", span(-200, 5)))
	for _, row := range []struct {
		rule    string
		seconds int64
		kid     string
	}{
		{"before all", -201, ""},
		{"only the oldest is active, and last", -200, "older"},
		{"the first of two", -100, "old"},
		{"a key in front that is not active yet waits", 9, "old"},
		{"from nbf on", 10, "new"},
		{"until before exp", 99, "new"},
		{"from exp on nothing", 100, ""},
	} {
		if got := signs(r, noon.Add(time.Duration(row.seconds)*time.Second)); got != row.kid {
			t.Errorf("%s: %q signs, want %q", row.rule, got, row.kid)
		}
	}
	if always := ring(t, at(noon), hmacJWK("k", "")); signs(always, time.Unix(0, 0)) != "k" || signs(always, noon.AddDate(100, 0, 0)) != "k" {
		t.Error("a key without nbf and exp must always sign")
	}
}

func TestASignerThatIsMissingIsExplained(t *testing.T) {
	r := ring(t, at(noon), hmacJWK("only", span(0, 10)))
	for rule, row := range map[string]struct {
		ring *keyring.Ring
		now  time.Time
		want string
	}{
		"expired ring":  {r, noon.Add(time.Hour), `keyring: no key is active: the newest, "only", retired at 2026-03-01T12:00:10Z`},
		"too early":     {r, noon.Add(-time.Hour), `keyring: no key is active yet: the newest, "only", activates at 2026-03-01T12:00:00Z`},
		"the zero ring": {new(keyring.Ring), noon, "keyring: there is no key"},
	} {
		if _, err := row.ring.Signer(row.now); err == nil || err.Error() != row.want {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestUnretiredKeysVerify(t *testing.T) {
	keys := []string{hmacJWK("future", span(10, 100)), hmacJWK("gone", span(-100, 0)), edJWK("ed", "")}
	r := ring(t, at(noon), keys...)
	for _, row := range []struct {
		rule   string
		ring   *keyring.Ring
		kid    string
		hasKid bool
		alg    jwt.Algorithm
		err    error
	}{
		{"a key that is still to sign, for clocks differ", r, "future", true, jwt.HS256, nil},
		{"an asymmetric key", r, "ed", true, jwt.EdDSA, nil},
		{"a retired key", r, "gone", true, jwt.HS256, jwks.ErrUnknown},
		{"an unknown kid", r, "other", true, jwt.HS256, jwks.ErrUnknown},
		{"another algorithm", r, "ed", true, jwt.HS256, jwks.ErrAlgorithm},
		{"no kid", ring(t, at(noon), hmacJWK("only", "")), "only", false, jwt.HS256, jwks.ErrUnknown},
		{"the zero ring", new(keyring.Ring), "k", true, jwt.HS256, jwks.ErrUnknown},
	} {
		k, err := row.ring.Key(t.Context(), row.kid, row.hasKid, row.alg)
		if !errors.Is(err, row.err) || (err == nil) != (k != nil) || k != nil && (k.ID != row.kid || k.Algorithm != row.alg) {
			t.Errorf("%s: %v, %v", row.rule, k, err)
		}
	}
}

func TestHoldsUntilRetirement(t *testing.T) {
	r := ring(t, at(noon), hmacJWK("a", span(0, 10)))
	k, err := r.Key(t.Context(), "a", true, jwt.HS256)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Holds(k, noon.Add(9*time.Second)) || r.Holds(k, noon.Add(10*time.Second)) {
		t.Error("a cached verification must die with its key")
	}
	if r.Holds(nil, noon) || r.Holds(&jwt.Key{ID: "a", Algorithm: jwt.HS256}, noon) {
		t.Error("holds what is not of the ring")
	}
}

func TestOnlyAsymmetricKeysArePublished(t *testing.T) {
	r := ring(t, at(noon), edJWK("next", span(10, 100)), hmacJWK("secret", ""), esJWK(t, "ec"), edJWK("retired", span(-10, 0)))
	public := r.AppendPublic(nil, noon)
	s, ignored, err := jwks.Parse(public, stdcrypto.Import)
	if err != nil || len(ignored) > 0 {
		t.Fatal(err, ignored)
	}
	var kids []string
	for _, k := range s.Keys() {
		kids = append(kids, k.ID)
	}
	if got := strings.Join(kids, " "); got != "next ec" {
		t.Errorf("published %s", got)
	}
	if bytes.Contains(public, []byte(`"k"`)) || bytes.Contains(public, []byte(`"d"`)) {
		t.Error("a secret was published")
	}
	if none := ring(t, at(noon), hmacJWK("secret", "")).AppendPublic(nil, noon); string(none) != `{"keys":[]}` {
		t.Errorf("an HMAC ring publishes %s", none)
	}
}

func TestKeysAndAlgorithmsAreTold(t *testing.T) {
	r := ring(t, at(noon), hmacJWK("a", span(10, 100)), edJWK("b", ""), hmacJWK("c", ""))
	if got := fmt.Sprint(r.Algorithms()); got != "[HS256 EdDSA]" {
		t.Error(got)
	}
	want := keyring.Key{ID: "a", Algorithm: jwt.HS256, Activates: time.Unix(noon.Unix()+10, 0), Retires: time.Unix(noon.Unix()+100, 0)}
	if keys := r.Keys(); len(keys) != 3 || keys[0] != want || !keys[2].Retires.IsZero() {
		t.Error(keys)
	}
}

func TestParseRefuses(t *testing.T) {
	short := `{"kty":"oct","kid":"s","alg":"HS256","k":"` + encode(make([]byte, 31)) + `"}`
	many := make([]string, 101)
	for i := range many {
		many[i] = hmacJWK(fmt.Sprint(i), "")
	}
	replace := func(jwk, old, new string) []byte {
		t.Helper()
		if !strings.Contains(jwk, old) {
			t.Fatalf("%s has no %s", jwk, old)
		}
		return set(strings.Replace(jwk, old, new, 1))
	}
	a := hmacJWK("a", "")
	for rule, data := range map[string][]byte{
		"no JSON":                      []byte("nonsense"),
		"no keys":                      []byte(`{}`),
		"an empty set":                 set(),
		"a member beside keys":         []byte(`{"keys":[` + a + `],"key":1}`),
		"more than 100 keys":           set(many...),
		"more than a megabyte":         append(set(a), bytes.Repeat([]byte(" "), 1<<20)...),
		"a kid twice":                  set(a, edJWK("a", "")),
		"no kid":                       replace(a, `"kid":"a",`, ``),
		"an empty kid":                 replace(a, `"kid":"a"`, `"kid":""`),
		"no object":                    set(`"a"`),
		"no alg":                       replace(a, `"alg":"HS256",`, ``),
		"an unknown alg":               replace(a, `"HS256"`, `"none"`),
		"an alg of another kind":       replace(a, `"HS256"`, `"RS256"`),
		"HS256 with an elliptic curve": replace(edJWK("e", ""), `"EdDSA"`, `"HS256"`),
		"a misspelt exp":               set(hmacJWK("a", `,"epx":1`)),
		"use enc":                      set(hmacJWK("a", `,"use":"enc"`)),
		"key_ops verify":               set(hmacJWK("a", `,"key_ops":["verify"]`)),
		"nbf a string":                 set(hmacJWK("a", `,"nbf":"1"`)),
		"nbf negative":                 set(hmacJWK("a", `,"nbf":-1`)),
		"exp with a fraction":          set(hmacJWK("a", `,"exp":1.5`)),
		"exp beyond 2^53":              set(hmacJWK("a", `,"exp":1e17`)),
		"exp null":                     set(hmacJWK("a", `,"exp":null`)),
		"exp at nbf":                   set(hmacJWK("a", span(5, 5))),
		"a secret shorter than hash":   set(short),
		"k not base64url":              replace(a, `"k":"`, `"k":"=`),
		"k with a line feed":           replace(a, `"k":"`, `"k":"\n`),
		"k that is a placeholder":      replace(a, encode(secretOf("a")), encode(bytes.Repeat([]byte("abcdefg"), 5))),
		"k with bits left over":        replace(a, encode(secretOf("a")), encode(secretOf("a"))[:42]+string(encode(secretOf("a"))[42]+1)),
		"one bad key among good":       set(a, short),
		"d of the wrong curve":         replace(esJWK(t, "e"), encode(bytes.Repeat([]byte{7}, 32)), encode(make([]byte, 32))),
	} {
		if r, err := keyring.Parse(data, importer, nil); err == nil || r != nil {
			t.Errorf("%s: accepted", rule)
		} else if strings.Contains(err.Error(), encode(secretOf("a"))) {
			t.Errorf("%s: the error tells the key", rule)
		}
	}
	if _, err := keyring.Parse(set(hmacJWK("a", `,"use":"sig","key_ops":["sign","verify"]`)), importer, nil); err != nil {
		t.Error(err)
	}
}

// What the importer reads must be what the ring says of it.
func TestTheImporterIsNotBelievedBlindly(t *testing.T) {
	with := func(change func(*jwks.JWK)) keyring.Importer {
		return keyring.Importer{Public: stdcrypto.Import, Private: func(jwk []byte) (keyring.Pair, error) {
			p, err := private(jwk)
			if err != nil {
				return nil, err
			}
			public := p.Public()
			change(public)
			return liar{p, public}, nil
		}}
	}
	lenient := with(func(k *jwks.JWK) { k.X = k.X[:31] })
	lenient.Public = func(*jwks.JWK) (jwt.PublicKey, error) { return nil, nil }
	for rule, imp := range map[string]keyring.Importer{
		"none":          {},
		"private only":  {Private: private},
		"public only":   {Public: stdcrypto.Import},
		"another kid":   with(func(k *jwks.JWK) { k.KeyID = "other" }),
		"a broken half": lenient,
		"public fails":  {Private: private, Public: func(*jwks.JWK) (jwt.PublicKey, error) { return nil, errors.New("no") }},
	} {
		if _, err := keyring.Parse(set(edJWK("a", "")), imp, nil); err == nil {
			t.Errorf("%s: accepted", rule)
		}
	}
}

// RS256 and PS256 share their keys: only the ring keeps them apart.
func TestAKeyKeepsItsAlgorithm(t *testing.T) {
	key, err := stdcrypto.GenerateKey(jwt.RS256)
	if err != nil {
		t.Fatal(err)
	}
	imp := keyring.Importer{Public: stdcrypto.Import, Private: func([]byte) (keyring.Pair, error) {
		return stdcrypto.NewSigner("a", jwt.RS256, key)
	}}
	for alg, ok := range map[jwt.Algorithm]bool{jwt.RS256: true, jwt.PS256: false} {
		if _, err := keyring.Parse(set(`{"kty":"RSA","kid":"a","alg":"`+string(alg)+`"}`), imp, nil); (err == nil) != ok {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

type liar struct {
	keyring.Pair
	public *jwks.JWK
}

func (l liar) Public() *jwks.JWK { return l.public }

func FuzzParse(f *testing.F) {
	f.Add(set(hmacJWK("a", span(0, 10)), edJWK("b", "")))
	f.Add(set(hmacJWK("a", `,"use":"sig"`)))
	f.Add([]byte(`{"keys":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := keyring.Parse(data, keyring.Importer{}, at(noon))
		if err != nil {
			return
		}
		next, err := keyring.Rotate(data, keyring.Rotation{Key: []byte(hmacJWK("fresh", "")), Now: noon})
		if err != nil {
			t.Skip(err) // the kid is taken, or the set is full
		}
		after, err := keyring.Parse(next, keyring.Importer{}, at(noon))
		if err != nil {
			t.Fatalf("what Rotate wrote cannot be read: %v\n%s", err, next)
		}
		if signs(r, noon) != "" && signs(after, noon) != signs(r, noon) {
			t.Error("a rotation changed who signs now")
		}
		if signs(after, noon) == "" || signs(after, noon.Add(keyring.DefaultDelay)) != "fresh" {
			t.Error("nobody signs, or not the new key after the delay")
		}
	})
}
