package mac_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"sync"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/mac"
)

func TestSumIsThatOfTheStandardLibrary(t *testing.T) {
	secret := strings.Repeat("k", 40)
	key, err := mac.NewKey(edgeward.NewSecret(secret))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := range 300 {
				message := bytes.Repeat([]byte{byte(n)}, n)
				want := hmac.New(sha256.New, []byte(secret))
				want.Write(message)
				if got := key.Sum(message); !hmac.Equal(got[:], want.Sum(nil)) {
					t.Errorf("%d bytes: wrong MAC", n)
				}
			}
		})
	}
	wg.Wait()
}

func TestAShortKeyIsRefused(t *testing.T) {
	if _, err := mac.NewKey(edgeward.NewSecret(strings.Repeat("k", 31))); err == nil {
		t.Error("31 bytes were taken for a key")
	}
}

func BenchmarkSum(b *testing.B) {
	key, err := mac.NewKey(edgeward.NewSecret(strings.Repeat("k", 32)))
	if err != nil {
		b.Fatal(err)
	}
	var message [57]byte
	b.ReportAllocs()
	for b.Loop() {
		key.Sum(message[:])
	}
}
