package jwt_test

import (
	"context"
	"crypto"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// The tokens of these tests are good but for the one thing that a row names,
// and correctly signed, so that nothing but the guard in question refuses them.

var (
	now    = time.Unix(1_700_000_000, 0)
	secret = edgeward.NewSecret(strings.Repeat("s", 64))
	rules  = &jwt.Rules{Issuer: "https://issuer.example/", Audiences: []string{"https://api.example"}}
)

const (
	goodHeader = `{"alg":"HS256","kid":"k1","typ":"at+jwt"}`
	goodClaims = `{"iss":"https://issuer.example/","sub":"alice","aud":"https://api.example","exp":1700000900,"iat":1699999999,"jti":"t1"}`
)

func hmacKey(tb testing.TB, alg jwt.Algorithm) *jwt.Key {
	tb.Helper()
	key, err := jwt.HMACKey("k1", alg, secret)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// publicKey returns the key that verifies alg with public.
func publicKey(tb testing.TB, alg jwt.Algorithm, public crypto.PublicKey) *jwt.Key {
	tb.Helper()
	k, err := stdcrypto.PublicJWK(public)
	if err != nil {
		tb.Fatal(err)
	}
	imported, err := stdcrypto.Import(k)
	if err != nil {
		tb.Fatal(err)
	}
	return &jwt.Key{ID: "k1", Algorithm: alg, Public: imported}
}

func base64url(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// signParts signs by HS256 whatever the header says.
func signParts(tb testing.TB, header, payload string) string {
	tb.Helper()
	return signSegments(tb, base64url(header), base64url(payload))
}

// signSegments signs by HS256 what need not be base64url at all.
func signSegments(tb testing.TB, header, payload string) string {
	tb.Helper()
	signer, err := jwt.HMACSigner(hmacKey(tb, jwt.HS256))
	if err != nil {
		tb.Fatal(err)
	}
	signed := header + "." + payload
	mac, err := signer.Sign(context.Background(), []byte(signed))
	if err != nil {
		tb.Fatal(err)
	}
	return signed + "." + base64url(string(mac))
}

// withClaim returns the good claims with name replaced by a JSON value, or
// removed when that is "".
func withClaim(name, value string) string {
	members := strings.Split(strings.Trim(goodClaims, "{}"), ",")
	kept := members[:0]
	for _, m := range members {
		if !strings.HasPrefix(m, `"`+name+`":`) {
			kept = append(kept, m)
		}
	}
	if value != "" {
		kept = append(kept, `"`+name+`":`+value)
	}
	return "{" + strings.Join(kept, ",") + "}"
}

// walk takes a token all the way: parse, verify, check.
func walk(token string, key *jwt.Key, rules *jwt.Rules) error {
	u, err := jwt.Parse(token)
	if err != nil {
		return err
	}
	if err := u.Verify(context.Background(), key); err != nil {
		return err
	}
	return rules.Check(u, now)
}

// wantReason demands that err is a refusal for want, and accepted for
// edgeward.Authenticated.
func wantReason(tb testing.TB, err error, want edgeward.Reason) {
	tb.Helper()
	got := edgeward.Authenticated
	if err != nil {
		got = edgeward.ReasonOf(err)
	}
	if got != want {
		tb.Errorf("%v: %v, want %v", got, err, want)
	}
}

func TestGoodTokenPasses(t *testing.T) {
	wantReason(t, walk(signParts(t, goodHeader, goodClaims), hmacKey(t, jwt.HS256), rules), edgeward.Authenticated)
}
