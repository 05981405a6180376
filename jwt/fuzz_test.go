package jwt_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	golangjwt "github.com/golang-jwt/jwt/v5"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

var seedHeaders = []string{
	goodHeader, `{"alg":"HS256"}`, ` { "typ" : "JWT" , "alg" : "HS256" } `, `{"\u0061lg":"HS256"}`, `{"alg":"none"}`, `{"alg":"HS512"}`,
	`{"alg":"HS256","alg":"none"}`, `{"ALG":"none","alg":"HS256"}`, "{\"alg\":\"HS256\",\"\u212aid\":1}", `{"alg":"HS256","crit":["b64"],"b64":false}`,
	`{"alg":"HS256","kid":7}`, `{"alg":"HS256","jwk":{"kty":"oct","k":"AA"}}`, `{"alg":"HS256","x5c":["AA"],"jku":"http://127.0.0.1/"}`,
	`{"alg":"HS256","zip":"DEF"}`, `{"alg":"HS256","nonce":"n","cty":"JWT"}`, `["HS256"]`, ``, `{"alg":"HS256","typ":"\ud83d\ude00"}`,
}

func seedPayloads() []string {
	payloads := []string{goodClaims, ``, `{}`, `[]`, `null`, goodClaims + " ", goodClaims + "x", "\ufeff" + goodClaims}
	for name, values := range map[string][]string{
		"exp": {"", "0", "1700000900.5", "1.7000009e9", "9007199254740992", "1e400", `"1700000900"`, "1699999971", "1699999970", "-1"},
		"nbf": {"0", "1700000030", "1700000031"}, "iat": {"", "0", "1700000030", "1700000031"},
		"aud": {`["https://api.example"]`, `["a","https://api.example"]`, `[]`, `[1]`, ``}, "iss": {`["https://issuer.example/"]`, `"x"`},
		"sub": {`""`, `"\u0061lice"`, `"\ud800"`, "\"\xff\"", `["alice"]`, `"a\r\nb"`}, "Sub": {`"admin"`}, "s\\u0075b": {`"admin"`},
		"x": {`{"a":[{"b":null}]}`, strings.Repeat("[", 31) + strings.Repeat("]", 31), "1E+2", "-0", `"\u0000"`},
	} {
		for _, value := range values {
			payloads = append(payloads, withClaim(name, value))
		}
	}
	return payloads
}

// FuzzParse: no panic, no token over the size, no refusal without a reason,
// and one spelling: what parses is what its own parts spell.
func FuzzParse(f *testing.F) {
	for _, header := range seedHeaders {
		f.Add(signParts(f, header, goodClaims))
	}
	for _, payload := range seedPayloads() {
		f.Add(signParts(f, goodHeader, payload))
	}
	for _, token := range []string{"", ".", "..", "...", "a.b.c", strings.Repeat(".", 8193), "e30.e30.AA\n", "e30=.e30.AA"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		m, err := jwt.ParseMessage(token)
		u, claimsErr := jwt.Parse(token)
		if err != nil || claimsErr != nil {
			if reason := edgeward.ReasonOf(claimsErr); reason != edgeward.TokenMalformed && reason != edgeward.TokenAlgorithm && reason != edgeward.TokenClaim {
				t.Fatalf("%v", claimsErr)
			}
			return
		}
		if len(token) > 8192 || !u.Header.Algorithm.Known() || len(u.Header.KeyID) > 256 {
			t.Fatalf("%+v", u.Header)
		}
		header, payload, signature := m.Parts()
		if again := base64url(header) + "." + base64url(payload) + "." + base64url(signature); again != token {
			t.Fatalf("a second spelling of %s", again)
		}
	})
}

// FuzzDifferential holds us against golang-jwt and go-jose: nothing that we
// accept is refused by both, and whom we read in it, they read too.
//
// The fuzzer cannot sign, so the target does: form 0 takes header and payload
// as text, 1 as segments. Otherwise header is a whole token, compared on its
// signature alone with the keys of the RFCs.
func FuzzDifferential(f *testing.F) {
	for _, header := range seedHeaders {
		f.Add(byte(0), header, goodClaims)
		f.Add(byte(1), base64url(header), base64url(goodClaims))
	}
	for _, payload := range seedPayloads() {
		f.Add(byte(0), goodHeader, payload)
	}
	for _, dirt := range []string{"=", "\n", "\r\n", " ", "B", "/", "AA"} {
		f.Add(byte(1), base64url(goodHeader), base64url(goodClaims)+dirt)
		f.Add(byte(1), base64url(goodHeader)+dirt, base64url(goodClaims))
	}
	keys := rfcKeys(f)
	for _, k := range keys {
		f.Add(byte(2), k.token, "")
		f.Add(byte(2), k.token+"\n", "")
		f.Add(byte(2), k.token[:len(k.token)-1]+"_", "")
	}
	hs256, raw := hmacKey(f, jwt.HS256), []byte(secret.Reveal())
	f.Fuzz(func(t *testing.T, form byte, header, payload string) {
		switch form {
		case 0:
			compareWalk(t, signParts(t, header, payload), hs256, raw)
		case 1:
			compareWalk(t, signSegments(t, header, payload), hs256, raw)
		default:
			for _, k := range keys {
				k.compareSignature(t, header)
			}
		}
	})
}

// compareWalk takes a token all the way through all three.
func compareWalk(t *testing.T, token string, key *jwt.Key, secret []byte) {
	if walk(token, key, rules) != nil {
		return
	}
	u, err := jwt.Parse(token)
	if err != nil {
		t.Fatal(err)
	}
	parser := golangjwt.NewParser(golangjwt.WithValidMethods([]string{"HS256"}), golangjwt.WithTimeFunc(func() time.Time { return now }),
		golangjwt.WithLeeway(30*time.Second), golangjwt.WithIssuer(rules.Issuer), golangjwt.WithAudience(rules.Audiences...),
		golangjwt.WithExpirationRequired(), golangjwt.WithIssuedAt())
	claims := golangjwt.MapClaims{}
	_, golangErr := parser.ParseWithClaims(token, claims, func(*golangjwt.Token) (any, error) { return secret, nil })
	if golangErr == nil && (claims["sub"] != u.Claims.Subject || claims["iss"] != u.Claims.Issuer) {
		t.Fatalf("golang-jwt reads another subject: %v", claims)
	}
	var registered josejwt.Claims
	parsed, joseErr := josejwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.HS256})
	if joseErr == nil {
		joseErr = parsed.Claims(secret, &registered)
	}
	if joseErr == nil {
		joseErr = registered.ValidateWithLeeway(josejwt.Expected{Issuer: rules.Issuer, AnyAudience: rules.Audiences, Time: now}, 30*time.Second)
	}
	if joseErr == nil && (registered.Subject != u.Claims.Subject || registered.Issuer != u.Claims.Issuer) {
		t.Fatalf("go-jose reads another subject: %+v", registered)
	}
	if golangErr != nil && joseErr != nil {
		t.Fatalf("refused by both: golang-jwt: %v; go-jose: %v", golangErr, joseErr)
	}
}

// An rfcKey is a key of the RFCs in all three spellings, with a token.
type rfcKey struct {
	ours   *jwt.Key
	theirs any
	token  string
}

func rfcKeys(f *testing.F) []rfcKey {
	data, err := os.ReadFile("testdata/rfc.json")
	if err != nil {
		f.Fatal(err)
	}
	var vectors []struct {
		JWK json.RawMessage
		JWS string
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		f.Fatal(err)
	}
	var keys []rfcKey
	for _, v := range vectors {
		var theirs jose.JSONWebKey
		if err := theirs.UnmarshalJSON(v.JWK); err != nil {
			f.Fatal(err)
		}
		source, err := importKeys([]json.RawMessage{v.JWK})
		if err != nil {
			f.Fatal(err)
		}
		ours, err := source.Key(context.Background(), theirs.KeyID, theirs.KeyID != "", jwt.Algorithm(theirs.Algorithm))
		if err != nil {
			f.Fatal(err)
		}
		keys = append(keys, rfcKey{ours, theirs.Key, v.JWS})
	}
	return keys
}

// compareSignature compares on the signature; the payload need be no claims.
func (k rfcKey) compareSignature(t *testing.T, token string) {
	m, err := jwt.ParseMessage(token)
	if err != nil {
		return
	}
	payload, err := m.Verify(k.ours)
	if err != nil {
		return
	}
	alg := string(k.ours.Algorithm)
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err == nil {
		var theirs []byte
		if theirs, err = signed.Verify(k.theirs); err == nil && !bytes.Equal(theirs, []byte(payload)) {
			t.Fatalf("go-jose reads another payload")
		}
	}
	parts := strings.Split(token, ".")
	_, _, signature := m.Parts()
	golangErr := golangjwt.GetSigningMethod(alg).Verify(parts[0]+"."+parts[1], []byte(signature), k.theirs)
	if err != nil && golangErr != nil {
		t.Fatalf("refused by both: go-jose: %v; golang-jwt: %v", err, golangErr)
	}
}
