package jwks_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// Keys of one kid are told apart by algorithm, among those that are of use (RFC
// 7517 §4.5, §5). Only different keys of one kid and algorithm are contested,
// which costs them and no other key.
func TestOneKidForSeveralKeys(t *testing.T) {
	other := strings.Replace(okpKey("x"), okpX, okpX2, 1)
	nameless := strings.Replace(okpKey(""), `"kid":"",`, "", 1)
	for _, row := range []struct {
		rule    string
		keys    []string
		ignored []error
		serves  map[jwt.Algorithm]error // what a token of kid x gets; without an entry ErrAlgorithm
	}{
		{"for encryption as well", []string{rsaKey("x", `"use":"sig"`, `"alg":"RS256"`), rsaKey("x", `"use":"enc"`)}, []error{jwks.ErrPurpose}, serving(jwt.RS256)},
		{"of an unknown type as well", []string{`{"kty":"AKP","kid":"x","alg":"ML-DSA-44"}`, okpKey("x")}, []error{jwks.ErrUnsupported}, serving(jwt.EdDSA)},
		{"of two types", []string{rsaKey("x", `"alg":"RS256"`), ecKey("x")}, nil, serving(jwt.RS256, jwt.ES256)},
		{"one key for two algorithms", []string{rsaKey("x", `"alg":"RS256"`), rsaKey("x", `"alg":"PS256"`)}, nil, serving(jwt.RS256, jwt.PS256)},
		{"the same key twice", []string{okpKey("x"), okpKey("x")}, nil, serving(jwt.EdDSA)},
		{"the same key twice, once with its alg", []string{okpKey("x"), okpKey("x", `"alg":"EdDSA"`, `"use":"sig"`)}, nil, serving(jwt.EdDSA)},
		{"spelled differently", []string{okpKey("x"), strings.Replace(okpKey("x"), `"kid":"x"`, `"kid":"\u0078"`, 1)}, nil, serving(jwt.EdDSA)},
		{"two keys of one algorithm", []string{okpKey("x"), other}, []error{jwks.ErrContested, jwks.ErrContested}, map[jwt.Algorithm]error{jwt.EdDSA: jwks.ErrContested}},
		{"three, two of them the same", []string{okpKey("x"), other, okpKey("x")}, []error{jwks.ErrContested, jwks.ErrContested, jwks.ErrContested}, map[jwt.Algorithm]error{jwt.EdDSA: jwks.ErrContested}},
		{"two keys of one algorithm, and one of another", []string{okpKey("x"), other, ecKey("x")}, []error{jwks.ErrContested, jwks.ErrContested}, map[jwt.Algorithm]error{jwt.EdDSA: jwks.ErrContested, jwt.ES256: nil}},
		{"its private half as well", []string{okpKey("x"), okpKey("x", `"d":"AA"`)}, []error{jwks.ErrPrivate, jwks.ErrPrivate}, map[jwt.Algorithm]error{jwt.EdDSA: jwks.ErrUnknown}},
		{"its private half under another kid", []string{okpKey("z", `"d":"AA"`), okpKey("x")}, []error{jwks.ErrPrivate, jwks.ErrPrivate}, map[jwt.Algorithm]error{jwt.EdDSA: jwks.ErrUnknown}},
		{"a private twin that is another key", []string{strings.Replace(other, `"x":`, `"d":"AA","x":`, 1), okpKey("x")}, []error{jwks.ErrPrivate}, serving(jwt.EdDSA)},
		{"without a kid, twice", []string{nameless, nameless, ecKey("x")}, nil, serving(jwt.ES256)},
	} {
		s, ignored, err := jwks.Parse(setOf(append(row.keys, rsaKey("y", `"alg":"RS512"`))...), stdcrypto.Import)
		if err != nil || !slices.EqualFunc(ignored, row.ignored, func(i jwks.Ignored, want error) bool { return errors.Is(i.Err, want) }) {
			t.Errorf("%s: ignored %v, %v", row.rule, ignored, err)
			continue
		}
		for _, set := range []*jwks.Set{s, s.Adopt(s)} {
			for _, alg := range jwt.Algorithms() {
				want, stated := row.serves[alg]
				if !stated {
					want = jwks.ErrAlgorithm
				}
				k, err := set.Select("x", true, alg)
				if !errors.Is(err, want) && !(errors.Is(err, jwks.ErrUnknown) && row.serves[jwt.EdDSA] == jwks.ErrUnknown) || (k != nil) != (err == nil) {
					t.Errorf("%s: %s: %v, %v, want %v", row.rule, alg, k, err, want)
				}
			}
			if k, err := set.Select("y", true, jwt.RS512); err != nil || !set.Holds(k) {
				t.Errorf("%s: the other key: %v", row.rule, err)
			}
		}
	}
}

func serving(all ...jwt.Algorithm) map[jwt.Algorithm]error {
	m := map[jwt.Algorithm]error{}
	for _, alg := range all {
		m[alg] = nil
	}
	return m
}

// A contested kid is the issuer's trouble and says nothing about a token; nor
// does a token without a kid get what is left over.
func TestAContestedKidIsNoRefusal(t *testing.T) {
	other := strings.Replace(okpKey("x"), okpX, okpX2, 1)
	third := strings.Replace(okpKey("z"), okpX, "_FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU", 1)
	s, _, err := jwks.Parse(setOf(okpKey("x"), other, third), stdcrypto.Import)
	if err != nil {
		t.Fatal(err)
	}
	for _, find := range []func(string, bool, jwt.Algorithm) (*jwt.Key, error){
		s.Select, func(kid string, has bool, alg jwt.Algorithm) (*jwt.Key, error) {
			return s.Static().Key(t.Context(), kid, has, alg)
		},
	} {
		if _, err := find("x", true, jwt.EdDSA); edgeward.ReasonOf(err) != edgeward.Unavailable {
			t.Errorf("contested: %v", err)
		}
		if _, err := find("", false, jwt.EdDSA); !errors.Is(err, jwks.ErrAmbiguous) {
			t.Errorf("no kid: %v", err)
		}
		if _, err := find("z", true, jwt.EdDSA); err != nil {
			t.Errorf("the other: %v", err)
		}
	}
	if _, _, err := jwks.Parse(setOf(okpKey("x"), other), stdcrypto.Import); err == nil {
		t.Error("a set of nothing but contested keys replaces a good one")
	}
}

// A key that is there twice is one, for tokens without a kid as well.
func TestACopyMakesNothingAmbiguous(t *testing.T) {
	nameless := strings.Replace(okpKey(""), `"kid":"",`, "", 1)
	for rule, keys := range map[string][]string{"without a kid": {nameless, nameless}, "with one": {okpKey("x"), okpKey("x")}} {
		s := parse(t, keys...)
		if k, err := s.Select("", false, jwt.EdDSA); err != nil || !s.Holds(k) || s.Len() != 1 {
			t.Errorf("%s: %v, %d keys", rule, err, s.Len())
		}
	}
	k, err := jwks.ParseKey([]byte(nameless))
	if err != nil {
		t.Fatal(err)
	}
	if s, err := jwks.NewSet(stdcrypto.Import, k, k); err != nil || s.Len() != 1 {
		t.Errorf("a set of our own: %v", err)
	}
}
