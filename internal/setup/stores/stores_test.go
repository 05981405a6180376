package stores_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/setup/stores"
)

// Every kind that a configuration can name is opened, and promises what it needs.
func TestEveryKindOfStoreOpens(t *testing.T) {
	kinds := 0
	for _, key := range config.Keys() {
		kept := chosenBy(key, filepath.Join(t.TempDir(), "store.db"))
		if kept == nil {
			continue // no kind of store, but another key
		}
		kinds++
		s, err := stores.All.Open(kept)
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		if err := s.Contract().Meets(kept.Needs()); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		if c, ok := s.(interface{ Close() error }); ok {
			_ = c.Close()
		}
	}
	if kinds < 2 {
		t.Errorf("%d kinds", kinds)
	}
}

// chosenBy returns the store of a configuration with one key.
func chosenBy(key, place string) *config.Store {
	section, name, _ := strings.Cut(key, ".")
	for _, value := range []*document.Node{{Kind: document.Boolean, Text: "true"}, {Kind: document.Text, Text: place}} {
		inner := &document.Node{Kind: document.Mapping, Fields: []document.Field{{Key: &document.Node{Text: name}, Value: value}}}
		root := &document.Node{Kind: document.Mapping, Fields: []document.Field{{Key: &document.Node{Text: section}, Value: inner}}}
		if kept := config.PeekStore(root, func(string) string { return place }); kept != nil {
			return kept
		}
	}
	return nil
}
