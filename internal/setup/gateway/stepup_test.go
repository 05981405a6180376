package gateway_test

import (
	"context"
	"slices"
	"testing"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/session"
)

// A session that people signed in for is theirs at the provider under whatever
// id it has.
func TestAStepUpTakesTheSignInAlong(t *testing.T) {
	f := newHybrid(t, "{memory: true}", `login:
  origin: https://app.example
  providers: [{name: id, issuer: "https://id.example", client_id: edge}]
`)
	c := f.load()
	memory, err := gateway.Open(c.Config, onDisk)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() { defer close(stopped); memory.Run(ctx) }()
	defer func() { stop(); <-stopped }()
	waitUntil(t, func() bool { return memory.Ready() == nil })
	s, err := gateway.Build(c.Config, gateway.Environment{State: memory}, nil)
	if err != nil {
		t.Fatal(err)
	}
	cookie, was, err := s.Authority.CreateSession(ctx, by, session.Grant{Issuer: "https://id.example", Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	who := login.SignIn{Provider: "id", Issuer: was.Issuer, Subject: was.Subject, SID: "sid"}
	if err := s.Authority.SignIns.Keep(ctx, issuance.SessionObject+was.ID, who, was.Expires); err != nil {
		t.Fatal(err)
	}
	_, is, err := s.Authority.RenewSession(ctx, by, cookie, session.Grant{Issuer: was.Issuer, Subject: was.Subject})
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := s.Authority.SignIns.Linked(ctx, was.Issuer, "sid"); err != nil || !slices.Equal(ids, []string{issuance.SessionObject + is.ID}) {
		t.Errorf("the provider's session leads to %v, %v; want %s", ids, err, is.ID)
	}
}
