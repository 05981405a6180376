package canonical_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

func TestMethod(t *testing.T) {
	const allowed = edgeward.Public
	for raw, want := range map[string]edgeward.Reason{
		"GET": allowed, "HEAD": allowed, "POST": allowed, "PUT": allowed, "PATCH": allowed, "DELETE": allowed,
		"OPTIONS": allowed, "QUERY": allowed, "PROPFIND": allowed, "M-SEARCH": allowed, "VERSION-CONTROL": allowed,
		strings.Repeat("A", 32): allowed,

		"CONNECT": edgeward.MethodNotAllowed, "TRACE": edgeward.MethodNotAllowed, "TRACK": edgeward.MethodNotAllowed,

		"": edgeward.MalformedRequest, "get": edgeward.MalformedRequest, "Get": edgeward.MalformedRequest,
		"trace": edgeward.MalformedRequest, "GET ": edgeward.MalformedRequest, "GET\n": edgeward.MalformedRequest,
		"GET,POST": edgeward.MalformedRequest, "G\x00T": edgeward.MalformedRequest, "GÉT": edgeward.MalformedRequest,
		"GE_T": edgeward.MalformedRequest, strings.Repeat("A", 33): edgeward.MalformedRequest,
	} {
		got, err := canonical.Method(raw)
		switch {
		case want == allowed && (err != nil || got != raw):
			t.Errorf("Method(%q) = %q, %v, want it unchanged", raw, got, err)
		case want != allowed && (edgeward.ReasonOf(err) != want || got != ""):
			t.Errorf("Method(%q) = %q, %v, want nothing and %v", raw, got, err, want)
		}
	}
}
