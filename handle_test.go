package edgeward_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
)

func sealed(t testing.TB, id edgeward.Identity) *edgeward.Identity {
	t.Helper()
	if id.Issuer == "" {
		id.Issuer, id.Subject = "https://issuer.example/", "alice"
	}
	made, err := edgeward.NewIdentity(id)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestAnIdentityHasTheHandlesOfWhatItNames(t *testing.T) {
	id := sealed(t, edgeward.Identity{
		Issuer: "iss", Subject: "sub", TokenID: "jti", Session: "sid", SigningKey: "kid", APIKey: "key",
	})
	want := edgeward.Handles{
		edgeward.TokenHandle:      edgeward.TokenHandle.Of("iss", "jti"),
		edgeward.SessionHandle:    edgeward.SessionHandle.Of("", "sid"),
		edgeward.SubjectHandle:    edgeward.SubjectHandle.Of("iss", "sub"),
		edgeward.IssuerHandle:     edgeward.IssuerHandle.Of("", "iss"),
		edgeward.SigningKeyHandle: edgeward.SigningKeyHandle.Of("iss", "kid"),
		edgeward.APIKeyHandle:     edgeward.APIKeyHandle.Of("", "key"),
	}
	if *id.Handles() != want {
		t.Errorf("handles %v, want %v", *id.Handles(), want)
	}
	for kind := range edgeward.HandleKinds {
		if kind < edgeward.LogoutHandle && id.Handles().Of(kind) != want[kind] || kind >= edgeward.LogoutHandle && id.Handles().Of(kind) != kind.Of("iss", "sub") {
			t.Errorf("kind %d: %v", kind, id.Handles().Of(kind))
		}
	}
	if got := (&edgeward.Handles{}).Of(edgeward.ChangeHandle); got != (edgeward.Handle{}) {
		t.Errorf("no subject has the handle %v", got)
	}
}

func TestWhatAnIdentityDoesNotNameHasNoHandle(t *testing.T) {
	handles := sealed(t, edgeward.Identity{}).Handles()
	for kind, h := range handles {
		named := slices.Contains([]edgeward.HandleKind{edgeward.SubjectHandle, edgeward.IssuerHandle}, edgeward.HandleKind(kind))
		if none := h == (edgeward.Handle{}); none == named {
			t.Errorf("kind %d: %v", kind, h)
		}
	}
}

// A handle is made of a tuple: no part runs into the next (CVE-2026-33496).
func TestHandlesOfDifferentThingsDiffer(t *testing.T) {
	seen := map[edgeward.Handle]string{}
	long := strings.Repeat("x", 500)
	for kind := range edgeward.HandleKinds {
		for _, of := range [][2]string{{"a", "bc"}, {"ab", "c"}, {"", "abc"}, {"abc", "a"}, {"a", long}, {long, "a"}, {"", "\x01abc"}} {
			h := kind.Of(of[0], of[1])
			if was, taken := seen[h]; taken {
				t.Errorf("kind %d of %q is also %s", kind, of, was)
			}
			if h != kind.Of(of[0], of[1]) || h == (edgeward.Handle{}) {
				t.Errorf("kind %d of %q changes, or is nothing", kind, of)
			}
			seen[h] = of[0] + "|" + of[1]
		}
	}
}

func BenchmarkNewIdentity(b *testing.B) {
	for b.Loop() {
		sealed(b, edgeward.Identity{Issuer: "https://issuer.example/", Subject: "alice", TokenID: "a-token-id-0123456789", Session: "0123456789abcdef012345", SigningKey: "k1"})
	}
}
