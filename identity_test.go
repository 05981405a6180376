package edgeward_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
)

func TestNewIdentityRefusesWhatAHeaderCannotCarry(t *testing.T) {
	good := edgeward.Identity{Issuer: "https://issuer.example/", Subject: "alice"}
	if _, err := edgeward.NewIdentity(good); err != nil {
		t.Fatalf("a plain identity: %v", err)
	}
	for rule, spoil := range map[string]func(*edgeward.Identity){
		"empty subject":               func(id *edgeward.Identity) { id.Subject = "" },
		"CR LF in the subject":        func(id *edgeward.Identity) { id.Subject = "alice\r\nX-Auth-Permissions: admin" },
		"NUL in the subject":          func(id *edgeward.Identity) { id.Subject = "alice\x00" },
		"DEL in the subject":          func(id *edgeward.Identity) { id.Subject = "alice\x7f" },
		"a space before the subject":  func(id *edgeward.Identity) { id.Subject = " alice" },
		"a space behind the subject":  func(id *edgeward.Identity) { id.Subject = "alice " },
		"a subject of spaces":         func(id *edgeward.Identity) { id.Subject = " " },
		"a space before the issuer":   func(id *edgeward.Identity) { id.Issuer = " i" },
		"a space behind the session":  func(id *edgeward.Identity) { id.Session = "s " },
		"subject over 255 bytes":      func(id *edgeward.Identity) { id.Subject = strings.Repeat("a", 256) },
		"empty issuer":                func(id *edgeward.Identity) { id.Issuer = "" },
		"line feed in the issuer":     func(id *edgeward.Identity) { id.Issuer = "https://issuer\n.example" },
		"line feed in the session":    func(id *edgeward.Identity) { id.Session = "s\n" },
		"escape code in the token id": func(id *edgeward.Identity) { id.TokenID = "\x1b[2J" },
	} {
		t.Run(rule, func(t *testing.T) {
			id := good
			spoil(&id)
			if _, err := edgeward.NewIdentity(id); !errors.Is(err, edgeward.TokenClaim) {
				t.Errorf("got %v, want token_claim", err)
			}
		})
	}
}

func TestPermissionsAreScopeTokens(t *testing.T) {
	given := []string{"orders:write", "read all", "", "orders:read", "x\"y", "a\\b", "é", "orders:read"}
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s", Permissions: given})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"orders:read", "orders:write"}
	if !slices.Equal(id.Permissions, want) {
		t.Errorf("permissions %q, want %q", id.Permissions, want)
	}
	if got := id.Header().First(edgeward.HeaderPermissions); got != "orders:read orders:write" {
		t.Errorf("header %q", got)
	}
	if given[0] != "orders:write" {
		t.Error("the caller's slice was sorted in place")
	}
	if !id.Has("orders:read") || id.Has("read") || id.Has("all") || id.Has("") {
		t.Error("Has answers for a permission that was not given")
	}
}

func TestAbsentClaimsSetNoHeader(t *testing.T) {
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s", Method: "bearer"})
	if err != nil {
		t.Fatal(err)
	}
	if h := id.Header(); len(h) != 3 || h.First(edgeward.HeaderSession) != "" {
		t.Errorf("header %v", h)
	}
}

func TestIdentityFromContext(t *testing.T) {
	if _, ok := edgeward.IdentityFrom(context.Background()); ok {
		t.Error("a bare context names somebody")
	}
	if _, ok := edgeward.IdentityFrom(edgeward.WithIdentity(context.Background(), nil)); ok {
		t.Error("a nil identity names somebody")
	}
	id := &edgeward.Identity{Subject: "s"}
	if got, ok := edgeward.IdentityFrom(edgeward.WithIdentity(context.Background(), id)); !ok || got != id {
		t.Error("the identity is lost on the way")
	}
}
