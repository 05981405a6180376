// Package ticket hands a sign-in over to another host (docs/adr/0023). The host
// gives the browser a binding and sends its hash, the challenge, to the login's
// origin; that issues a ticket for the challenge, and the host redeems it, once, for
// the browser that has the binding.
package ticket

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/clock"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/internal/keep/seal"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/store"
)

const (
	// Life is how long a ticket is good, with no leeway. It is on its way for as long
	// as a redirect takes.
	Life = time.Minute

	// prefix is what a ticket begins with, for people and for scanners that look for
	// leaked secrets.
	prefix = "ewt_"
	// ahead is by how much the clock of the node that issued a ticket may be ahead of
	// the one that redeems it.
	ahead = 5 * time.Second
	// usedLife is how long a ticket is known to be used: longer than it is good by
	// any node's clock.
	usedLife = 3 * Life

	maxSize = 8 << 10 // bytes: no server reads more of a request line
	version = 1
)

// ErrRefused says that a ticket gives nothing; its [edgeward.Reason] says why. The
// user begins anew at the host.
var ErrRefused = errors.New("ticket: it gives nothing")

// A Ticket is for one page of a host, and for the browser that has a binding there.
// What it names proves nothing by itself.
type Ticket struct {
	Origin    string // of the host, "https://grafana.example.com"
	Page      string // a path with query there
	Challenge string // of the binding: see [Challenge]
	// The public ids of the session and of the refresh family, "" for what the
	// sign-in did not give.
	Session, Family string
}

// Config is what Tickets are made of. The zero value is refused.
type Config struct {
	// Origin is the login's. Another login with the same key redeems none of its
	// tickets.
	Origin string
	// Key seals tickets, 32 bytes or more; Previous keys open what they sealed.
	Key      edgeward.Secret
	Previous []edgeward.Secret
	// Store must compare and swap, or a ticket could be used twice.
	Store store.Backend
	Now   func() time.Time // nil means time.Now
}

// Tickets issues and redeems them. It is safe for concurrent use, on several nodes
// over one store and key.
type Tickets struct {
	place string // what a ticket is sealed for
	seal  seal.Seal
	rows  table.Table
	clock *clock.Clock
}

// New checks cfg and returns its Tickets.
func New(cfg Config) (*Tickets, error) {
	rows, err := table.Open(cfg.Store, "tickets", store.LoginStatePrefix)
	if err != nil {
		return nil, err
	}
	s, err := seal.New(cfg.Key, cfg.Previous...)
	return &Tickets{place: "login/ticket " + cfg.Origin, seal: s, rows: rows, clock: clock.New(cfg.Now)}, err
}

// Issue seals t, from now on good for [Life].
func (k *Tickets) Issue(t Ticket) edgeward.Secret {
	w := record.New(version)
	w.Time("issued", k.clock.Now())
	w.Strings("ticket", []string{rand.Text(), t.Origin, t.Page, t.Challenge, t.Session, t.Family})
	return edgeward.NewSecret(prefix + k.seal.CloseText(k.place, w.End()))
}

// fields is how many strings a ticket is written as.
const fields = 6

// Redeem opens a ticket that a browser brought to origin, where it has the binding,
// zero for none. Of any number of redemptions at once, on all nodes, one succeeds.
// Errors wrap [ErrRefused] and say by their [edgeward.Reason] why, or mean: could
// not tell; beside one the Ticket holds no more than the page, of a ticket for this
// host, to begin anew with. Whether what the ticket names is alive is the caller's
// to find out.
func (k *Tickets) Redeem(ctx context.Context, ticket edgeward.Secret, origin string, binding edgeward.Secret) (Ticket, error) {
	t, id, issued, err := k.open(ticket)
	if err != nil {
		return Ticket{}, refuse(edgeward.TicketInvalid, err.Error())
	}
	if t.Origin != origin {
		return Ticket{}, refuse(edgeward.TicketHost, "it is for "+t.Origin)
	}
	gone := Ticket{Page: t.Page}
	challenge, bound := Challenge(binding)
	age := k.clock.Now().Sub(issued)
	switch {
	case !bound:
		return gone, refuse(edgeward.TicketBrowser, "the browser has no cookie here that began a sign-in")
	case !edgeward.NewSecret(challenge).Equal(edgeward.NewSecret(t.Challenge)):
		return gone, refuse(edgeward.TicketBrowser, "the browser's cookie began another sign-in")
	case age >= Life || age < -ahead:
		return gone, refuse(edgeward.TicketExpired, "it is not of the last minute")
	}
	_, err = k.rows.Create(ctx, k.rows.Key(id), []byte(`{"v":1}`), k.clock.Now().Add(usedLife))
	if errors.Is(err, store.ErrExists) {
		return gone, refuse(edgeward.TicketUsed, "it was redeemed before")
	}
	if err != nil {
		return gone, k.rows.Unavailable(err)
	}
	return t, nil
}

func (k *Tickets) open(ticket edgeward.Secret) (t Ticket, id string, issued time.Time, err error) {
	text, ours := strings.CutPrefix(ticket.Reveal(), prefix)
	if !ours || ticket.Len() > maxSize {
		return t, "", issued, seal.ErrSeal
	}
	plain, err := k.seal.OpenText(k.place, text)
	if err != nil {
		return t, "", issued, err
	}
	r, err := record.Read(plain, version)
	if err != nil {
		return t, "", issued, err
	}
	issued = r.Time("issued")
	all := r.Strings("ticket")
	r.Require("ticket", len(all) == fields)
	if err := r.Err(); err != nil {
		return t, "", issued, err
	}
	return Ticket{all[1], all[2], all[3], all[4], all[5]}, all[0], issued, nil
}

// refuse refuses a ticket for a reason.
func refuse(reason edgeward.Reason, why string) error {
	return fmt.Errorf("%w: %s: %w", ErrRefused, why, reason)
}
