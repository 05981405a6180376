package connection_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config/connection"
	"github.com/edgeward/edgeward/jwks/keyfile"
	"github.com/edgeward/edgeward/jwt"
)

// A reload takes another key up, also one that has the kid of the one before.
func TestAnotherKeyUnderTheSameName(t *testing.T) {
	var keys [2]*keyfile.Private
	for i := range keys {
		made, err := keyfile.Generate(jwt.ES256)
		if err != nil {
			t.Fatal(err)
		}
		named := strings.Replace(string(made.AppendJWK(nil)), made.KeyID(), "edgeward", 1)
		if keys[i], err = keyfile.ParsePrivate([]byte(named)); err != nil || keys[i].KeyID() != "edgeward" {
			t.Fatal(err, keys[i].KeyID())
		}
	}
	one, other := connection.Connection{ClientKey: keys[0]}, connection.Connection{ClientKey: keys[1]}
	again, err := keyfile.ParsePrivate(keys[0].AppendJWK(nil))
	if err != nil {
		t.Fatal(err)
	}
	if one.Equal(&other) || one.Equal(&connection.Connection{}) {
		t.Error("another key is taken for the one before")
	}
	if !one.Equal(&connection.Connection{ClientKey: again}) {
		t.Error("the same key, read again, is taken for another one")
	}
}
