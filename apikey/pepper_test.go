package apikey_test

import (
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/store/memstore"
)

// Keys outlive a change of the pepper as long as the old one is named, and a
// rotation brings each under the new one.
func TestAPepperIsReplacedAndNoKeyDies(t *testing.T) {
	rows := memstore.New(memstore.Config{})
	with := func(pepper string, previous ...string) *apikey.Keys {
		t.Helper()
		cfg := apikey.Config{Store: rows, Pepper: edgeward.NewSecret(strings.Repeat(pepper, 32)), Environment: "test", CacheBytes: -1}
		for _, p := range previous {
			cfg.Previous = append(cfg.Previous, edgeward.NewSecret(strings.Repeat(p, 32)))
		}
		k, err := apikey.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	want := func(rule string, k *apikey.Keys, text edgeward.Secret, want edgeward.Reason) {
		t.Helper()
		_, err := k.Verify(ctx, &edgeward.Request{ClientIP: client}, edgeward.Credential{Value: text})
		got := edgeward.Authenticated
		if err != nil {
			got = edgeward.ReasonOf(err)
		}
		if got != want {
			t.Errorf("%s: %v, want %v", rule, got, want)
		}
	}

	oldest, both, next := with("a"), with("c", "b", "a"), with("c")
	first, key, err := oldest.Create(ctx, robot)
	if err != nil {
		t.Fatal(err)
	}
	want("made under a pepper that is named", both, first, edgeward.Authenticated)
	want("made under one that is gone", next, first, edgeward.APIKeySecret)
	want("another secret, though a row of one secret holds zeros", both, otherSecret(first), edgeward.APIKeySecret)
	want("an id that nobody has", both, otherID(first), edgeward.APIKeyUnknown)

	second, _, err := both.Rotate(ctx, key.ID, first, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatalf("rotated by who has the secret of now, under an old pepper: %v", err)
	}
	want("the secret before, under its pepper", both, first, edgeward.Authenticated)
	want("the new one, under the new pepper", both, second, edgeward.Authenticated)
	want("the new one, when the old peppers are gone", next, second, edgeward.Authenticated)
	want("the new one, where its pepper is unknown", oldest, second, edgeward.APIKeySecret)
	if err := both.Revoke(ctx, key.ID); err != nil {
		t.Fatal(err)
	}
	want("revoked", both, first, edgeward.APIKeyRevoked)
}

func TestPreviousPeppersAreBounded(t *testing.T) {
	long := edgeward.NewSecret(strings.Repeat("p", 32))
	for rule, previous := range map[string][]edgeward.Secret{
		"none is short": {edgeward.NewSecret("short")},
		"they are few":  {long, long, long, long, long},
	} {
		cfg := apikey.Config{Store: memstore.New(memstore.Config{}), Pepper: long, Previous: previous, Environment: "test"}
		if _, err := apikey.New(cfg); err == nil {
			t.Error(rule)
		}
	}
}
