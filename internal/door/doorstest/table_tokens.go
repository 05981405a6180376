package doorstest

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// modern is an issuer whose keys and tokens have every oddity that is allowed:
// one kid for several algorithms, Ed25519 by its newer name, claims that are
// null; and one that is not, a kid that two different keys claim.
const modern = "https://modern.example/"

// A modernIssuer holds the private keys of the issuer.
type modernIssuer struct {
	edwards ed25519.PrivateKey
	curve   crypto.Signer
}

func newModernIssuer(t testing.TB) (modernIssuer, bearer.Issuer) {
	t.Helper()
	edwards, err := stdcrypto.GenerateKey(jwt.EdDSA)
	must(t, err)
	var curves [3]crypto.Signer
	for i := range curves {
		curves[i], err = stdcrypto.GenerateKey(jwt.ES256)
		must(t, err)
	}
	keys := []string{
		strings.Replace(jwk(t, edwards, "1", jwt.EdDSA), "EdDSA", "Ed25519", 1),
		jwk(t, curves[0], "1", jwt.ES256),
		jwk(t, curves[0], "1", ""),
		`{"kty":"AKP","kid":"1","alg":"ML-DSA-44","pub":"AAAA"}`,
		strings.Replace(jwk(t, curves[1], "1", jwt.ES256), `"sig"`, `"enc"`, 1),
		jwk(t, curves[1], "2", jwt.ES256),
		jwk(t, curves[2], "2", jwt.ES256),
	}
	set, _, err := jwks.Parse([]byte(`{"keys":[`+strings.Join(keys, ",")+`]}`), stdcrypto.Import)
	must(t, err)
	return modernIssuer{edwards.(ed25519.PrivateKey), curves[0]}, bearer.Issuer{
		Rules: jwt.Rules{Issuer: modern, Audiences: []string{audience}}, Algorithms: []jwt.Algorithm{jwt.EdDSA, jwt.ES256}, Keys: set.Static(),
	}
}

func jwk(t testing.TB, private crypto.Signer, kid string, alg jwt.Algorithm) string {
	t.Helper()
	k, err := stdcrypto.PublicJWK(private.Public())
	must(t, err)
	k.KeyID, k.Algorithm = kid, alg
	return string(k.AppendJSON(nil))
}

// unusualTokens: rows 19 and 21, and what real issuers send.
func (s *System) unusualTokens(t testing.TB) []row {
	opened := func(rule, token string) row {
		return row{rule: rule, request: get("/api/orders", "Authorization: Bearer "+token), want: edgeward.Authenticated,
			seen: map[string]string{"X-Auth-Subject": "bob", "X-Auth-Issuer": modern, "X-Auth-Session": ""}}
	}
	named := func(alg, kid string) string { return `{"alg":"` + alg + `","kid":"` + kid + `"}` }
	return []row{
		opened("a kid that two algorithms share: Ed25519, by its newer name", s.odd(t, named("Ed25519", "1"))),
		opened("a kid that two algorithms share: EdDSA", s.odd(t, named("EdDSA", "1"))),
		opened("a kid that two algorithms share: ES256", s.odd(t, named("ES256", "1"))),
		opened("an empty kid is none", s.odd(t, named("EdDSA", ""))),
		opened("claims that are null are absent", s.odd(t, named("EdDSA", "1"), `"scope":null,"scp":null,"permissions":null,"sid":null,"jti":null,"nbf":null`)),
		opened("a noncharacter in a display name", s.odd(t, named("EdDSA", "1"), `"name":"a\uffff"`)),
		{rule: "19: a kid that two different keys claim could not be told", request: get("/api/orders", "Authorization: Bearer "+s.odd(t, named("ES256", "2"))), want: edgeward.Unavailable},
		{rule: "4: a kid by another key's algorithm", request: get("/api/orders", "Authorization: Bearer "+s.odd(t, named("EdDSA", "2"))), want: edgeward.TokenAlgorithm},
	}
}

// odd returns bob's token of the modern issuer with that header, signed as it
// says.
func (s *System) odd(t testing.TB, header string, extra ...string) string {
	t.Helper()
	now := time.Now()
	claims := jwt.Claims{Issuer: modern, Subject: "bob", Audience: []string{audience}, IssuedAt: now, Expires: now.Add(time.Hour)}
	payload := string(claims.AppendJSON(nil))
	for _, members := range extra {
		payload = strings.TrimSuffix(payload, "}") + "," + members + "}"
	}
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	signature := ed25519.Sign(s.modern.edwards, []byte(signed))
	if strings.Contains(header, string(jwt.ES256)) {
		signer, err := stdcrypto.NewSigner("", jwt.ES256, s.modern.curve)
		must(t, err)
		signature, err = signer.Sign(context.Background(), []byte(signed))
		must(t, err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}
