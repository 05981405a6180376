package jwks_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// Whatever a key set says: no panic, and what is accepted holds what the
// package promises of a set.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add(setOf(rsaKey("r"), ecKey("e"), okpKey("o", `"use":"sig"`)))
	f.Add(setOf(rsaKey("r", `"alg":"PS256"`), ecKey("e", `"d":"AQ"`), `{"kty":"oct"}`))
	f.Add(setOf(object(`"kty":"RSA"`, `"n":"`+rocaN+`"`, `"e":"Aw"`), okpKey("o", `"key_ops":["verify"]`)))
	f.Add(setOf(okpKey("x"), strings.Replace(okpKey("x"), okpX, okpX2, 1), rsaKey("x"), rsaKey("y", `"d":"AA"`), ecKey("x")))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, _, err := jwks.Parse(data, stdcrypto.Import)
		if err != nil {
			if set != nil {
				t.Fatal("a refused set came back")
			}
			return
		}
		for _, k := range set.Keys() {
			if !k.Algorithm.Known() || k.Algorithm.Symmetric() || k.Public == nil {
				t.Fatalf("usable key %q of algorithm %q", k.ID, k.Algorithm)
			}
			if k.ID != "" {
				if got, err := set.Select(k.ID, true, k.Algorithm); got != k || err != nil {
					t.Fatalf("kid %q selects %v, %v", k.ID, got, err)
				}
			}
			if err := k.Public.VerifySignature(t.Context(), k.Algorithm, data, make([]byte, 64)); err == nil {
				t.Fatal("a signature of zeros was accepted")
			}
		}
		if _, err := set.Select("", false, jwt.HS256); !errors.Is(err, jwks.ErrUnknown) {
			t.Fatalf("HMAC: %v", err)
		}
		if same := set.Adopt(set); len(same.Keys()) != len(set.Keys()) || !same.Holds(set.Keys()[0]) {
			t.Fatal("a set does not adopt itself")
		}
	})
}
