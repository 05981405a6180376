package jwt_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// Row 14: claims of time that are no time.
func TestNumericDate(t *testing.T) {
	table := attacks{
		"exp missing":              {payload: withClaim("exp", ""), want: edgeward.TokenClaim},
		"nbf missing":              {payload: withClaim("nbf", ""), want: edgeward.Authenticated},
		"iat missing":              {payload: withClaim("iat", ""), want: edgeward.Authenticated},
		"exp null":                 {payload: withClaim("exp", "null"), want: edgeward.TokenClaim},
		"nbf null is none":         {payload: withClaim("nbf", "null"), want: edgeward.Authenticated},
		"iat null is none":         {payload: withClaim("iat", "null"), want: edgeward.Authenticated},
		"exp 0":                    {payload: withClaim("exp", "0"), want: edgeward.TokenExpired},
		"exp 2^53":                 {payload: withClaim("exp", "9007199254740992"), want: edgeward.TokenLifetime},
		"nbf 2^53":                 {payload: withClaim("nbf", "9007199254740992"), want: edgeward.TokenNotYetValid},
		"exp with a fraction":      {payload: withClaim("exp", "1700000900.5"), want: edgeward.Authenticated},
		"exp with an exponent":     {payload: withClaim("exp", "1.7000009e9"), want: edgeward.Authenticated},
		"nbf minus zero":           {payload: withClaim("nbf", "-0"), want: edgeward.Authenticated},
		"exp 1e400 is out of JSON": {payload: withClaim("exp", "1e400"), want: edgeward.TokenMalformed},
		"exp NaN is out of JSON":   {payload: withClaim("exp", "NaN"), want: edgeward.TokenMalformed},
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		for _, value := range []string{
			`"1700000900"`, `""`, `true`, `[1700000900]`, `{}`, `-1`, `-0.5`, `9007199254740994`, `9223372036854775807`,
			`9223372036854775808`, `18446744073709551617`, `1e300`, `-1e300`,
		} {
			table[name+" "+value] = attack{payload: withClaim(name, value), want: edgeward.TokenClaim}
		}
	}
	table.run(t)
}

// Row 14: the leeway applies once, on the far side of each boundary.
func TestBoundaries(t *testing.T) {
	at := func(seconds int64) string { return strconv.FormatInt(now.Unix()+seconds, 10) }
	attacks{
		"exp a second before the leeway ends":   {payload: withClaim("exp", at(-29)), want: edgeward.Authenticated},
		"exp as the leeway ends":                {payload: withClaim("exp", at(-30)), want: edgeward.TokenExpired},
		"exp after the leeway":                  {payload: withClaim("exp", at(-31)), want: edgeward.TokenExpired},
		"nbf as the leeway begins":              {payload: withClaim("nbf", at(30)), want: edgeward.Authenticated},
		"nbf a second too far":                  {payload: withClaim("nbf", at(31)), want: edgeward.TokenNotYetValid},
		"iat as the leeway begins":              {payload: withClaim("iat", at(30)), want: edgeward.Authenticated},
		"iat a second too far":                  {payload: withClaim("iat", at(31)), want: edgeward.TokenNotYetValid},
		"a life of a day":                       {payload: withClaim("exp", at(86400-1)), want: edgeward.Authenticated},
		"a life of a day and a second":          {payload: withClaim("exp", at(86400)), want: edgeward.TokenLifetime},
		"a life of a day from now, no iat":      {payload: strings.Replace(withClaim("exp", at(86430)), `"iat":1699999999,`, "", 1), want: edgeward.Authenticated},
		"a life of more from now, no iat":       {payload: strings.Replace(withClaim("exp", at(86431)), `"iat":1699999999,`, "", 1), want: edgeward.TokenLifetime},
		"an iat of 1970 does not shorten a cap": {payload: withClaim("iat", "0"), want: edgeward.TokenLifetime},
	}.run(t)
}

func TestLeewayAndLifetimeAreBounded(t *testing.T) {
	at := func(seconds int64) string { return withClaim("exp", strconv.FormatInt(now.Unix()+seconds, 10)) }
	for rule, row := range map[string]struct {
		leeway, lifetime time.Duration
		payload          string
		want             edgeward.Reason
	}{
		"leeway of a minute":            {time.Minute, 0, at(-59), edgeward.Authenticated},
		"leeway of an hour is 120 s":    {time.Hour, 0, at(-120), edgeward.TokenExpired},
		"leeway of an hour is 120 s, 2": {time.Hour, 0, at(-119), edgeward.Authenticated},
		"leeway below zero is none":     {-time.Hour, 0, at(0), edgeward.TokenExpired},
		"leeway below zero is none, 2":  {-time.Hour, 0, at(1), edgeward.Authenticated},
		"lifetime kept":                 {0, 901 * time.Second, at(900), edgeward.Authenticated},
		"lifetime exceeded":             {0, 900 * time.Second, at(900), edgeward.TokenLifetime},
		"lifetime below zero":           {0, -1, at(900), edgeward.TokenLifetime},
	} {
		t.Run(rule, func(t *testing.T) {
			r := *rules
			r.Leeway, r.MaxLifetime = row.leeway, row.lifetime
			wantReason(t, walk(signParts(t, goodHeader, row.payload), hmacKey(t, jwt.HS256), &r), row.want)
		})
	}
}

// Row 15: who it is for and who made it, exactly.
func TestAudienceAndIssuer(t *testing.T) {
	table := attacks{
		"aud missing":            {payload: withClaim("aud", ""), want: edgeward.TokenAudience},
		"aud empty array":        {payload: withClaim("aud", `[]`), want: edgeward.TokenAudience},
		"aud empty":              {payload: withClaim("aud", `""`), want: edgeward.TokenAudience},
		"aud prefix":             {payload: withClaim("aud", `"https://api.exampl"`), want: edgeward.TokenAudience},
		"aud longer":             {payload: withClaim("aud", `"https://api.example/"`), want: edgeward.TokenAudience},
		"aud other case":         {payload: withClaim("aud", `"https://API.example"`), want: edgeward.TokenAudience},
		"aud of several in one":  {payload: withClaim("aud", `"https://api.example https://b.example"`), want: edgeward.TokenAudience},
		"aud array with ours":    {payload: withClaim("aud", `["x","https://api.example"]`), want: edgeward.Authenticated},
		"aud array without ours": {payload: withClaim("aud", `["x","y"]`), want: edgeward.TokenAudience},
		"aud null":               {payload: withClaim("aud", `null`), want: edgeward.TokenAudience},
		"iss null":               {payload: withClaim("iss", `null`), want: edgeward.TokenIssuer},
		"iss missing":            {payload: withClaim("iss", ""), want: edgeward.TokenIssuer},
		"iss empty":              {payload: withClaim("iss", `""`), want: edgeward.TokenIssuer},
		"iss without slash":      {payload: withClaim("iss", `"https://issuer.example"`), want: edgeward.TokenIssuer},
		"iss other case":         {payload: withClaim("iss", `"https://Issuer.example/"`), want: edgeward.TokenIssuer},
		"iss with white space":   {payload: withClaim("iss", `"https://issuer.example/ "`), want: edgeward.TokenIssuer},
		"iss array":              {payload: withClaim("iss", `["https://issuer.example/"]`), want: edgeward.TokenClaim},
	}
	for _, value := range []string{`1`, `{}`, `["https://api.example",1]`, `[["https://api.example"]]`, `["https://api.example",null]`} {
		table["aud "+value] = attack{payload: withClaim("aud", value), want: edgeward.TokenClaim}
	}
	table.run(t)
}

// Row 16: other kinds of tokens, and subjects that are none.
func TestTypeAndSubject(t *testing.T) {
	typ := func(value string) string { return `{"alg":"HS256","typ":"` + value + `"}` }
	table := attacks{
		"no typ":                       {header: `{"alg":"HS256"}`, want: edgeward.Authenticated},
		"typ JWT":                      {header: typ("JWT"), want: edgeward.Authenticated},
		"typ at+jwt":                   {header: typ("at+jwt"), want: edgeward.Authenticated},
		"typ as a media type":          {header: typ("Application/AT+JWT"), want: edgeward.Authenticated},
		"a logout token":               {header: typ("logout+jwt"), want: edgeward.TokenType},
		"a security event":             {header: typ("secevent+jwt"), want: edgeward.TokenType},
		"a refresh token":              {header: typ("rt+jwt"), want: edgeward.TokenType},
		"a proof of possession":        {header: typ("dpop+jwt"), want: edgeward.TokenType},
		"a type of another registry":   {header: typ("text/jwt"), want: edgeward.TokenType},
		"application/ only once":       {header: typ("application/application/jwt"), want: edgeward.TokenType},
		"an ID token, by its audience": {payload: withClaim("aud", `"my_client_id"`), want: edgeward.TokenAudience},
		"sub missing":                  {payload: withClaim("sub", ""), want: edgeward.TokenClaim},
		"sub empty":                    {payload: withClaim("sub", `""`), want: edgeward.TokenClaim},
		"sub array":                    {payload: withClaim("sub", `["alice"]`), want: edgeward.TokenClaim},
		"sub number":                   {payload: withClaim("sub", `1`), want: edgeward.TokenClaim},
		"sub null":                     {payload: withClaim("sub", `null`), want: edgeward.TokenClaim},
		"jti null is none":             {payload: withClaim("jti", `null`), want: edgeward.Authenticated},
		"jti number":                   {payload: withClaim("jti", `1`), want: edgeward.TokenClaim},
	}
	for _, c := range []string{`\r\n`, `\n`, `\u0000`, `\u001b`, `\u007f`, `\u0085`, `\u009b`} {
		table["sub with "+c] = attack{payload: withClaim("sub", `"alice`+c+`X-Auth-Subject: admin"`), want: edgeward.TokenClaim}
	}
	table.run(t)
}

func TestTypesAreTheRulesToSay(t *testing.T) {
	only := *rules
	only.Types = []string{"Application/Logout+JWT"}
	key := hmacKey(t, jwt.HS256)
	wantReason(t, walk(signParts(t, `{"alg":"HS256","typ":"logout+jwt"}`, goodClaims), key, &only), edgeward.Authenticated)
	wantReason(t, walk(signParts(t, goodHeader, goodClaims), key, &only), edgeward.TokenType)
	wantReason(t, walk(signParts(t, `{"alg":"HS256"}`, goodClaims), key, &only), edgeward.TokenType)
	only.Types = []string{"token+jwt"}
	wantReason(t, walk(signParts(t, `{"alg":"HS256","typ":"TOKEN+jwt"}`, goodClaims), key, &only), edgeward.Authenticated)
	wantReason(t, walk(signParts(t, "{\"alg\":\"HS256\",\"typ\":\"to\u212aen+jwt\"}", goodClaims), key, &only), edgeward.TokenType)
	only.Types = []string{}
	wantReason(t, walk(signParts(t, `{"alg":"HS256"}`, goodClaims), key, &only), edgeward.TokenType)
}

// The zero Rules accept nothing, not even a token that says nothing.
func TestZeroRulesAcceptNothing(t *testing.T) {
	key := hmacKey(t, jwt.HS256)
	for _, payload := range []string{goodClaims, withClaim("iss", ""), withClaim("iss", `""`)} {
		wantReason(t, walk(signParts(t, goodHeader, payload), key, &jwt.Rules{}), edgeward.TokenIssuer)
	}
	for _, audience := range []string{"", `""`, `[""]`, `[]`} {
		token := signParts(t, goodHeader, withClaim("aud", audience))
		wantReason(t, walk(token, key, &jwt.Rules{Issuer: rules.Issuer}), edgeward.TokenAudience)
		wantReason(t, walk(token, key, &jwt.Rules{Issuer: rules.Issuer, Audiences: []string{""}}), edgeward.TokenAudience)
	}
}

// Claims are worth nothing before the signature is: forgetting Verify is a
// defect of ours, not of the token.
func TestCheckDemandsVerify(t *testing.T) {
	u, err := jwt.Parse(signParts(t, goodHeader, goodClaims))
	if err != nil {
		t.Fatal(err)
	}
	refused := func(step string) {
		t.Helper()
		err := rules.Check(u, now)
		if _, isReason := errors.AsType[edgeward.Reason](err); err == nil || isReason {
			t.Errorf("%s: %v", step, err)
		}
	}
	refused("before Verify")
	wantReason(t, u.Verify(context.Background(), hmacKey(t, jwt.HS512)), edgeward.TokenAlgorithm)
	refused("after a failed Verify")
	wantReason(t, u.Verify(context.Background(), hmacKey(t, jwt.HS256)), edgeward.Authenticated)
	wantReason(t, rules.Check(u, now), edgeward.Authenticated)
	wantReason(t, u.Verify(context.Background(), nil), edgeward.TokenAlgorithm)
	refused("after a good and a failed Verify")
}

func TestCheckTime(t *testing.T) {
	for rule, row := range map[string]struct {
		expires, notBefore time.Time
		want               edgeward.Reason
	}{
		"within":             {now.Add(time.Hour), now.Add(-time.Hour), edgeward.Authenticated},
		"no nbf":             {now.Add(time.Hour), time.Time{}, edgeward.Authenticated},
		"no exp":             {time.Time{}, time.Time{}, edgeward.TokenExpired},
		"exp past":           {now.Add(-30 * time.Second), time.Time{}, edgeward.TokenExpired},
		"nbf in the future":  {now.Add(time.Hour), now.Add(31 * time.Second), edgeward.TokenNotYetValid},
		"nbf within leeway":  {now.Add(time.Hour), now.Add(30 * time.Second), edgeward.Authenticated},
		"far future and now": {time.Unix(1<<53, 0), time.Unix(0, 0), edgeward.Authenticated},
	} {
		t.Run(rule, func(t *testing.T) {
			wantReason(t, rules.CheckTime(row.expires, row.notBefore, now), row.want)
		})
	}
}
