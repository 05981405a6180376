package jwt_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// Row 10: three non-empty segments, and no more than 8 KiB of them.
func TestSegments(t *testing.T) {
	header, payload := base64url(goodHeader), base64url(goodClaims)
	mac := base64url(strings.Repeat("m", 32))
	for rule, token := range map[string]string{
		"nothing":             "",
		"1 segment":           header,
		"2 segments":          header + "." + payload,
		"4 segments":          header + "." + payload + "." + mac + "." + mac,
		"5 segments, a JWE":   strings.Join([]string{header, mac, mac, mac, mac}, "."),
		"a dot before":        "." + signParts(t, goodHeader, goodClaims),
		"a dot after":         signParts(t, goodHeader, goodClaims) + ".",
		"empty header":        "." + payload + "." + mac,
		"empty payload":       header + ".." + mac,
		"empty signature":     header + "." + payload + ".",
		"only dots":           "..",
		"8,000 dots":          strings.Repeat(".", 8000),
		"10,000 dots":         strings.Repeat(".", 10_000),
		"dots with text":      strings.Repeat("a.", 4000),
		"JSON serialization":  `{"payload":"` + payload + `","protected":"` + header + `","signature":"` + mac + `"}`,
		"a comma for the dot": strings.ReplaceAll(signParts(t, goodHeader, goodClaims), ".", ","),
	} {
		t.Run(rule, func(t *testing.T) {
			wantReason(t, walk(token, hmacKey(t, jwt.HS256), rules), edgeward.TokenMalformed)
		})
	}
}

func TestSize(t *testing.T) {
	sized := func(size int) string {
		payload := withClaim("pad", `"`+strings.Repeat("x", size/4*3-400)+`"`)
		for len(signParts(t, goodHeader, payload)) < size {
			payload = payload[:len(payload)-2] + `x"}`
		}
		return signParts(t, goodHeader, payload)
	}
	fits := sized(8191)
	if len(fits) > 8192 {
		t.Fatalf("the test made a token of %d bytes", len(fits))
	}
	wantReason(t, walk(fits, hmacKey(t, jwt.HS256), rules), edgeward.Authenticated)
	wantReason(t, walk(sized(8193), hmacKey(t, jwt.HS256), rules), edgeward.TokenMalformed)
}

// Row 10: refusing costs nothing that grows with the attacker's input
// (CVE-2025-30204, CVE-2025-27144).
func TestRefusalAllocatesLittle(t *testing.T) {
	for rule, token := range map[string]string{
		"8,000 dots":           strings.Repeat(".", 8000),
		"a megabyte of dots":   strings.Repeat(".", 1<<20),
		"1,600 segments":       strings.Repeat("AAAA.", 1600),
		"a megabyte of A":      strings.Repeat("A", 1<<20) + ".AAAA.AAAA",
		"a megabyte signature": "AAAA.AAAA." + strings.Repeat("A", 1<<20),
	} {
		if allocs := testing.AllocsPerRun(10, func() { _, _ = jwt.Parse(token) }); allocs > 1 {
			t.Errorf("%s: %v allocations", rule, allocs)
		}
	}
}

// Row 11: every token has one spelling (RFC 4648 §3.5).
func TestBase64(t *testing.T) {
	header, payload := base64url(goodHeader), base64url(goodClaims)
	good := signSegments(t, header, payload)
	mac := good[strings.LastIndexByte(good, '.')+1:]
	key := hmacKey(t, jwt.HS256)

	for _, c := range []string{"=", "+", "/", " ", "\t", "\r", "\n", "\r\n", "\x00", "\x80", "é", "?", "%", "-\n"} {
		for i, at := range []int{0, 4, 7, len(payload) / 2, len(payload)} {
			dirty := payload[:at] + c + payload[at:]
			wantReason(t, walk(signSegments(t, header, dirty), key, rules), edgeward.TokenMalformed)
			dirty = header[:min(at, len(header))] + c + header[min(at, len(header)):]
			wantReason(t, walk(signSegments(t, dirty, payload), key, rules), edgeward.TokenMalformed)
			dirty = mac[:min(at, len(mac))] + c + mac[min(at, len(mac)):]
			wantReason(t, walk(header+"."+payload+"."+dirty, key, rules), edgeward.TokenMalformed)
			if t.Failed() {
				t.Fatalf("%q at place %d", c, i)
			}
		}
	}
}

// Row 11: no character may be replaced, in whatever part of a segment.
func TestBase64EveryPlace(t *testing.T) {
	for alg, size := range map[jwt.Algorithm]int{jwt.HS256: 32, jwt.HS384: 48, jwt.HS512: 64} {
		token := resign(base64url(`{"alg":"`+string(alg)+`"}`)+"."+base64url(goodClaims)+".", make([]byte, size))
		for at := range token {
			for _, c := range "!=\n\x00" {
				if dirty := token[:at] + string(c) + token[at+1:]; token[at] != '.' {
					wantReason(t, walk(dirty, hmacKey(t, alg), rules), edgeward.TokenMalformed)
				}
			}
		}
	}
}

// Row 11: a segment is decoded piece by piece, and dirt after a piece that is
// a whole object counts as well.
func TestBase64AfterAWholeObject(t *testing.T) {
	whole := func(text string) string { // 384 bytes are 512 characters
		return base64url(text + strings.Repeat(" ", 384-len(text)))
	}
	key := hmacKey(t, jwt.HS256)
	header, payload := whole(goodHeader), whole(goodClaims)
	wantReason(t, walk(signSegments(t, header, payload), key, rules), edgeward.Authenticated)
	wantReason(t, walk(signSegments(t, header+"!!!!", payload), key, rules), edgeward.TokenMalformed)
	wantReason(t, walk(signSegments(t, header, payload+"!!!!"), key, rules), edgeward.TokenMalformed)
}

// Row 11: the last character of a segment has bits that belong to no byte.
func TestTrailingBits(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	key := hmacKey(t, jwt.HS256)
	for pad := range 3 {
		payload := withClaim("pad", `"`+strings.Repeat("x", pad)+`"`)
		segment := base64url(payload)
		accepted := 0
		for _, last := range alphabet {
			twin := segment[:len(segment)-1] + string(last)
			err := walk(signSegments(t, base64url(goodHeader), twin), key, rules)
			if err == nil {
				accepted++
			} else if len(segment)%4 != 0 && last != rune(segment[len(segment)-1]) {
				wantReason(t, err, edgeward.TokenMalformed)
			}
		}
		if len(segment)%4 != 0 && accepted != 1 {
			t.Errorf("%d bytes: %d spellings", len(payload), accepted)
		}
	}
}

// A segment of 4n+1 characters spells nothing.
func TestSegmentLength(t *testing.T) {
	payload := goodClaims
	for len(payload)%3 != 0 {
		payload += " "
	}
	token := signSegments(t, base64url(goodHeader), base64url(payload)+"A")
	wantReason(t, walk(token, hmacKey(t, jwt.HS256), rules), edgeward.TokenMalformed)
}

// An error about a token is logged: it must not carry the token there.
func TestErrorsQuoteNoToken(t *testing.T) {
	for _, token := range []string{
		"hunter2.hunter2.hunter2", signParts(t, `{"alg":"hunter2"}`, goodClaims), signParts(t, goodHeader, `{"hunter2":`),
		signParts(t, goodHeader, withClaim("iss", `"hunter2"`)), signParts(t, goodHeader, withClaim("sub", `["hunter2"]`)),
	} {
		err := walk(token, hmacKey(t, jwt.HS256), rules)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
}
