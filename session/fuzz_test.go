package session_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
)

// FuzzValue holds the reading to a slow one: what carries its MAC was made
// here, all else is a guess, which costs no read.
func FuzzValue(f *testing.F) {
	n := newNodes(f, 1)[0]
	value, _ := n.create(f)
	n.store.Asked()
	f.Add("", []byte(nil))
	f.Add("ews_"+strings.Repeat("A", 64), []byte(nil))
	f.Add(strings.ToUpper(value.Reveal()), []byte(nil))
	f.Add(value.Reveal()+"\n", make([]byte, 32))
	f.Fuzz(func(t *testing.T, text string, random []byte) {
		if len(random) == 32 {
			text = made(random)
		}
		want := edgeward.SessionInvalid
		raw, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimPrefix(text, "ews_"))
		if err == nil && len(raw) == 48 && made(raw[:32]) == text {
			want = edgeward.SessionUnknown
		}
		if text == value.Reveal() {
			want = authenticated
		}
		n.want(t, text, edgeward.NewSecret(text), want)
		if gets, _ := n.store.Asked(); gets != 0 && want == edgeward.SessionInvalid {
			t.Errorf("%q cost a read", text)
		}
	})
}

// made returns the cookie value of random bytes under the key of the tests.
func made(random []byte) string {
	h := hmac.New(sha256.New, bytes.Repeat([]byte("k"), 32))
	h.Write([]byte("s"))
	h.Write(random)
	return "ews_" + base64.RawURLEncoding.EncodeToString(append(bytes.Clone(random), h.Sum(nil)[16:]...))
}

// FuzzRow: whatever the store returns gives a session that can be shown, or
// ends as expired, or is "could not tell"; it is never taken for a guess.
func FuzzRow(f *testing.F) {
	n := newNodes(f, 1)[0]
	value, s := n.create(f)
	e, err := n.under.Get(ctx, "session/"+s.ID)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.Value)
	f.Add([]byte(`{"v":1,"issuer":"i","subject":"s","permissions":["a b"],"created":1,"seen":9007199254740991,"expires":9007199254740991,"user_agent":"","client_ip":"::1"}`))
	f.Add([]byte(`{"v":2}`))
	f.Fuzz(func(t *testing.T, row []byte) {
		current, err := n.under.Get(ctx, e.Key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.under.Replace(ctx, e.Key, current.Version, row, time.Time{}); err != nil {
			t.Skip(err)
		}
		n.clock.Forward(time.Minute) // past what the cache remembers
		id, err := n.verify(value)
		switch reason := edgeward.ReasonOf(err); {
		case err == nil && (id.Subject == "" || id.Issuer == "" || id.Expires.IsZero() || !n.clock.Now().Before(id.Expires)):
			t.Fatalf("%s became %+v", row, id)
		case err != nil && reason != edgeward.Unavailable && reason != edgeward.SessionExpired:
			t.Fatalf("%s: %v", row, err)
		}
	})
}
