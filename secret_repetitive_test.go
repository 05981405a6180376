package edgeward_test

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
)

func TestRepetitive(t *testing.T) {
	random := make([]byte, 32)
	_, _ = rand.Read(random)
	for text, want := range map[string]bool{
		"":                                 true,
		strings.Repeat("x", 64):            true,
		strings.Repeat("ab", 32):           true,
		"changemechangemechangemechangeme": true,
		strings.Repeat("1234567", 8):       true,
		strings.Repeat("12345678", 8):      false,
		string(random):                     false,
		hex.EncodeToString(random):         false,
		hex.EncodeToString(random[:16]):    false,
		rand.Text():                        false,
	} {
		if got := edgeward.NewSecret(text).Repetitive(); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
