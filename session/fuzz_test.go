package session_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
)

// FuzzValue: whatever a client sends is a guess, unless it is the very cookie.
func FuzzValue(f *testing.F) {
	n := newNodes(f, 1)[0]
	value, _ := n.create(f)
	n.store.count()
	f.Add("")
	f.Add("ews_" + base64.RawURLEncoding.EncodeToString(make([]byte, 48)))
	f.Add(strings.ToUpper(value.Reveal()))
	f.Add(value.Reveal() + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		if text != value.Reveal() {
			n.want(t, text, edgeward.NewSecret(text), edgeward.SessionInvalid)
		}
		if gets, _ := n.store.count(); gets != 0 {
			t.Errorf("%q cost a read", text)
		}
	})
}

// FuzzRow: whatever the store returns gives a session that can be shown, or
// ends as expired, or is "could not tell"; it is never taken for a guess.
func FuzzRow(f *testing.F) {
	n := newNodes(f, 1)[0]
	value, s := n.create(f)
	e, err := n.store.Store.Get(ctx, "session/"+s.ID)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.Value)
	f.Add([]byte(`{"v":1,"issuer":"i","subject":"s","permissions":["a b"],"created":1,"seen":9007199254740991,"expires":9007199254740991,"user_agent":"","client_ip":"::1"}`))
	f.Add([]byte(`{"v":2}`))
	f.Fuzz(func(t *testing.T, row []byte) {
		current, err := n.store.Store.Get(ctx, e.Key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.store.Store.Replace(ctx, e.Key, current.Version, row, time.Time{}); err != nil {
			t.Skip(err)
		}
		n.clock.advance(time.Minute) // past what the cache remembers
		id, err := n.verify(value)
		switch reason := edgeward.ReasonOf(err); {
		case err == nil && (id.Subject == "" || id.Issuer == "" || id.Expires.IsZero() || !n.clock.Now().Before(id.Expires)):
			t.Fatalf("%s became %+v", row, id)
		case err != nil && reason != edgeward.Unavailable && reason != edgeward.SessionExpired:
			t.Fatalf("%s: %v", row, err)
		}
	})
}
