package sqlitestore_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// Whoever waits for a file that does not answer is told soon that nobody can
// tell, also behind those who wait already. The readers come back.
func TestAReadWaitsForNobodyForEver(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	create(t, s, "a", time.Time{})
	release := make(chan struct{})
	var occupied sync.WaitGroup
	for range s.Readers() {
		occupied.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			if err := s.Occupy(ctx, cancel, release); !errors.Is(err, context.Canceled) {
				t.Errorf("a reader that is occupied: %v", err)
			}
		})
	}
	occupied.Wait()
	if _, err := s.Get(t.Context(), "a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Get: %v", err)
	}
	if _, err := s.List(t.Context(), "", "", 10); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("List: %v", err)
	}
	close(release)
	if _, err := s.Get(t.Context(), "a"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
