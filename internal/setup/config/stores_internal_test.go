package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// Each kind of store is a key of its section, and one that a restart empties is
// refused wherever others than this machine can come: what was revoked would live
// again, and a refresh token that was used would be good once more.
func TestEveryKindOfStoreKeepsWhatItNeeds(t *testing.T) {
	names := make([]string, len(storeTable.Keys))
	for i, k := range storeTable.Keys {
		names[i] = k.Name
	}
	for _, k := range storeKinds {
		if !slices.Contains(names, string(k.kind)) || k.where == "" {
			t.Errorf("%q has no key, or is nowhere", k.kind)
		}
		kept := &Store{Kind: k.kind, Place: "x"}
		if need := kept.Needs(); !need.CompareAndSwap || need.Durable == k.resident {
			t.Errorf("%s needs %+v", k.kind, need)
		}
		for _, public := range []bool{true, false} {
			listen := "127.0.0.1:8080"
			if public {
				listen = ":8080"
			}
			value := &document.Node{Kind: document.Text, Text: "x"}
			if k.resident {
				value = &document.Node{Kind: document.Boolean, Text: "true"}
			}
			field := func(name string, value *document.Node) document.Field {
				return document.Field{Key: &document.Node{Kind: document.Text, Text: name}, Value: value}
			}
			section := &document.Node{Kind: document.Mapping, Fields: []document.Field{field(string(k.kind), value)}}
			top := &document.Node{Kind: document.Mapping, Fields: []document.Field{field("store", section)}}
			d := &decoder{Reader: schema.Reader{Errors: new(document.Errors)}}
			d.checkLoopback(top, &Config{Proxy: &Proxy{Door: Door{Listen: listen}}, Store: kept})
			if refused := d.Errors.Len() == 1; refused != (public && k.resident) {
				t.Errorf("%s, public %t: refused %t", k.kind, public, refused)
			}
			if at := PeekStore(top, func(name string) string { return "at " + name }); at == nil || at.Kind != k.kind || strings.HasPrefix(at.Place, "at ") == k.resident {
				t.Errorf("%s: peeked %+v", k.kind, at)
			}
		}
	}
	if need := new(Store).Needs(); !need.Durable || !need.CompareAndSwap {
		t.Errorf("a kind that nobody knows needs %+v", need)
	}
}
