package jwks_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// Key material of RFC 7515 appendix A.2 and A.3, RFC 7517 appendix A.1 and
// RFC 8037 appendix A.2.
const (
	rsaN = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
	ecX  = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
	ecY  = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
	okpX = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
	// Another Ed25519 key, that of RFC 8032 §7.1, test 2.
	okpX2 = "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"

	// A modulus made as RSALib made them, 2048 bits (CVE-2017-15361).
	rocaN = "wby6G6WB8RXIOt8jKlp89_RTQeuihzsBDlapJZp5FA7Zo6b9IEQLFtrAjy6vdprACuHR6SqagSHcUicJQfOArsSwNpm2-qAaSBNCwXvZCtD6UtGB1ccfBy5rw8vMvwY4E9H3mLiWC6MuxS9FlVWSX4rY06RM_NGKUJdcIMQpn9YkoqVg6sqD9XXinChi-SCffEtH6rHQ_RItUFTD4pjJzVTNCXwn8wHI7aLx_UYKxoS0SDsNxR_iCs0IWq0RtCD_DEymygUP9PlUI1bkTYrr_k6e2WfQ8P4SslOoDO89I1lkvIbS-3pt5pCTUidMeI26tBFCyMVxa9xNikmceWCUVQ"
)

// rsaKey returns an RSA JWK; extra members come last.
func rsaKey(kid string, extra ...string) string {
	return object(append([]string{`"kty":"RSA"`, `"kid":"` + kid + `"`, `"n":"` + rsaN + `"`, `"e":"AQAB"`}, extra...)...)
}

func ecKey(kid string, extra ...string) string {
	return object(append([]string{`"kty":"EC"`, `"kid":"` + kid + `"`, `"crv":"P-256"`, `"x":"` + ecX + `"`, `"y":"` + ecY + `"`}, extra...)...)
}

func okpKey(kid string, extra ...string) string {
	return object(append([]string{`"kty":"OKP"`, `"kid":"` + kid + `"`, `"crv":"Ed25519"`, `"x":"` + okpX + `"`}, extra...)...)
}

func object(members ...string) string { return "{" + strings.Join(members, ",") + "}" }

func setOf(keys ...string) []byte { return []byte(`{"keys":[` + strings.Join(keys, ",") + `]}`) }

func parse(t testing.TB, keys ...string) *jwks.Set {
	t.Helper()
	s, ignored, err := jwks.Parse(setOf(keys...), stdcrypto.Import)
	if err != nil || len(ignored) > 0 {
		t.Fatalf("Parse: %v, ignored %v", err, ignored)
	}
	return s
}

// bytesOf spells bytes in base64url.
func bytesOf(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// modulus returns a number of so many bits that is free of small factors.
func modulus(bits int) []byte {
	n := new(big.Int).SetBit(new(big.Int), bits-1, 1)
	for n.SetBit(n, 0, 1); ; n.Add(n, big.NewInt(2)) {
		small := false
		for p := int64(3); p < 200; p += 2 {
			small = small || new(big.Int).Mod(n, big.NewInt(p)).Sign() == 0
		}
		if !small {
			return n.Bytes()
		}
	}
}

// times multiplies a number by a small factor.
func times(b []byte, factor int64) []byte {
	n := new(big.Int).SetBytes(b)
	return n.Mul(n, big.NewInt(factor)).Bytes()
}

// trusting imports whatever passed the checks, so that they are tested alone.
func trusting(*jwks.JWK) (jwt.PublicKey, error) { return nil, nil }

// A bad key is ignored, and the good one beside it stays.
func TestBadKeyIsIgnored(t *testing.T) {
	n := func(n string) string { return object(`"kty":"RSA"`, `"kid":"bad"`, `"n":"`+n+`"`, `"e":"AQAB"`) }
	e := func(e string) string { return object(`"kty":"RSA"`, `"kid":"bad"`, `"n":"`+rsaN+`"`, `"e":"`+e+`"`) }
	ec := func(crv, x, y string) string {
		return object(`"kty":"EC"`, `"kid":"bad"`, `"crv":"`+crv+`"`, `"x":"`+x+`"`, `"y":"`+y+`"`)
	}
	okp := func(crv, x string) string {
		return object(`"kty":"OKP"`, `"kid":"bad"`, `"crv":"`+crv+`"`, `"x":"`+x+`"`)
	}
	for _, row := range []struct {
		rule string
		key  string
		want error // nil: any
	}{
		{"RSA of 1024 bits", n(bytesOf(modulus(1024))), nil},
		{"RSA of 2047 bits", n(bytesOf(modulus(2047))), nil},
		{"RSA of 8193 bits", n(bytesOf(modulus(8193))), nil},
		{"RSA modulus with a leading zero", n(bytesOf(append([]byte{0}, decode(rsaN)...))), nil},
		{"RSA modulus that is even", n(bytesOf(times(modulus(2047), 2))), nil},
		{"RSA modulus with a small factor", n(bytesOf(times(modulus(2048), 3))), nil},
		{"RSA modulus empty", n(""), nil},
		{"RSA modulus of zeros", n(bytesOf(make([]byte, 256))), nil},
		{"ROCA modulus", n(rocaN), nil},
		{"RSA exponent 0", e("AA"), nil},
		{"RSA exponent empty", e(""), nil},
		{"RSA exponent 1", e("AQ"), nil},
		{"RSA exponent even", e("AQAA"), nil},
		{"RSA exponent 2^31+1", e("gAAAAQ"), nil},
		{"RSA exponent 2^64+1", e("AQAAAAAAAAAB"), nil},
		{"RSA exponent 2^32+3, 3 when cut to 32 bits", e("AQAAAAM"), nil},
		{"RSA exponent with a leading zero", e("AAEAAQ"), nil},
		{"RSA without n", object(`"kty":"RSA"`, `"e":"AQAB"`), nil},
		{"RSA without e", object(`"kty":"RSA"`, `"n":"`+rsaN+`"`), nil},
		{"RSA n a number", object(`"kty":"RSA"`, `"n":5`, `"e":"AQAB"`), nil},
		{"EC coordinate too short", ec("P-256", bytesOf(decode(ecX)[1:]), ecY), nil},
		{"EC coordinate too long", ec("P-256", ecX, bytesOf(append([]byte{0}, decode(ecY)...))), nil},
		{"EC without y", object(`"kty":"EC"`, `"crv":"P-256"`, `"x":"`+ecX+`"`), nil},
		{"P-256 point called P-384", ec("P-384", ecX, ecY), nil},
		{"secp256k1", ec("secp256k1", ecX, ecY), jwks.ErrUnsupported},
		{"P-224", ec("P-224", ecX, ecY), jwks.ErrUnsupported},
		{"curve's name in lower case", ec("p-256", ecX, ecY), jwks.ErrUnsupported},
		{"EC on Ed25519", ec("Ed25519", okpX, ecY), jwks.ErrUnsupported},
		{"OKP on P-256", okp("P-256", ecX), jwks.ErrUnsupported},
		{"Ed448", okp("Ed448", okpX), jwks.ErrUnsupported},
		{"X25519", okp("X25519", okpX), jwks.ErrUnsupported},
		{"Ed25519 key too short, at which Go panics", okp("Ed25519", bytesOf(decode(okpX)[1:])), nil},
		{"kty RSA with a point", object(`"kty":"RSA"`, `"crv":"P-256"`, `"x":"`+ecX+`"`, `"y":"`+ecY+`"`), nil},
		{"kty EC with a modulus", object(`"kty":"EC"`, `"n":"`+rsaN+`"`, `"e":"AQAB"`), nil},
		{"kty missing", object(`"n":"`+rsaN+`"`, `"e":"AQAB"`), jwks.ErrUnsupported},
		{"kty in lower case", object(`"kty":"rsa"`, `"n":"`+rsaN+`"`, `"e":"AQAB"`), jwks.ErrUnsupported},
		{"kty AKP", object(`"kty":"AKP"`, `"alg":"ML-DSA-44"`), jwks.ErrUnsupported},
		{"use enc", rsaKey("bad", `"use":"enc"`), jwks.ErrPurpose},
		{"use not a string", rsaKey("bad", `"use":["sig"]`), jwks.ErrPurpose},
		{"key_ops without verify", rsaKey("bad", `"key_ops":["encrypt","wrapKey"]`), jwks.ErrPurpose},
		{"key_ops empty", rsaKey("bad", `"key_ops":[]`), jwks.ErrPurpose},
		{"key_ops not an array", rsaKey("bad", `"key_ops":"verify"`), jwks.ErrPurpose},
		{"alg of another family", rsaKey("bad", `"alg":"ES256"`), jwks.ErrUnsupported},
		{"alg of another curve", ecKey("bad", `"alg":"ES384"`), jwks.ErrUnsupported},
		{"alg HMAC on a public key", rsaKey("bad", `"alg":"HS256"`), jwks.ErrUnsupported},
		{"alg for encryption", rsaKey("bad", `"alg":"RSA-OAEP"`), jwks.ErrUnsupported},
		{"alg unregistered", ecKey("bad", `"alg":"ES521"`), jwks.ErrUnsupported},
		{"alg RS1", rsaKey("bad", `"alg":"RS1"`), jwks.ErrUnsupported},
		{"alg empty", rsaKey("bad", `"alg":""`), jwks.ErrUnsupported},
		{"alg not a string", rsaKey("bad", `"alg":["RS256"]`), jwks.ErrUnsupported},
		{"alg Ed448", okpKey("bad", `"alg":"Ed448"`), jwks.ErrUnsupported},
		{"alg Ed25519 on another curve", ecKey("bad", `"alg":"Ed25519"`), jwks.ErrUnsupported},
		{"private exponent", rsaKey("bad", `"d":"AQAB"`), jwks.ErrPrivate},
		{"private prime", rsaKey("bad", `"p":"AQAB"`), jwks.ErrPrivate},
		{"private CRT member", rsaKey("bad", `"qi":"AQAB"`), jwks.ErrPrivate},
		{"private EC scalar", ecKey("bad", `"d":"AQAB"`), jwks.ErrPrivate},
		{"private Ed25519 seed", okpKey("bad", `"d":""`), jwks.ErrPrivate},
		{"private and for encryption", rsaKey("bad", `"use":"enc"`, `"d":"AQAB"`), jwks.ErrPrivate},
		{"secret in a public key", rsaKey("bad", `"k":"AQAB"`), jwks.ErrPrivate},
		{"kid of 257 bytes", rsaKey(strings.Repeat("k", 257)), nil},
		{"kid a number", object(`"kty":"RSA"`, `"kid":1`, `"n":"`+rsaN+`"`, `"e":"AQAB"`), nil},
		{"base64 with padding", e("AQAB="), nil},
		{"base64 with a line feed", e(`AQ\nAB`), nil},
		{"base64 of the other alphabet", n(strings.NewReplacer("-", "+", "_", "/").Replace(rsaN)), nil},
		{"base64 with bits left over", ec("P-256", ecX[:len(ecX)-1]+"V", ecY), nil},
		{"not an object", `"key"`, nil},
		{"null", `null`, nil},
	} {
		t.Run(row.rule, func(t *testing.T) {
			good := strings.Replace(okpKey("good"), okpX, okpX2, 1)
			s, ignored, err := jwks.Parse(setOf(row.key, good), trusting)
			if err != nil {
				t.Fatal(err)
			}
			if len(ignored) != 1 || len(ignored[0].KeyID) > 256 || ignored[0].Index != 0 || row.want != nil && !errors.Is(ignored[0].Err, row.want) {
				t.Errorf("ignored %v, want one for %v", ignored, row.want)
			}
			if keys := s.Keys(); len(keys) != 1 || keys[0].ID != "good" {
				t.Errorf("set has %d keys, want the good one alone", len(keys))
			}
			if _, _, err := jwks.Parse(setOf(row.key), trusting); err == nil {
				t.Error("a set without a usable key was accepted")
			}
		})
	}
}

// A point that is not on its curve is the importer's to refuse.
func TestPointOffTheCurveIsIgnored(t *testing.T) {
	zero, beyond := bytesOf(make([]byte, 32)), bytesOf(slices.Repeat([]byte{0xff}, 32))
	for rule, point := range map[string][2]string{
		"y of another point": {ecX, ecX}, "zero": {zero, zero}, "beyond the field": {beyond, ecY},
	} {
		key := object(`"kty":"EC"`, `"crv":"P-256"`, `"x":"`+point[0]+`"`, `"y":"`+point[1]+`"`)
		s, ignored, err := jwks.Parse(setOf(key, okpKey("good")), stdcrypto.Import)
		if err != nil || len(ignored) != 1 || len(s.Keys()) != 1 {
			t.Errorf("%s: ignored %v, %v", rule, ignored, err)
		}
	}
}

// The bounds themselves are allowed.
func TestBoundsOfRSA(t *testing.T) {
	for _, k := range []*jwks.JWK{
		{Type: jwks.RSA, N: modulus(2048), E: 3},
		{Type: jwks.RSA, N: modulus(8192), E: 1<<31 - 1},
	} {
		if err := k.Check(); err != nil {
			t.Errorf("modulus of %d bytes, exponent %d: %v", len(k.N), k.E, err)
		}
	}
}

// Under a key of small order signatures can be made without the private key.
func TestSmallOrderKeyIsIgnored(t *testing.T) {
	for _, y := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		for _, sign := range []byte{0, 0x80} {
			x, _ := hex.DecodeString(y)
			x[31] |= sign
			k := &jwks.JWK{Type: jwks.OKP, Curve: jwks.Ed25519, X: x}
			if k.Check() == nil {
				t.Errorf("%x is accepted; forgeable: %v", x, forgeable(x))
			}
		}
	}
	if forgeable(decode(okpX)) {
		t.Error("a sound key is called forgeable")
	}
}

// forgeable reports whether one of a few hundred messages bears a signature
// made of a small-order point and zero.
func forgeable(x []byte) bool {
	for i := range 300 {
		if ed25519.Verify(x, fmt.Append(nil, i), make([]byte, 64)) {
			return true
		}
	}
	return false
}

func decode(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// A set that was not meant is refused whole.
func TestSetIsRefused(t *testing.T) {
	many := make([]string, 101)
	for i := range many {
		many[i] = okpKey(fmt.Sprint(i))
	}
	if s := parse(t, many[:100]...); len(s.Keys()) != 100 {
		t.Fatalf("100 keys: got %d", len(s.Keys()))
	}
	for _, row := range []struct{ rule, set string }{
		{"symmetric key", string(setOf(okpKey("a"), `{"kty":"oct","kid":"b","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`))},
		{"symmetric key for encryption", string(setOf(okpKey("a"), `{"kty":"oct","use":"enc"}`))},
		{"101 keys", string(setOf(many...))},
		{"over 1 MiB", string(setOf(okpKey("a"))) + strings.Repeat(" ", jwks.MaxSize)},
		{"duplicate member", string(setOf(object(`"kty":"oct"`, strings.Trim(okpKey("a"), "{}"))))},
		{"duplicate keys member", `{"keys":[],"keys":[` + okpKey("a") + `]}`},
		{"trailing data", string(setOf(okpKey("a"))) + `{}`},
		{"byte order mark", "\ufeff" + string(setOf(okpKey("a")))},
		{"empty", ``},
		{"{}", `{}`},
		{"keys null", `{"keys":null}`},
		{"keys an object", `{"keys":{}}`},
		{"Keys in another case", strings.Replace(string(setOf(okpKey("a"))), "keys", "Keys", 1)},
		{"no key", `{"keys":[]}`},
		{"an array", `[` + okpKey("a") + `]`},
		{"HTML", `<!doctype html><title>Sign in</title>`},
	} {
		if s, _, err := jwks.Parse([]byte(row.set), stdcrypto.Import); err == nil || s != nil {
			t.Errorf("%s: accepted", row.rule)
		}
	}
}

// What a key may serve follows from its alg, or its type and curve.
func TestKeyHasOneAlgorithm(t *testing.T) {
	for _, row := range []struct {
		rule string
		key  string
		want []jwt.Algorithm
	}{
		{"RSA without alg", rsaKey("k"), []jwt.Algorithm{jwt.RS256, jwt.RS384, jwt.RS512, jwt.PS256, jwt.PS384, jwt.PS512}},
		{"RSA with alg", rsaKey("k", `"alg":"PS384"`), []jwt.Algorithm{jwt.PS384}},
		{"P-256 without alg", ecKey("k"), []jwt.Algorithm{jwt.ES256}},
		{"Ed25519 without alg", okpKey("k"), []jwt.Algorithm{jwt.EdDSA}},
		{"Ed25519 by its newer name", okpKey("k", `"alg":"Ed25519"`), []jwt.Algorithm{jwt.EdDSA}},
		{"members that are null", okpKey("k", `"alg":null`, `"use":null`, `"key_ops":null`, `"d":null`, `"k":null`), []jwt.Algorithm{jwt.EdDSA}},
		{"use and key_ops allow", okpKey("k", `"use":"sig"`, `"key_ops":["verify"]`), []jwt.Algorithm{jwt.EdDSA}},
		{"unknown members and certificates are passed over", okpKey("k", `"x5c":["AAAA"]`, `"ext":true`), []jwt.Algorithm{jwt.EdDSA}},
	} {
		s := parse(t, row.key)
		var got []jwt.Algorithm
		for _, k := range s.Keys() {
			got = append(got, k.Algorithm)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: serves %v, want %v", row.rule, got, row.want)
		}
		for _, alg := range jwt.Algorithms() {
			k, err := s.Select("k", true, alg)
			if slices.Contains(row.want, alg) {
				if err != nil || k.Algorithm != alg || !s.Holds(k) {
					t.Errorf("%s: %s: got %v, %v", row.rule, alg, k, err)
				}
			} else if !errors.Is(err, jwks.ErrAlgorithm) || edgeward.ReasonOf(err) != edgeward.TokenAlgorithm {
				t.Errorf("%s: %s: got %v, want ErrAlgorithm", row.rule, alg, err)
			}
		}
	}
}

func TestSelect(t *testing.T) {
	nameless := strings.Replace(okpKey("x"), `"kid":"x",`, "", 1)
	s := parse(t, rsaKey("r1"), rsaKey("r2", `"alg":"RS256"`), ecKey("e"), nameless)
	for _, row := range []struct {
		rule   string
		kid    string
		hasKid bool
		alg    jwt.Algorithm
		want   error
	}{
		{"by kid", "r2", true, jwt.RS256, nil},
		{"kid is case-sensitive", "R2", true, jwt.RS256, jwks.ErrUnknown},
		{"kid of another key's algorithm", "e", true, jwt.RS256, jwks.ErrAlgorithm},
		{"unknown kid", "x", true, jwt.EdDSA, jwks.ErrUnknown},
		{"an empty kid is none", "", true, jwt.EdDSA, nil},
		{"an empty kid is none, and several keys", "", true, jwt.RS256, jwks.ErrAmbiguous},
		{"a path is a kid like any other", "../../dev/null", true, jwt.ES256, jwks.ErrUnknown},
		{"no kid, one key", "", false, jwt.ES256, nil},
		{"no kid, one key, itself nameless", "", false, jwt.EdDSA, nil},
		{"no kid, one key by alg", "", false, jwt.PS256, nil},
		{"no kid, several keys", "", false, jwt.RS256, jwks.ErrAmbiguous},
		{"no kid, no key", "", false, jwt.ES384, jwks.ErrUnknown},
		{"HMAC", "r1", true, jwt.HS256, jwks.ErrAlgorithm},
	} {
		k, err := s.Select(row.kid, row.hasKid, row.alg)
		if !errors.Is(err, row.want) || (k == nil) == (err == nil) {
			t.Errorf("%s: got %v, %v, want %v", row.rule, k, err, row.want)
		}
	}
	if _, err := new(jwks.Set).Select("a", true, jwt.RS256); edgeward.ReasonOf(err) != edgeward.TokenKey {
		t.Errorf("zero set: got %v, want TokenKey", err)
	}
}

// A key keeps its identity from one set to the next as long as kid, alg and
// material are the same; anything else is another key.
func TestAdoptKeepsIdentity(t *testing.T) {
	first := parse(t, okpKey("a"), ecKey("b"), rsaKey("c", `"alg":"RS256"`), rsaKey("d"))
	next := parse(t, rsaKey("d"), okpKey("a"), okpKey("b"), rsaKey("c", `"alg":"RS384"`)).Adopt(first)
	same := func(kid string, alg jwt.Algorithm) bool {
		before, err1 := first.Select(kid, true, alg)
		after, err2 := next.Select(kid, true, alg)
		return err1 == nil && err2 == nil && before == after && next.Holds(before)
	}
	if !same("a", jwt.EdDSA) || !same("d", jwt.PS512) {
		t.Error("an unchanged key lost its identity")
	}
	for _, gone := range []struct {
		kid string
		alg jwt.Algorithm
	}{{"b", jwt.ES256}, {"c", jwt.RS256}} {
		k, err := first.Select(gone.kid, true, gone.alg)
		if err != nil || next.Holds(k) {
			t.Errorf("%s: a replaced key is still held", gone.kid)
		}
	}
	if again := parse(t, okpKey("a")); again.Adopt(nil) != again {
		t.Error("without a previous set, Adopt makes another")
	}
	a, _ := first.Select("a", true, jwt.EdDSA)
	if parse(t, okpKey("a")).Holds(a) || next.Holds(nil) {
		t.Error("a set holds a key that is not its own")
	}
}

func TestNewSetRefuses(t *testing.T) {
	a, err := jwks.ParseKey([]byte(okpKey("a")))
	if err != nil {
		t.Fatal(err)
	}
	for rule, keys := range map[string][]*jwks.JWK{
		"kid twice":         {a, {Type: jwks.OKP, Curve: jwks.Ed25519, KeyID: "a", X: decode(okpX2)}},
		"weak key":          {{Type: jwks.RSA, N: []byte{5}, E: 3}},
		"point and modulus": {{Type: jwks.OKP, Curve: jwks.Ed25519, X: a.X, E: 3}},
		"modulus and curve": {{Type: jwks.RSA, N: decode(rsaN), E: 3, Curve: jwks.P256}},
		"empty":             {{}},
	} {
		if _, err := jwks.NewSet(trusting, keys...); err == nil {
			t.Errorf("%s: accepted", rule)
		}
	}
}
