package jwt_test

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/jwt"
)

func hmacSigner(t *testing.T) jwt.Signer {
	t.Helper()
	signer, err := jwt.HMACSigner(hmacKey(t, jwt.HS256))
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

var everyClaim = jwt.Claims{
	Issuer: "https://issuer.example/", Subject: "al\"ice", Audience: []string{"a", "b"}, TokenID: "t1",
	Expires: time.Unix(1_700_000_900, 999), NotBefore: time.Unix(1_700_000_000, 0), IssuedAt: time.Unix(1_700_000_000, 0),
}

// The same claims are the same bytes, in this order.
func TestClaimsAppendJSON(t *testing.T) {
	for want, got := range map[string][]byte{
		`{"iss":"https://issuer.example/","sub":"al\"ice","aud":["a","b"],"exp":1700000900,"nbf":1700000000,"iat":1700000000,"jti":"t1"}`: everyClaim.AppendJSON(nil),
		`{}`: (&jwt.Claims{}).AppendJSON(nil),
		`x{"aud":"a","scope":"read \u0022","n":[1]}`: (&jwt.Claims{Audience: []string{"a"}}).AppendJSON([]byte("x"),
			jwt.Extra{Name: "scope", JSON: `"read \u0022"`}, jwt.Extra{Name: "n", JSON: "[1]"}),
		`{"sid":"s\"1"}`: (&jwt.Claims{}).AppendJSON(nil, jwt.StringClaim("sid", `s"1`)),
		`{"exp":0}`:      (&jwt.Claims{Expires: time.Unix(0, 0)}).AppendJSON(nil),
	} {
		if string(got) != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestSignIsReadBack(t *testing.T) {
	token, err := jwt.Sign(context.Background(), hmacSigner(t), "at+jwt", everyClaim.AppendJSON(nil, jwt.StringClaim("scope", "read")))
	if err != nil {
		t.Fatal(err)
	}
	u, err := jwt.Parse(token)
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Verify(context.Background(), hmacKey(t, jwt.HS256)); err != nil {
		t.Fatal(err)
	}
	if want := (jwt.Header{Algorithm: jwt.HS256, KeyID: "k1", HasKeyID: true, Type: "at+jwt"}); u.Header != want {
		t.Errorf("header %+v", u.Header)
	}
	c := &u.Claims
	if c.Issuer != everyClaim.Issuer || c.Subject != everyClaim.Subject || !slices.Equal(c.Audience, everyClaim.Audience) || c.TokenID != "t1" ||
		c.Expires.Unix() != 1_700_000_900 || c.NotBefore.Unix() != 1_700_000_000 || c.IssuedAt.Unix() != 1_700_000_000 {
		t.Errorf("claims %+v", c)
	}
	scope, _ := c.Lookup("scope")
	if s, _ := scope.Text(); s != "read" {
		t.Errorf("scope %q", s)
	}
	if _, found := c.Lookup("Scope"); found {
		t.Error("Lookup folds case")
	}
	if !strings.HasPrefix(c.Payload, `{"iss":`) {
		t.Errorf("payload %s", c.Payload)
	}
}

// A header without kid and typ holds only alg.
func TestSignHeader(t *testing.T) {
	token, err := jwt.Sign(context.Background(), fixedSigner{alg: jwt.RS256}, "", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	header, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	if err != nil || string(header) != `{"alg":"RS256"}` {
		t.Errorf("%s %v", header, err)
	}
}

// A fixedSigner signs everything alike.
type fixedSigner struct {
	alg jwt.Algorithm
	kid string
	err error
}

func (s fixedSigner) Algorithm() jwt.Algorithm { return s.alg }
func (s fixedSigner) KeyID() string            { return s.kid }
func (s fixedSigner) Sign(context.Context, []byte) ([]byte, error) {
	return []byte("signature"), s.err
}

// Nothing is minted that Parse would refuse.
func TestSignRefuses(t *testing.T) {
	broken := errors.New("hsm: out of order")
	good := fixedSigner{alg: jwt.RS256}
	for rule, row := range map[string]struct {
		signer  jwt.Signer
		payload string
	}{
		"no algorithm":           {fixedSigner{}, "{}"},
		"none":                   {fixedSigner{alg: "none"}, "{}"},
		"key id of 257 bytes":    {fixedSigner{alg: jwt.RS256, kid: strings.Repeat("k", 257)}, "{}"},
		"signer out of order":    {fixedSigner{alg: jwt.RS256, err: broken}, "{}"},
		"no object":              {good, "[]"},
		"a claim twice":          {good, string((&jwt.Claims{Subject: "a"}).AppendJSON(nil, jwt.StringClaim("sub", "b")))},
		"an extra that is none":  {good, string((&jwt.Claims{Subject: "a"}).AppendJSON(nil, jwt.Extra{Name: "x", JSON: "?"}))},
		"a token of over 8 KiB":  {good, `{"x":"` + strings.Repeat("x", 6200) + `"}`},
		"invalid UTF-8 in claim": {good, "{\"x\":\"\xff\"}"},
	} {
		t.Run(rule, func(t *testing.T) {
			token, err := jwt.Sign(context.Background(), row.signer, "", []byte(row.payload))
			if err == nil || token != "" {
				t.Errorf("minted %s", token)
			}
		})
	}
	if _, err := jwt.Sign(context.Background(), fixedSigner{alg: jwt.RS256, err: broken}, "", []byte("{}")); !errors.Is(err, broken) {
		t.Errorf("%v does not wrap the signer's error", err)
	}
	if _, err := jwt.HMACSigner(&jwt.Key{Algorithm: jwt.HS256}); err == nil {
		t.Error("signer without a secret")
	}
}
