package refresh_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/refresh"
)

const (
	here  = "grafana.example.com"
	there = "notes.example.net"
)

func handle(t testing.TB, f *refresh.Families, id, host string) edgeward.Secret {
	t.Helper()
	value, ok := f.Handle(id, host)
	if !ok {
		t.Fatalf("no handle of %s at %s", id, host)
	}
	return value
}

// A handle gives what the current token gives, at its host, and never rotates.
func TestAHandleIsTheFamilyAtOneHost(t *testing.T) {
	s := newSystem(t, 2)
	s.Forward(refresh.DefaultGrace)
	f := s.here
	value := handle(t, f, s.id, here+":8443")
	for range 3 {
		family, err := f.IntrospectAt(t.Context(), value, here)
		if err != nil || family.ID != s.id || family.Subject != "alice" {
			t.Fatalf("%+v, %v", family, err)
		}
		s.Forward(time.Hour)
	}
	if now := peek(t, f, s.id); now.Generation != 3 || now.RevocationReason != "" || !slices.Equal(now.Hosts, []string{here}) {
		t.Errorf("the family became %+v", now)
	}
	if id, err := f.FamilyAt(value, here); err != nil || id != s.id {
		t.Errorf("its family is %q: %v", id, err)
	}
	for rule, err := range map[string]error{
		"at another host":           second(f.IntrospectAt(t.Context(), value, there)),
		"at none":                   second(f.IntrospectAt(t.Context(), value, "")),
		"as a token":                second(f.Introspect(t.Context(), value)),
		"refreshed as a token":      second(f.Refresh(t.Context(), value, home)),
		"its family elsewhere":      second(f.FamilyAt(value, there)),
		"its family, as of a token": second(f.FamilyOf(value)),
	} {
		if edgeward.ReasonOf(err) != edgeward.RefreshInvalid {
			t.Errorf("%s: %v", rule, err)
		}
	}
	if _, err := f.Refresh(t.Context(), s.tokens[2], home); err != nil {
		t.Errorf("the current token, after the row was noted in: %v", err)
	}
	if now := peek(t, f, s.id); now.Generation != 4 || !slices.Equal(now.Hosts, []string{here}) {
		t.Errorf("a rotation lost the hosts: %+v", now)
	}
}

func second[T any](_ T, err error) error { return err }

func TestAHandleEndsWithItsFamily(t *testing.T) {
	for rule, row := range map[string]struct {
		end  func(t *testing.T, s *system)
		want edgeward.Reason
	}{
		"revoked": {func(t *testing.T, s *system) {
			if err := s.beside.Revoke(t.Context(), s.id, "logout"); err != nil {
				t.Fatal(err)
			}
		}, edgeward.RefreshRevoked},
		"expired": {func(_ *testing.T, s *system) { s.Forward(refresh.DefaultLifetime) }, edgeward.RefreshExpired},
		"deleted": {func(t *testing.T, s *system) {
			if err := s.sound.Delete(t.Context(), "refresh/"+s.id); err != nil {
				t.Fatal(err)
			}
		}, edgeward.RefreshUnknown},
		"a thief was found out": {func(t *testing.T, s *system) {
			s.Forward(refresh.DefaultGrace)
			_, _ = s.beside.Refresh(t.Context(), s.tokens[0], away)
		}, edgeward.RefreshRevoked},
	} {
		s := newSystem(t, 2)
		value := handle(t, s.here, s.id, here)
		if _, err := s.here.IntrospectAt(t.Context(), value, here); err != nil {
			t.Fatal(err)
		}
		row.end(t, s)
		if _, err := s.here.IntrospectAt(t.Context(), value, here); edgeward.ReasonOf(err) != row.want {
			t.Errorf("%s: %v", rule, err)
		}
		if _, err := s.here.Living(t.Context(), s.id); edgeward.ReasonOf(err) != row.want {
			t.Errorf("%s: it is living: %v", rule, err)
		}
	}
}

func TestAFamilyNotesItsHosts(t *testing.T) {
	s := newSystem(t, 0)
	s.store.Asked()
	for range 3 {
		_, _ = s.here.IntrospectAt(t.Context(), handle(t, s.here, s.id, here), here)
	}
	if gets, writes := s.store.Asked(); gets != 3 || writes != 1 {
		t.Errorf("three uses cost %d reads and %d writes", gets, writes)
	}
	for i := range 40 {
		host := fmt.Sprintf("pr-%d.example.com", i)
		if _, err := s.here.IntrospectAt(t.Context(), handle(t, s.here, s.id, host), host); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(peek(t, s.here, s.id).Hosts); n != 32 {
		t.Errorf("%d hosts are noted", n)
	}
	if _, ok := s.here.Handle("no id", here); ok {
		t.Error("a handle of no family")
	}
}
