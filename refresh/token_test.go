package refresh_test

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/store/storetest"
)

// refused demands that text is refused as no token of ours, before any I/O.
func refused(t *testing.T, f *refresh.Families, s *storetest.Faulty, rule, text string) {
	t.Helper()
	token := edgeward.NewSecret(text)
	s.Asked()
	o, err := f.Refresh(t.Context(), token, away)
	if o.Class != refresh.Invalid || !errors.Is(err, edgeward.RefreshInvalid) || !o.Token.IsZero() {
		t.Errorf("%s: refresh: %v, %v", rule, o.Class, err)
	}
	if _, err := f.Introspect(t.Context(), token); !errors.Is(err, edgeward.RefreshInvalid) {
		t.Errorf("%s: introspect: %v", rule, err)
	}
	if id, err := f.FamilyOf(token); !errors.Is(err, edgeward.RefreshInvalid) || id != "" {
		t.Errorf("%s: family of: %v", rule, err)
	}
	if reads, writes := s.Asked(); reads+writes != 0 {
		t.Errorf("%s: the store was asked", rule)
	}
}

func TestATokenHasOneSpelling(t *testing.T) {
	var c clock
	s := c.faulty()
	cfg := c.config()
	cfg.Store = s
	cfg.Random = strings.NewReader("\xfb\xff\xbf9876543210xyz") // begins with -_-_
	f := families(t, cfg)
	secret, id := begin(t, f)
	token := secret.Reveal()
	if len(token) != 68 || !strings.HasPrefix(token, "ewr_-_") {
		t.Fatalf("%d characters, %s", len(token), token[:8])
	}
	body := token[4:]
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		t.Fatal(err)
	}
	later := binary.BigEndian.AppendUint64(raw[:16:16], 2)
	for rule, text := range map[string]string{
		"nothing":                      "",
		"the prefix":                   "ewr_",
		"no prefix":                    body,
		"another prefix":               "ews_" + body,
		"a prefix in upper case":       "EWR_" + body,
		"the prefix twice":             "ewr_" + token,
		"padding":                      token + "=",
		"padding in place":             token[:67] + "=",
		"the standard alphabet":        "ewr_" + strings.NewReplacer("-", "+", "_", "/").Replace(body),
		"a line feed at the end":       token + "\n",
		"a line feed inside":           token[:40] + "\n" + token[40:],
		"line feeds of the length":     "ewr_\r\n\r\n" + body[4:],
		"space before":                 " " + token,
		"hexadecimal":                  "ewr_" + strings.Repeat("0f", 32),
		"a longer generation":          "ewr_" + base64.RawURLEncoding.EncodeToString(append(raw, 0, 0, 0)),
		"a shorter MAC":                "ewr_" + base64.RawURLEncoding.EncodeToString(raw[:45]),
		"no MAC":                       "ewr_" + base64.RawURLEncoding.EncodeToString(raw[:24]),
		"a MAC of zeros":               "ewr_" + base64.RawURLEncoding.EncodeToString(append(raw[:24:24], make([]byte, 24)...)),
		"a successor of one's own":     "ewr_" + base64.RawURLEncoding.EncodeToString(append(later, raw[24:]...)),
		"a megabyte":                   "ewr_" + strings.Repeat("A", 1<<20),
		"an access token in its place": "eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
	} {
		refused(t, f, s, rule, text)
	}
	for i := range token {
		refused(t, f, s, "truncated", token[:i])
	}
	const others = "AZaz09-_=+/ \n\x00\x7f\xff"
	for i := range token {
		for j := range len(others) {
			if others[j] != token[i] {
				refused(t, f, s, "one character changed", token[:i]+others[j:j+1]+token[i+1:])
			}
		}
	}
	for bit := range len(raw) * 8 {
		flipped := append([]byte(nil), raw...)
		flipped[bit/8] ^= 1 << (bit % 8)
		refused(t, f, s, "one bit flipped", "ewr_"+base64.RawURLEncoding.EncodeToString(flipped))
	}
	if got, err := f.FamilyOf(secret); err != nil || got != id {
		t.Errorf("family of the token itself: %q, %v", got, err)
	}
	if peek(t, f, id).Generation != 1 {
		t.Error("a refused token moved the family")
	}
}

// One token in 256 has a MAC that ends in a zero byte, which a decoder that
// comes out short would have left there as well.
func TestALineFeedStandsForNothing(t *testing.T) {
	var c clock
	s := c.faulty()
	cfg := c.config()
	cfg.Store = s
	f := families(t, cfg)
	for range 10_000 {
		secret, _ := begin(t, f)
		token := secret.Reveal()
		if raw, _ := base64.RawURLEncoding.DecodeString(token[4:]); raw[47] == 0 {
			refused(t, f, s, "a line feed for a zero", token[:67]+"\n")
			return
		}
	}
	t.Error("no MAC ended in zero")
}

func TestKeysRotate(t *testing.T) {
	var c clock
	s := c.faulty()
	with := func(keys ...edgeward.Secret) *refresh.Families {
		cfg := c.config()
		cfg.Store, cfg.Key, cfg.Previous = s, keys[0], keys[1:]
		return families(t, cfg)
	}
	old, both, next := with(key), with(otherKey, key), with(otherKey)
	token, _ := begin(t, old)
	refused(t, next, s, "a key that is gone", token.Reveal())
	o, err := both.Refresh(t.Context(), token, away)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, old, s, "a key not known yet", o.Token.Reveal())
	if _, err := both.Introspect(t.Context(), o.Token); err != nil {
		t.Error("signed by the first of two keys:", err)
	}
	c.Forward(refresh.DefaultGrace)
	if o, err := next.Refresh(t.Context(), o.Token, away); err != nil || o.Class != refresh.Rotated {
		t.Errorf("signed by the first key: %v, %v", o.Class, err)
	}
}

// FuzzToken: nothing is a token but what was handed out.
func FuzzToken(f *testing.F) {
	var c clock
	cfg := c.config()
	cfg.Store = c.store()
	cfg.Random = strings.NewReader(strings.Repeat("0123456789abcdef", 1))
	all := families(f, cfg)
	first, _ := begin(f, all)
	given := map[string]bool{}
	for _, token := range c.rotated(f, all, first, 3) {
		given[token.Reveal()] = true
		f.Add(token.Reveal())
		f.Add(token.Reveal() + "=")
		f.Add(token.Reveal()[:40])
	}
	f.Add("ewr_")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := all.FamilyOf(edgeward.NewSecret(text))
		if (err == nil) != given[text] || (id != "") != given[text] {
			t.Errorf("%q: %q, %v", text, id, err)
		}
		if err != nil && len(text) > 20 && strings.Contains(err.Error(), text) {
			t.Error("the error tells the token")
		}
	})
}
