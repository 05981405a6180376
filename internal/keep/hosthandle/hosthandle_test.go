package hosthandle_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/hosthandle"
	"github.com/edgeward/edgeward/internal/keep/mac"
	"github.com/edgeward/edgeward/internal/keep/table"
)

const here = "grafana.example.com"

var (
	id  = table.ID{1, 2, 3}
	now = time.UnixMilli(1_700_000_000_000)
)

func key(t testing.TB, letter string) *mac.Key {
	t.Helper()
	k, err := mac.NewKey(edgeward.NewSecret(strings.Repeat(letter, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func handle(t testing.TB, k *mac.Key, kind hosthandle.Kind, host string) edgeward.Secret {
	t.Helper()
	value, ok := hosthandle.Make(k, kind, id, host, now)
	if !ok {
		t.Fatalf("no handle at %q", host)
	}
	return value
}

func TestAHandleIsGoodAtItsHostAlone(t *testing.T) {
	k := key(t, "k")
	value := handle(t, k, hosthandle.OfSession, here)
	other := handle(t, k, hosthandle.OfSession, here)
	other = edgeward.NewSecret(other.Reveal() + "\n")
	for rule, row := range map[string]struct {
		keys  []*mac.Key
		kind  hosthandle.Kind
		value edgeward.Secret
		host  string
		good  bool
	}{
		"at its host":           {[]*mac.Key{k}, hosthandle.OfSession, value, here, true},
		"by a previous key":     {[]*mac.Key{key(t, "n"), k}, hosthandle.OfSession, value, here, true},
		"by a key that is gone": {[]*mac.Key{key(t, "n")}, hosthandle.OfSession, value, here, false},
		"no key":                {nil, hosthandle.OfSession, value, here, false},
		"at a neighbour":        {[]*mac.Key{k}, hosthandle.OfSession, value, "notes.example.com", false},
		"at a longer name":      {[]*mac.Key{k}, hosthandle.OfSession, value, here + ".evil.example", false},
		"at a shorter name":     {[]*mac.Key{k}, hosthandle.OfSession, value, here[:len(here)-1], false},
		"at the parent":         {[]*mac.Key{k}, hosthandle.OfSession, value, "example.com", false},
		"with a port":           {[]*mac.Key{k}, hosthandle.OfSession, value, here + ":8443", false},
		"in another case":       {[]*mac.Key{k}, hosthandle.OfSession, value, strings.ToUpper(here), false},
		"nowhere":               {[]*mac.Key{k}, hosthandle.OfSession, value, "", false},
		"as another kind":       {[]*mac.Key{k}, hosthandle.OfFamily, value, here, false},
		"with a line feed":      {[]*mac.Key{k}, hosthandle.OfSession, other, here, false},
		"without its prefix":    {[]*mac.Key{k}, hosthandle.OfSession, edgeward.NewSecret(value.Reveal()[4:]), here, false},
		"as a session":          {[]*mac.Key{k}, hosthandle.OfSession, edgeward.NewSecret("ews_" + value.Reveal()[4:]), here, false},
		"nothing":               {[]*mac.Key{k}, hosthandle.OfSession, edgeward.Secret{}, here, false},
	} {
		got, ok := hosthandle.Open(row.keys, row.kind, row.value, row.host)
		if ok != row.good || ok && got != id {
			t.Errorf("%s: %v %v", rule, got, ok)
		}
		if !ok && got != (table.ID{}) {
			t.Errorf("%s: it names %v all the same", rule, got)
		}
	}
	for _, host := range []string{"", strings.Repeat("a", 254)} {
		if _, ok := hosthandle.Make(k, hosthandle.OfSession, id, host, now); ok {
			t.Errorf("made for a host of %d bytes", len(host))
		}
	}
	for at := range value.Len() {
		changed := []byte(value.Reveal())
		changed[at] ^= 1
		if _, ok := hosthandle.Open([]*mac.Key{k}, hosthandle.OfSession, edgeward.NewSecret(string(changed)), here); ok {
			t.Errorf("good with its byte %d changed", at)
		}
	}
}

// FuzzOpen holds the reading to a slow one.
func FuzzOpen(f *testing.F) {
	k := key(f, "k")
	f.Add("", "", []byte(nil))
	f.Add(handle(f, k, hosthandle.OfSession, here).Reveal(), here, make([]byte, 24))
	f.Add(handle(f, k, hosthandle.OfFamily, here).Reveal(), here, []byte("x"))
	f.Fuzz(func(t *testing.T, text, host string, body []byte) {
		if len(body) == 24 {
			text = made(body, host)
		}
		got, ok := hosthandle.Open([]*mac.Key{k}, hosthandle.OfSession, edgeward.NewSecret(text), host)
		raw, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimPrefix(text, "ewh_"))
		want := err == nil && len(raw) == 48 && 0 < len(host) && len(host) <= 253 && made(raw[:24], host) == text
		if ok != want || ok && !bytes.Equal(got[:], raw[:16]) {
			t.Errorf("%q at %q: %v %v, want %v", text, host, got, ok, want)
		}
	})
}

func made(body []byte, host string) string {
	h := hmac.New(sha256.New, bytes.Repeat([]byte("k"), 32))
	h.Write([]byte("ewh_s"))
	h.Write(body)
	h.Write([]byte(host))
	return "ewh_" + base64.RawURLEncoding.EncodeToString(append(bytes.Clone(body), h.Sum(nil)[:24]...))
}

// A row notes each host once, and 32 of them.
func TestWhatARowNotes(t *testing.T) {
	var hosts []string
	for len(hosts) < 32 {
		name := strings.Repeat("a", len(hosts)+1)
		if hosthandle.Noted(hosts, name) {
			t.Fatalf("%d hosts, and no room for another", len(hosts))
		}
		if hosts = append(hosts, name); !hosthandle.Noted(hosts, name) {
			t.Errorf("%s is noted twice", name)
		}
	}
	if !hosthandle.Noted(hosts, "b") {
		t.Error("a row without a bound")
	}
}
