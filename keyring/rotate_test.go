package keyring_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
)

// describe spells a ring as "kid nbf..exp" in seconds from noon.
func describe(r *keyring.Ring) string {
	spell := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return fmt.Sprint(t.Unix() - noon.Unix())
	}
	var b strings.Builder
	for _, k := range r.Keys() {
		fmt.Fprintf(&b, "%s %s..%s; ", k.ID, spell(k.Activates), spell(k.Retires))
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func TestRotate(t *testing.T) {
	const (
		life  = 15*60 + 120 // the longest token and the clocks' difference
		stale = 5 * 60      // a node goes by the old set
	)
	for _, row := range []struct {
		rule          string
		set           []byte
		delay, living time.Duration
		want          string
	}{
		{"the first key signs at once", nil, 0, 0, "next 0.."},
		{"a new key is published before it signs, the old one outlives its tokens", set(hmacJWK("a", "")), 0, 0,
			fmt.Sprintf("next 600..; a ..%d", 600+life)},
		{"delay and lifetime as asked for", set(hmacJWK("a", "")), time.Minute, time.Hour, fmt.Sprintf("next 60..; a ..%d", stale+3600+120)},
		{"an earlier retirement stays", set(hmacJWK("a", ""), hmacJWK("b", span(-10, 700))), 0, 0, fmt.Sprintf("next 600..; a ..%d; b -10..700", 600+life)},
		{"a later retirement comes forward", set(hmacJWK("a", span(-10, 99999))), 0, 0, fmt.Sprintf("next 600..; a -10..%d", 600+life)},
		{"what has retired goes", set(hmacJWK("a", ""), hmacJWK("b", span(-10, 0))), 0, 0, fmt.Sprintf("next 600..; a ..%d", 600+life)},
		{"a ring that is all retired starts anew at once", set(hmacJWK("b", span(-10, 0))), 0, 0, "next 0.."},
		{"it takes over where the last signer ends", set(hmacJWK("a", span(-10, 100))), 0, 0, "next 100..; a -10..100"},
		{"also where one signer follows another", set(hmacJWK("a", span(-10, 100)), hmacJWK("b", span(50, 200))), 0, 0, "next 200..; a -10..100; b 50..200"},
		{"a hidden key in between covers the delay", set(hmacJWK("a", span(-10, 100)), hmacJWK("b", span(50, 900))), 0, 0, "next 600..; a -10..100; b 50..900"},
		{"nothing signs before a key to come: no gap", set(hmacJWK("b", span(50, 9000))), 0, 0, fmt.Sprintf("next 0..; b 50..%d", stale+life)},
		{"what a node that goes by the old set may sign with stays", set(hmacJWK("b", span(3, 9000)), hmacJWK("a", span(-10, 1700))), time.Second, 0,
			fmt.Sprintf("next 1..; b 3..%d; a -10..%d", stale+life, stale+life)},
		{"by the clock of another node", set(hmacJWK("b", span(stale+119, 9000)), hmacJWK("a", span(-10, 1700))), time.Second, 0,
			fmt.Sprintf("next 1..; b %d..%d; a -10..%d", stale+119, stale+life, stale+life)},
		{"and no later one", set(hmacJWK("b", span(stale+120, 9000)), hmacJWK("a", span(-10, 1700))), time.Second, 0, fmt.Sprintf("next 1..; a -10..%d", stale+life)},
		{"a rotation under way is overtaken", set(hmacJWK("b", span(700, 9000)), hmacJWK("a", span(-10, 1700))), 0, 0, fmt.Sprintf("next 600..; a -10..%d", 600+life)},
		{"a rotation under way that comes first stays", set(hmacJWK("b", span(500, 9000)), hmacJWK("a", span(-10, 1400))), 0, 0,
			fmt.Sprintf("next 600..; b 500..%d; a -10..1400", 600+life)},
	} {
		next, err := keyring.Rotate(row.set, keyring.Rotation{Key: []byte(hmacJWK("next", "")), Delay: row.delay, Lifetime: row.living, Now: noon})
		if err != nil {
			t.Errorf("%s: %v", row.rule, err)
			continue
		}
		if got := describe(parse(t, at(noon), next)); got != row.want {
			t.Errorf("%s:\ngot  %s\nwant %s", row.rule, got, row.want)
		}
	}
}

func TestRotateRefuses(t *testing.T) {
	good := keyring.Rotation{Key: []byte(hmacJWK("next", "")), Now: noon}
	with := func(change func(*keyring.Rotation)) keyring.Rotation {
		r := good
		change(&r)
		return r
	}
	for rule, row := range map[string]struct {
		set []byte
		r   keyring.Rotation
	}{
		"a broken set":         {[]byte(`{"keys":[]}`), good},
		"a kid that is taken":  {set(hmacJWK("next", "")), good},
		"no time":              {nil, with(func(r *keyring.Rotation) { r.Now = time.Time{} })},
		"a negative delay":     {nil, with(func(r *keyring.Rotation) { r.Delay = -1 })},
		"a negative lifetime":  {nil, with(func(r *keyring.Rotation) { r.Lifetime = -1 })},
		"no key":               {nil, with(func(r *keyring.Rotation) { r.Key = nil })},
		"two keys":             {nil, with(func(r *keyring.Rotation) { r.Key = []byte(hmacJWK("a", "") + "," + hmacJWK("b", "")) })},
		"too long a kid":       {nil, with(func(r *keyring.Rotation) { r.Key = []byte(hmacJWK(strings.Repeat("a", 257), "")) })},
		"an unknown alg":       {nil, with(func(r *keyring.Rotation) { r.Key = []byte(strings.Replace(edJWK("a", ""), "EdDSA", "none", 1)) })},
		"a key with nbf":       {nil, with(func(r *keyring.Rotation) { r.Key = []byte(hmacJWK("next", `,"nbf":1`)) })},
		"a key with exp":       {nil, with(func(r *keyring.Rotation) { r.Key = []byte(hmacJWK("next", `,"exp":1`)) })},
		"a key that breaks up": {nil, with(func(r *keyring.Rotation) { r.Key = []byte(hmacJWK("a", "") + `],"x":[`) })},
	} {
		if next, err := keyring.Rotate(row.set, row.r); err == nil || next != nil {
			t.Errorf("%s: accepted", rule)
		}
	}
}

// Over any rotation, a token verifies from its minting to its expiry, on a node
// that has the new file and on one that still has the old.
func TestNoTokenDiesByRotation(t *testing.T) {
	file := set(edJWK("k0", ""))
	for i := range 5 {
		start := noon.Add(time.Duration(i) * 7 * time.Minute)
		next, err := keyring.Rotate(file, keyring.Rotation{Key: []byte(edJWK(string(rune('a'+i)), "")), Now: start})
		if err != nil {
			t.Fatal(err)
		}
		for second := 0; second < 7*60; second += 7 {
			now := start.Add(time.Duration(second) * time.Second)
			for _, signing := range [][]byte{file, next} {
				kid := signs(parse(t, at(now), signing), now)
				end := now.Add(keyring.DefaultLifetime - time.Second)
				if _, err := parse(t, at(end), next).Key(t.Context(), kid, true, jwt.EdDSA); err != nil && kid != "" {
					t.Fatalf("rotation %d, second %d: key %s is gone before its token", i, second, kid)
				}
			}
		}
		file = next
	}
}

// TestNoTokenDiesByAHastyRotation: a node signs by the old set for a while, in
// which a key that was to come takes over.
func TestNoTokenDiesByAHastyRotation(t *testing.T) {
	old := set(edJWK("b", span(3, 99999)), edJWK("a", span(-10, 1700)))
	next, err := keyring.Rotate(old, keyring.Rotation{Key: []byte(edJWK("c", "")), Delay: time.Second, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	for second := range 5 * 60 {
		now := noon.Add(time.Duration(second) * time.Second)
		kid, end := signs(parse(t, at(now), old), now), now.Add(keyring.DefaultLifetime-time.Second)
		if _, err := parse(t, at(end), next).Key(t.Context(), kid, true, jwt.EdDSA); err != nil {
			t.Fatalf("second %d: key %s is gone before its token", second, kid)
		}
	}
}

func TestRotateKeepsKeysAsTheyWereWritten(t *testing.T) {
	odd := ` { "kty" : "oct", "\u006bid":"a", "alg":"HS256","k":"` + encode(secretOf("a")) + `" , "nbf" : 1 }`
	next, err := keyring.Rotate(set(odd), keyring.Rotation{Key: []byte(edJWK("next", "")), Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(next, []byte(`{"kty":"oct","kid":"a","alg":"HS256","k":"`+encode(secretOf("a"))+`","nbf":1,`)) {
		t.Errorf("the key changed:\n%s", next)
	}
	if bytes.Count(next, []byte("\n")) != 4 {
		t.Errorf("not a key a line:\n%s", next)
	}
}

func TestNewHMAC(t *testing.T) {
	for _, alg := range []jwt.Algorithm{jwt.HS256, jwt.HS384, jwt.HS512} {
		one, err := keyring.NewHMAC(alg, nil)
		if err != nil {
			t.Fatal(err)
		}
		two, err := keyring.NewHMAC(alg, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r := parse(t, at(noon), set(string(one), string(two))); r.Algorithms()[0] != alg {
			t.Errorf("%s: made a key for %s", alg, r.Algorithms()[0])
		}
	}
	if _, err := keyring.NewHMAC(jwt.ES256, nil); err == nil {
		t.Error("made a secret for ES256")
	}
	for rule, broken := range map[string]io.Reader{
		"failing": iotest.ErrReader(errors.New("no entropy")), "short": strings.NewReader("short"),
	} {
		if k, err := keyring.NewHMAC(jwt.HS256, broken); err == nil || k != nil {
			t.Errorf("%s random numbers: made a key", rule)
		}
	}
}
