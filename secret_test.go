package edgeward_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
)

func TestSecretsAreNeverPrinted(t *testing.T) {
	const planted = "hunter2-hunter2"
	secret := edgeward.NewSecret(planted)
	holder := struct{ Key edgeward.Secret }{secret}

	var printed bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&printed, verb+verb+verb, secret, &secret, holder)
	}
	encoded, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	printed.Write(encoded)
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("x", "secret", secret, "in", holder)
	slog.New(slog.NewTextHandler(&printed, nil)).Info("x", "secret", secret, "in", holder)

	for _, trace := range []string{planted, "68756e746572", "68756E746572"} {
		if strings.Contains(printed.String(), trace) {
			t.Errorf("printed: %s", printed.String())
		}
	}
}

func TestSecretEqual(t *testing.T) {
	a := edgeward.NewSecret("a")
	if !a.Equal(edgeward.NewSecret("a")) || a.Equal(edgeward.NewSecret("b")) || a.Equal(edgeward.Secret{}) {
		t.Error("Equal answers wrong")
	}
}
