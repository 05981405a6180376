package apikey_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
)

var form = regexp.MustCompile(`\Aew_live_[a-z2-7]{16}_[a-z2-7]{40}_[0-9a-f]{8}\z`)

// FuzzKey holds the reading to a slow one: what has the form, and only that,
// goes on to the store.
func FuzzKey(f *testing.F) {
	n := newNodes(f, 1)[0]
	text, _ := n.create(f, robot)
	f.Add(text.Reveal(), false)
	f.Add(text.Reveal()[:66], true)
	f.Add("ew_live_"+strings.Repeat("a", 16)+"_"+strings.Repeat("2", 40), true)
	f.Add("ew_live__", true)
	f.Fuzz(func(t *testing.T, key string, sum bool) {
		if sum {
			key = summed(key).Reveal()
		}
		wellFormed := form.MatchString(key) && summed(key[:len(key)-9]).Reveal() == key
		want := edgeward.APIKeyInvalid
		switch {
		case key == text.Reveal():
			want = authenticated
		case wellFormed && key[8:24] == text.Reveal()[8:24]:
			want = edgeward.APIKeySecret
		case wellFormed:
			want = edgeward.APIKeyUnknown
		}
		n.want(t, key, edgeward.NewSecret(key), want)
	})
}

// FuzzRow: whatever the store returns gives a key that was proved, or is
// refused to who proved it for its end or network, or is "could not tell"; it
// is never taken for an unknown id.
func FuzzRow(f *testing.F) {
	n := newNodes(f, 1)[0]
	text, k := n.create(f, robot)
	e, err := n.under.Get(ctx, "apikey/"+k.ID)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.Value)
	f.Add([]byte(strings.Replace(string(e.Value), `"networks":[]`, `"networks":["192.0.2.0/24","::/0"],"expires":1,"revoked":2`, 1)))
	f.Add([]byte(strings.Replace(string(e.Value), `"hmac":`, `"hmac":"`+strings.Repeat("00", 32)+`","old_until":9007199254740991,"old_hmac":`, 1)))
	f.Add([]byte(`{"v":2}`))
	proof := string(e.Value[strings.Index(string(e.Value), `"hmac":"`)+8:][:64])
	f.Fuzz(func(t *testing.T, row []byte) {
		current, err := n.under.Get(ctx, e.Key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.under.Replace(ctx, e.Key, current.Version, row, time.Time{}); err != nil {
			t.Skip(err)
		}
		n.clock.Forward(time.Minute) // past what the cache remembers
		id, err := n.verify(text, client)
		switch reason := edgeward.ReasonOf(err); {
		case err == nil && (id.Subject == "" || !strings.Contains(strings.ToLower(string(row)), proof)):
			t.Fatalf("%s became %+v", row, id)
		case reason == edgeward.APIKeyUnknown || reason == edgeward.APIKeyInvalid:
			t.Fatalf("%s: %v", row, err)
		}
		if _, err := n.verify(otherSecret(text), client); err == nil {
			t.Fatalf("%s lets a wrong secret in", row)
		}
	})
}
