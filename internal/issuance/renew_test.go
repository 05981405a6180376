package issuance_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/storetest"
)

// renewing is the plan of a store that calls meanwhile once, before a renewal
// under way writes its new session.
func renewing(meanwhile func()) storetest.Plan {
	var once sync.Once
	return func(o storetest.Operation) storetest.Fault {
		if o.Name == "create" && strings.HasPrefix(o.Key, "session/") {
			once.Do(meanwhile)
		}
		return storetest.Fault{}
	}
}

// A stolen cookie is renewed while its owner ends the session, or says to log
// out everywhere: what it became must not live on under an id that nobody
// knows.
func TestARenewalDoesNotSurviveARevocation(t *testing.T) {
	for name, end := range map[string]func(n *issuancetest.Node, id string) error{
		"the session is revoked, its row still there": func(n *issuancetest.Node, id string) error {
			_, err := n.Config.Revocations.Revoke(t.Context(), revocation.Entry{Scope: revocation.Session, Value: id})
			return err
		},
		"the session is ended": func(n *issuancetest.Node, id string) error {
			return n.EndSession(t.Context(), operator, id, "")
		},
		"the subject is logged out": func(n *issuancetest.Node, _ string) error {
			_, err := n.RevokeSubject(t.Context(), operator, issuance.Target{Subject: "alice", Scope: revocation.Subject, Force: true})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := issuancetest.New(t)
			old, was := signIn(t, n)
			var ended error
			n.Store.Follow(renewing(func() { ended = end(n, was.ID) }))
			cookie, _, err := n.RenewSession(t.Context(), operator, old, session.Grant{Subject: "alice"})
			if ended != nil {
				t.Fatal(ended)
			}
			if err == nil || edgeward.ReasonOf(err) == edgeward.Unavailable || !cookie.IsZero() {
				t.Errorf("renewed: %v", err)
			}
			page, _, err := n.ListSessions(t.Context(), "", "alice", "", 10)
			if err != nil || len(page) > 0 || sessionLives(n, old) {
				t.Errorf("%d sessions live on, %v", len(page), err)
			}
		})
	}
}

// When the new session cannot be ended either, the answer names nobody's
// session, and it idles out.
func TestARenewalThatCannotBeTakenBackIsNotHandedOut(t *testing.T) {
	n := issuancetest.New(t)
	old, was := signIn(t, n)
	n.Store.Follow(func(o storetest.Operation) storetest.Fault {
		if o.Name == "replace" && strings.HasSuffix(o.Key, was.ID) {
			_, err := n.Config.Revocations.Revoke(t.Context(), revocation.Entry{Scope: revocation.Session, Value: was.ID})
			return storetest.Fault{After: err}
		}
		if o.Name == "delete" {
			return storetest.Fault{Before: storetest.ErrInjected}
		}
		return storetest.Fault{}
	})
	cookie, s, err := n.RenewSession(t.Context(), operator, old, session.Grant{Subject: "alice"})
	if !errors.Is(err, edgeward.CredentialRevoked) || !cookie.IsZero() || s.ID != "" {
		t.Error(err)
	}
}
