package jwks_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

func secretKey(t *testing.T, id string, alg jwt.Algorithm) *jwt.Key {
	t.Helper()
	k, err := jwt.HMACKey(id, alg, edgeward.NewSecret(strings.Repeat("s", 64)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A key without a kid serves tokens that name an unknown one, when it is alone.
func TestStatic(t *testing.T) {
	named, nameless := secretKey(t, "a", jwt.HS256), secretKey(t, "", jwt.HS256)
	other := secretKey(t, "", jwt.HS512)
	static := func(keys ...*jwt.Key) *jwks.Static {
		s, err := jwks.NewStatic(keys...)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, row := range []struct {
		rule   string
		keys   *jwks.Static
		kid    string
		hasKid bool
		alg    jwt.Algorithm
		want   *jwt.Key
		err    error
	}{
		{"by kid", static(named, nameless), "a", true, jwt.HS256, named, nil},
		{"unknown kid, nameless key", static(named, nameless), "b", true, jwt.HS256, nameless, nil},
		{"unknown kid, no nameless key", static(named), "b", true, jwt.HS256, nil, jwks.ErrUnknown},
		{"unknown kid, nameless key of another algorithm", static(named, other), "b", true, jwt.HS256, nil, jwks.ErrUnknown},
		{"unknown kid, two nameless keys", static(nameless, secretKey(t, "", jwt.HS256)), "b", true, jwt.HS256, nil, jwks.ErrNameless},
		{"known kid of another algorithm", static(named, other), "a", true, jwt.HS512, nil, jwks.ErrAlgorithm},
		{"no kid, one key", static(named), "", false, jwt.HS256, named, nil},
		{"no kid, several", static(named, nameless), "", false, jwt.HS256, nil, jwks.ErrAmbiguous},
		{"zero value", new(jwks.Static), "a", true, jwt.HS256, nil, jwks.ErrUnknown},
	} {
		got, err := row.keys.Key(t.Context(), row.kid, row.hasKid, row.alg)
		if got != row.want || !errors.Is(err, row.err) {
			t.Errorf("%s: got %v, %v", row.rule, got, err)
		}
	}
	s := static(named)
	if !s.Holds(named, time.Time{}) || s.Holds(nameless, time.Time{}) || s.Holds(nil, time.Time{}) {
		t.Error("Holds does not tell its keys from others")
	}
}

func TestNewStaticRefuses(t *testing.T) {
	for rule, keys := range map[string][]*jwt.Key{
		"nothing":      nil,
		"kid twice":    {secretKey(t, "a", jwt.HS256), secretKey(t, "a", jwt.HS256)},
		"no algorithm": {{ID: "a"}},
		"alg made up":  {{ID: "a", Algorithm: "none"}},
	} {
		if _, err := jwks.NewStatic(keys...); err == nil {
			t.Errorf("%s: accepted", rule)
		}
	}
}
