package jwt_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// attacks hold what an attacker, or a careless issuer, makes of a token, and
// the reason that it gets: rows 1 to 11 of the threat model. The signature is
// right wherever the form allows one.
type attacks map[string]attack

type attack struct {
	header, payload string // "" means good ones
	want            edgeward.Reason
}

func (table attacks) run(t *testing.T) {
	for rule, a := range table {
		t.Run(rule, func(t *testing.T) {
			header, payload := goodHeader, goodClaims
			if a.header != "" {
				header = a.header
			}
			if a.payload != "" {
				payload = a.payload
			}
			wantReason(t, walk(signParts(t, header, payload), hmacKey(t, jwt.HS256), rules), a.want)
		})
	}
}

// Rows 1, 2 and 4: the token never chooses its algorithm.
func TestAlgorithm(t *testing.T) {
	table := attacks{
		"alg missing":         {header: `{"kid":"k1"}`, want: edgeward.TokenAlgorithm},
		"ALG is another name": {header: `{"ALG":"HS256"}`, want: edgeward.TokenAlgorithm},
	}
	for _, alg := range []string{
		`"none"`, `"None"`, `"NONE"`, `"nOnE"`, `null`, `""`, `256`, `["HS256"]`, `{"HS256":1}`, `true`,
		`"` + strings.Repeat("A", 5000) + `"`, `"hs256"`, `"HS256 "`, `" HS256"`, `"HS256\u0000"`, `"HS\u212a256"`,
		`"ES256K"`, `"Ed448"`, `"ed25519"`, `"Ed25519 "`, `"RS1"`, `"HS1"`, `"HS256/64"`, `"ML-DSA-44"`, `"ES521"`, `"dir"`, `"RSA-OAEP"`,
		`"HS384"`, `"HS512"`, `"RS256"`, `"PS256"`, `"ES256"`, `"EdDSA"`, `"Ed25519"`, // known, not the key's
	} {
		table["alg "+alg[:min(len(alg), 20)]] = attack{header: `{"alg":` + alg + `}`, want: edgeward.TokenAlgorithm}
	}
	table["alg escaped is the same alg"] = attack{header: `{"\u0061lg":"\u0048S256"}`, want: edgeward.Authenticated}
	table.run(t)
}

// Parse itself demands an algorithm that is known: callers look for a key by it.
func TestParseDemandsAnAlgorithm(t *testing.T) {
	for _, header := range []string{`{}`, `{"kid":"k1"}`, `{"ALG":"HS256"}`, `{"alg":"none"}`, `{"alg":""}`} {
		_, err := jwt.Parse(signParts(t, header, goodClaims))
		wantReason(t, err, edgeward.TokenAlgorithm)
	}
}

// Row 1: without a signature there is nothing to verify.
func TestNoneWithoutSignature(t *testing.T) {
	for _, alg := range []string{"none", "HS256"} {
		token := base64url(`{"alg":"`+alg+`"}`) + "." + base64url(goodClaims) + "."
		wantReason(t, walk(token, hmacKey(t, jwt.HS256), rules), edgeward.TokenMalformed)
	}
}

// Rows 5, 6 and 7: parameters of the header.
func TestHeaderParameters(t *testing.T) {
	with := func(parameter string) string { return `{"alg":"HS256",` + parameter + `}` }
	table := attacks{
		"embedded key and addresses are ignored": {
			header: with(`"jwk":{"kty":"oct","k":"AAAA"},"jku":"http://127.0.0.1:1/","x5u":"http://127.0.0.1:1/","x5c":["AAAA"],"x5t":"AAAA"`),
			want:   edgeward.Authenticated},
		"unknown parameters are ignored":  {header: with(`"nonce":"x","Crit":["b64"],"B64":false,"CRIT":[]`), want: edgeward.Authenticated},
		"kid of 256 bytes":                {header: with(`"kid":"` + strings.Repeat("k", 256) + `"`), want: edgeward.Authenticated},
		"kid is no path":                  {header: with(`"kid":"../../dev/null"`), want: edgeward.Authenticated},
		"kid may hold NUL":                {header: with(`"kid":"a\u0000'; DROP TABLE keys; --|cmd"`), want: edgeward.Authenticated},
		"kid of 257 bytes":                {header: with(`"kid":"` + strings.Repeat("k", 257) + `"`), want: edgeward.TokenMalformed},
		"kid of 257 bytes in characters":  {header: with(`"kid":"` + strings.Repeat("é", 128) + `x"`), want: edgeward.TokenMalformed},
		"crit unknown":                    {header: with(`"crit":["exp"],"exp":1`), want: edgeward.TokenMalformed},
		"crit empty":                      {header: with(`"crit":[]`), want: edgeward.TokenMalformed},
		"crit no array":                   {header: with(`"crit":"b64"`), want: edgeward.TokenMalformed},
		"crit null":                       {header: with(`"crit":null`), want: edgeward.TokenMalformed},
		"crit names an absent parameter":  {header: with(`"crit":["b64"]`), want: edgeward.TokenMalformed},
		"crit escaped":                    {header: with(`"\u0063rit":["b64"]`), want: edgeward.TokenMalformed},
		"b64 false":                       {header: with(`"b64":false`), want: edgeward.TokenMalformed},
		"b64 true":                        {header: with(`"b64":true`), want: edgeward.TokenMalformed},
		"b64 false, critical":             {header: with(`"b64":false,"crit":["b64"]`), want: edgeward.TokenMalformed},
		"zip":                             {header: with(`"zip":"DEF"`), want: edgeward.TokenMalformed},
		"enc":                             {header: with(`"enc":"A128GCM"`), want: edgeward.TokenMalformed},
		"header of duplicate names":       {header: with(`"alg":"HS256"`), want: edgeward.TokenMalformed},
		"header of duplicate names, none": {header: with(`"\u0061lg":"none"`), want: edgeward.TokenMalformed},
		"Kelvin sign makes another kid":   {header: "{\"alg\":\"HS256\",\"\u212aid\":1}", want: edgeward.Authenticated},
		"header no object":                {header: `["HS256"]`, want: edgeward.TokenMalformed},
		"header no JSON":                  {header: `alg: HS256`, want: edgeward.TokenMalformed},
	}
	for _, kid := range []string{`1`, `null`, `["k1"]`, `{}`, `true`} {
		table["kid "+kid] = attack{header: with(`"kid":` + kid), want: edgeward.TokenMalformed}
	}
	for _, typ := range []string{`1`, `null`, `["at+jwt"]`} {
		table["typ "+typ] = attack{header: with(`"typ":` + typ), want: edgeward.TokenMalformed}
	}
	table.run(t)
}

// Rows 8 and 9: JSON with one meaning.
func TestPayload(t *testing.T) {
	twice := goodClaims[:len(goodClaims)-1] + `,"s\u0075b":"admin"}`
	attacks{
		"duplicate claim":             {payload: twice, want: edgeward.TokenMalformed},
		"duplicate name deep inside":  {payload: withClaim("act", `{"sub":"a","sub":"b"}`), want: edgeward.TokenMalformed},
		"case makes another claim":    {payload: withClaim("Sub", `"admin"`), want: edgeward.Authenticated},
		"case does not make a claim":  {payload: strings.Replace(goodClaims, `"sub"`, `"Sub"`, 1), want: edgeward.TokenClaim},
		"long s does not make exp":    {payload: strings.Replace(goodClaims, `"iss"`, "\"is\u017f\"", 1), want: edgeward.TokenIssuer},
		"invalid UTF-8":               {payload: withClaim("name", "\"\xff\""), want: edgeward.TokenMalformed},
		"noncharacter":                {payload: withClaim("name", `"\uffff"`), want: edgeward.Authenticated},
		"lone surrogate":              {payload: withClaim("name", `"\ud800"`), want: edgeward.TokenMalformed},
		"byte order mark":             {payload: "\ufeff" + goodClaims, want: edgeward.TokenMalformed},
		"trailing data":               {payload: goodClaims + "x", want: edgeward.TokenMalformed},
		"two objects":                 {payload: goodClaims + goodClaims, want: edgeward.TokenMalformed},
		"array":                       {payload: "[" + goodClaims + "]", want: edgeward.TokenMalformed},
		"string":                      {payload: `"alice"`, want: edgeward.TokenMalformed},
		"null":                        {payload: `null`, want: edgeward.TokenMalformed},
		"no JSON":                     {payload: `foo`, want: edgeward.TokenMalformed},
		"depth 32":                    {payload: withClaim("x", strings.Repeat("[", 31)+strings.Repeat("]", 31)), want: edgeward.Authenticated},
		"depth 33":                    {payload: withClaim("x", strings.Repeat("[", 32)+strings.Repeat("]", 32)), want: edgeward.TokenMalformed},
		"a nested JWT is no payload":  {payload: signParts(t, goodHeader, goodClaims), want: edgeward.TokenMalformed},
		"many audiences and no panic": {payload: withClaim("aud", `[`+strings.Repeat(`"",`, 1500)+`"https://api.example"]`), want: edgeward.Authenticated},
	}.run(t)
}
