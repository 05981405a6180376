package seal_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/seal"
)

func made(t testing.TB, letters string) seal.Seal {
	t.Helper()
	var keys []edgeward.Secret
	for _, letter := range letters {
		keys = append(keys, edgeward.NewSecret(strings.Repeat(string(letter), 32)))
	}
	s, err := seal.New(keys[0], keys[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASealHoldsForOnePlaceAndItsKeys(t *testing.T) {
	const place = "cookie"
	text := made(t, "a").CloseText(place, []byte("plain"))
	for rule, row := range map[string]struct {
		keys, place, text string
		good              bool
	}{
		"its key":             {"a", place, text, true},
		"a previous key":      {"ba", place, text, true},
		"a key that is gone":  {"b", place, text, false},
		"another place":       {"a", "ticket", text, false},
		"nothing":             {"a", place, "", false},
		"cut":                 {"a", place, text[:len(text)-1], false},
		"padded":              {"a", place, text + "=", false},
		"with a line feed":    {"a", place, text + "\n", false},
		"with one in between": {"a", place, text[:4] + "\r\n" + text[4:], false},
	} {
		plain, err := made(t, row.keys).OpenText(row.place, row.text)
		if row.good != (err == nil) || row.good != (string(plain) == "plain") || err != nil && !errors.Is(err, seal.ErrSeal) {
			t.Errorf("%s: %q, %v", rule, plain, err)
		}
	}
	if again := made(t, "a").CloseText(place, []byte("plain")); again == text {
		t.Error("two seals of one text are equal: a nonce was used twice")
	}
}

func TestNamesTellTuplesApart(t *testing.T) {
	k := made(t, "a")[0]
	seen := map[string][]string{}
	for _, tuple := range [][]string{{}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}} {
		name := k.Name(tuple...)
		if other, taken := seen[name]; taken {
			t.Errorf("%q and %q share a name", other, tuple)
		}
		seen[name] = tuple
	}
	if made(t, "b")[0].Name("ab") == k.Name("ab") {
		t.Error("another key gives the same names")
	}
}

func TestAShortKeyIsRefused(t *testing.T) {
	long, short := edgeward.NewSecret(strings.Repeat("a", 32)), edgeward.NewSecret(strings.Repeat("a", 31))
	for _, keys := range [][]edgeward.Secret{{{}}, {short}, {long, short}} {
		if _, err := seal.New(keys[0], keys[1:]...); err == nil {
			t.Errorf("%d keys, one of which can be guessed", len(keys))
		}
	}
}
