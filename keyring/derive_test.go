package keyring_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/keyring"
)

// The vectors stay: another secret would end every refresh family, session and
// API key at the next start. They were computed with openssl kdf.
func TestDerive(t *testing.T) {
	root, err := keyring.NewRoot(edgeward.NewSecret(strings.Repeat("r", 32)))
	if err != nil {
		t.Fatal(err)
	}
	for purpose, want := range map[keyring.Purpose]string{
		keyring.RefreshMAC:   "cd8a3160c83826eee4cdfdb2dd209a3089b7590ca6ba655511c486fe0885963c",
		keyring.SessionHash:  "b538030766d1c44d052204c7d47965dd9b887ac8258c217da54aa601b3085ebb",
		keyring.LoginSeal:    "e89ac1c4219c0e2439254ae7e7e469d9748256bb4e8fbe69d501bad8b9290b8c",
		keyring.CopyMAC:      "a90826c321af1fbe074c86bf76d4b07d1180f5a34a421f919ec56f723fabc0c1",
		keyring.APIKeyPepper: "f585de3384aa45f917be5b863a58c0ee703edbb4992733ab5317e70cdfcdee08",
	} {
		s, err := root.Derive(purpose)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString([]byte(s.Reveal())); got != want {
			t.Errorf("%s: %s", purpose, got)
		}
	}
}

func TestDeriveRefuses(t *testing.T) {
	if _, err := keyring.NewRoot(edgeward.NewSecret(strings.Repeat("r", 31))); err == nil {
		t.Error("took a short root")
	}
	if _, err := (keyring.Root{}).Derive(keyring.RefreshMAC); err == nil {
		t.Error("the zero root derives")
	}
	root, _ := keyring.NewRoot(edgeward.NewSecret(strings.Repeat("r", 32)))
	if _, err := root.Derive(""); err == nil {
		t.Error("derives for nothing")
	}
}
