// Package inspect shows tokens and key rings to a person. It believes nothing that a
// token says.
package inspect

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/session"
)

// A Token is what a token says about itself.
type Token struct {
	Verified bool            `json:"verified"` // always false
	Header   json.RawMessage `json:"header"`
	Claims   json.RawMessage `json:"claims"`
	Warnings []string        `json:"warnings"`
}

// Decode decodes more than the gateway would, to show what is wrong.
func Decode(token string, now time.Time) *Token {
	i := &Token{Warnings: []string{}}
	if kind := Opaque(token); kind != "" {
		i.warn("%s says nothing by itself: what it means is in the store", kind)
		return i
	}
	u, err := jwt.Parse(token)
	if err != nil {
		i.warn("Edgeward refuses its form: %s", strings.TrimPrefix(err.Error(), "jwt: "))
	}
	segments := strings.Split(token, ".")
	if len(segments) < 2 || len(token) > maxToken {
		return i
	}
	header, claims := decodeSegment(segments[0]), decodeSegment(segments[1])
	if header == nil || claims == nil {
		return i
	}
	i.Header, i.Claims = header, claims
	i.judgeHeader()
	if u != nil {
		i.judgeClaims(&u.Claims, now)
	}
	return i
}

// Opaque names the kind of one of our credentials that hold no claims.
func Opaque(token string) string {
	if name, value, found := strings.Cut(token, "="); found && strings.HasPrefix(value, session.Prefix) && name != "" {
		token = value // as a cookie is copied
	}
	for _, kind := range []struct{ prefix, name string }{
		{refresh.Prefix, "a refresh token"}, {session.Prefix, "a session cookie"}, {"ew_", "an API key"},
	} {
		if strings.HasPrefix(token, kind.prefix) {
			return kind.name
		}
	}
	return ""
}

func (i *Token) warn(format string, args ...any) {
	i.Warnings = append(i.Warnings, fmt.Sprintf(format, args...))
}

// decodeSegment returns the JSON object in a segment, or nil.
func decodeSegment(segment string) json.RawMessage {
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(segment, "="))
	var object map[string]json.RawMessage
	if err != nil || json.Unmarshal(data, &object) != nil {
		return nil
	}
	return data
}

func (i *Token) judgeHeader() {
	var header map[string]any
	_ = json.Unmarshal(i.Header, &header) // an object: decodeSegment saw to it
	alg, _ := header["alg"].(string)
	switch {
	case strings.EqualFold(alg, "none"):
		i.warn("alg is %q: it is not signed at all", alg)
	case jwt.Algorithm(alg).Symmetric():
		i.warn("alg is %s: everyone who can verify it can also forge it", alg)
	}
	if _, ok := header["kid"]; !ok {
		i.warn("no kid: it is ambiguous as soon as the issuer has two keys")
	}
	if _, ok := header["typ"]; !ok {
		i.warn("no typ: an access token cannot be distinguished from an ID token (RFC 8725 §3.11)")
	}
	for _, name := range []string{"jku", "x5u", "jwk", "x5c"} {
		if _, ok := header[name]; ok {
			i.warn("%s is ignored: a token does not choose the key that verifies it", name)
		}
	}
}

// maxToken bounds what is decoded, in bytes.
const maxToken = 64 << 10

const longLife = 24 * time.Hour

func (i *Token) judgeClaims(c *jwt.Claims, now time.Time) {
	switch {
	case c.Expires.IsZero():
		i.warn("no exp: it would never die, and is refused")
	case !c.Expires.After(now):
		i.warn("it expired %s ago", ui.Span(now.Sub(c.Expires)))
	case !c.IssuedAt.IsZero() && c.Expires.Sub(c.IssuedAt) > longLife:
		i.warn("it lives %s; more than a day is refused unless max_lifetime says else", ui.Span(c.Expires.Sub(c.IssuedAt)))
	}
	if c.NotBefore.After(now) {
		i.warn("it is not valid before %s", ui.Clock(c.NotBefore, now))
	}
	for _, claim := range []struct {
		absent bool
		name   string
		why    string
	}{
		{c.Issuer == "", "iss", "it names no issuer"},
		{c.Subject == "", "sub", "it names no subject"},
		{len(c.Audience) == 0, "aud", "it is valid for every audience"},
	} {
		if claim.absent {
			i.warn("no %s: %s, and it is refused", claim.name, claim.why)
		}
	}
	if c.TokenID == "" {
		i.warn("no jti: it cannot be revoked by itself")
	}
}

// Print shows it to a person.
func (i *Token) Print(w io.Writer, p ui.Paint, now time.Time) {
	fmt.Fprintln(w, p.Yellow("NOT VERIFIED: these claims may be forged. Use \"edgeward token verify\"."))
	if i.Header != nil {
		fmt.Fprintf(w, "\n%s\n%s\n", p.Bold("header"), pretty(i.Header))
		fmt.Fprintf(w, "\n%s\n%s\n", p.Bold("claims"), pretty(i.Claims))
		i.printTimes(w, p, now)
	}
	if len(i.Warnings) > 0 {
		fmt.Fprintf(w, "\n%s\n", p.Bold("warnings"))
	}
	for _, text := range i.Warnings {
		fmt.Fprintf(w, "  %s %s\n", p.Yellow("!"), ui.Harmless(text))
	}
}

func pretty(document json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Indent(&b, document, "  ", "  "); err != nil {
		return ""
	}
	return "  " + ui.Harmless(b.String())
}

// printTimes says the times of the claims in words.
func (i *Token) printTimes(w io.Writer, p ui.Paint, now time.Time) {
	var claims map[string]any
	_ = json.Unmarshal(i.Claims, &claims)
	var rows []string
	for _, name := range []string{"iat", "nbf", "exp", "auth_time"} {
		seconds, ok := claims[name].(float64)
		if !ok || seconds < 0 || seconds > 1<<53 {
			continue
		}
		rows = append(rows, fmt.Sprintf("  %s %s", p.Dim(fmt.Sprintf("%-9s", name)), ui.Clock(time.Unix(int64(seconds), 0), now)))
	}
	if len(rows) > 0 {
		fmt.Fprintf(w, "\n%s\n%s\n", p.Bold("times"), strings.Join(slices.Clip(rows), "\n"))
	}
}
