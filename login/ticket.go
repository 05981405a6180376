package login

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/store"
)

const (
	// TicketLife is how long a ticket is good, with no leeway. It is on its way for
	// as long as a redirect takes.
	TicketLife = time.Minute
	// ticketPrefix is what a ticket begins with, for people and for scanners that
	// look for leaked secrets.
	ticketPrefix = "ewt_"

	// ticketAhead is by how much the clock of the node that issued a ticket may be
	// ahead of the one that redeems it.
	ticketAhead = 5 * time.Second
	// usedLife is how long a ticket is known to be used: longer than it is good by
	// any node's clock.
	usedLife = 3 * TicketLife

	maxTicket     = 8 << 10 // bytes: no server reads more of a request line
	ticketVersion = 1
)

// A Ticket hands a sign-in over to another host: for one page of it, and for the
// browser that has a binding there. What it names proves nothing by itself.
type Ticket struct {
	Origin    string // of the host, "https://grafana.example.com"
	Page      string // a path with query there
	Challenge string // of the binding: see [Binding]
	// The public ids of the session and of the refresh family, "" for what the
	// sign-in did not give.
	Session, Family string
}

// IssueTicket seals t, from now on good for [TicketLife].
func (l *Login) IssueTicket(t Ticket) edgeward.Secret {
	w := record.New(ticketVersion)
	w.Time("issued", l.clock.Now())
	w.Strings("ticket", []string{random(16), t.Origin, t.Page, t.Challenge, t.Session, t.Family})
	return edgeward.NewSecret(ticketPrefix + base64url.EncodeToString(l.seal.close(l.ticketPlace(), w.End())))
}

// fieldsOfTicket is how many strings a ticket is written as.
const fieldsOfTicket = 6

// ticketPlace is what a ticket is sealed for: another relying party with the same
// key does not redeem it.
func (l *Login) ticketPlace() string { return "login/ticket " + l.callback }

// RedeemTicket opens a ticket that a browser brought to origin, where it has the
// binding, zero for none. Of any number of redemptions at once, on all nodes, one
// succeeds. Errors wrap [ErrTicket] and say by their [edgeward.Reason] why, or
// mean: could not tell; beside one the Ticket holds no more than the page, of a
// ticket for this host, to begin anew with. Whether what the ticket names is alive is the caller's to
// find out.
func (l *Login) RedeemTicket(ctx context.Context, ticket edgeward.Secret, origin string, binding edgeward.Secret) (Ticket, error) {
	t, id, issued, err := l.openTicket(ticket)
	if err != nil {
		return Ticket{}, refuseTicket(edgeward.TicketInvalid, err.Error())
	}
	if t.Origin != origin {
		return Ticket{}, refuseTicket(edgeward.TicketHost, "it is for "+t.Origin+", and came to "+origin)
	}
	gone := Ticket{Page: t.Page}
	challenge, bound := Challenge(binding)
	age := l.clock.Now().Sub(issued)
	switch {
	case !bound:
		return gone, refuseTicket(edgeward.TicketBrowser, "the browser has no cookie here that began a sign-in")
	case !edgeward.NewSecret(challenge).Equal(edgeward.NewSecret(t.Challenge)):
		return gone, refuseTicket(edgeward.TicketBrowser, "the browser's cookie began another sign-in")
	case age >= TicketLife || age < -ticketAhead:
		return gone, refuseTicket(edgeward.TicketExpired, "it is not of the last minute")
	}
	_, err = l.rows.Create(ctx, store.LoginStatePrefix+id, []byte(`{"v":1}`), l.clock.Now().Add(usedLife))
	if errors.Is(err, store.ErrExists) {
		return gone, refuseTicket(edgeward.TicketUsed, "it was redeemed before")
	}
	if err != nil {
		return gone, l.rows.Unavailable(err)
	}
	return t, nil
}

func (l *Login) openTicket(ticket edgeward.Secret) (t Ticket, id string, issued time.Time, err error) {
	encoded, ours := strings.CutPrefix(ticket.Reveal(), ticketPrefix)
	if !ours || ticket.Len() > maxTicket {
		return t, "", issued, errSeal
	}
	sealed, err := base64url.DecodeString(encoded)
	if err != nil || base64url.EncodedLen(len(sealed)) != len(encoded) { // the decoder skips CR and LF
		return t, "", issued, errSeal
	}
	plain, err := l.seal.open(l.ticketPlace(), sealed)
	if err != nil {
		return t, "", issued, err
	}
	r, err := record.Read(plain, ticketVersion)
	if err != nil {
		return t, "", issued, err
	}
	issued = r.Time("issued")
	fields := r.Strings("ticket")
	r.Require("ticket", len(fields) == fieldsOfTicket)
	if err := r.Err(); err != nil {
		return t, "", issued, err
	}
	return Ticket{fields[1], fields[2], fields[3], fields[4], fields[5]}, fields[0], issued, nil
}

// bindingSize is how many random bytes a binding has.
const bindingSize = 32

// NewBinding returns what a browser keeps in a cookie of a host while it signs in
// elsewhere: 256 random bits.
func NewBinding() edgeward.Secret { return edgeward.NewSecret(random(bindingSize)) }

// Challenge returns what shows a binding to no one: its hash, as PKCE has it of a
// verifier (RFC 7636 §4.2). ok is false for what is no binding.
func Challenge(binding edgeward.Secret) (challenge string, ok bool) {
	if !isRandom(binding.Reveal(), bindingSize) {
		return "", false
	}
	sum := sha256.Sum256([]byte(binding.Reveal()))
	return base64url.EncodeToString(sum[:]), true
}

// IsChallenge reports whether s has the form of a challenge.
func IsChallenge(s string) bool { return isRandom(s, sha256.Size) }

// isRandom reports whether s is the one spelling of n bytes.
func isRandom(s string, n int) bool {
	if len(s) != base64url.EncodedLen(n) {
		return false
	}
	raw, err := base64url.DecodeString(s)
	return err == nil && len(raw) == n
}

// HandsOver reports whether sign-ins are handed over to an origin: that of a host
// that [Login.Over] was given, with the scheme and the port of the login's own
// origin, which it is not. Without HTTPS, where only this machine is served, it has
// to be a name of this machine, and listed by itself.
func (l *Login) HandsOver(scheme, host string) bool {
	ownScheme, ownHost, _ := strings.Cut(l.origin, "://")
	name := canonical.Hostname(host)
	if l.hosts == nil || scheme != ownScheme || host == ownHost || host[len(name):] != ownHost[len(canonical.Hostname(ownHost)):] {
		return false
	}
	entry, listed := l.hosts(host)
	if !listed {
		return false
	}
	return scheme == "https" || !strings.HasPrefix(entry, "*.") && (canonical.IsLoopback(name) || strings.HasSuffix(name, ".localhost"))
}

// Over returns a Login that hands sign-ins over to hosts, and shares with l all that
// it has found out.
func (l *Login) Over(hosts Hosts) *Login {
	over := *l
	over.hosts = hosts
	return &over
}

// Hosts says which entry lists a host, with or without a port: its name, or one
// that begins with "*.". It is safe for concurrent use.
type Hosts func(host string) (entry string, listed bool)

// HostPage reads where a user wants to return to as a page of a host that sign-ins
// are handed over to: an absolute URL whose origin is spelled exactly. ok is false
// for all else.
func (l *Login) HostPage(raw string) (origin, page string, ok bool) {
	target, err := canonical.RequestTarget(raw)
	if err != nil || target.Scheme == "" || !l.HandsOver(target.Scheme, target.Host) {
		return "", "", false
	}
	origin = target.Scheme + "://" + target.Host
	rest, ours := strings.CutPrefix(raw, origin)
	page, err = ReturnTo(rest, "", nil) // which begins with a slash
	return origin, page, ours && err == nil
}

// Destination reads where a user wants to return to, as [ReturnTo] does for the
// origin and the list of this login: a page of a host that sign-ins are handed over
// to is among it, in one spelling. Errors wrap [ErrReturnTo].
func (l *Login) Destination(raw string) (string, error) {
	if len(raw) <= MaxReturnTo {
		if origin, page, ok := l.HostPage(raw); ok {
			return origin + page, nil
		}
	}
	return ReturnTo(raw, l.origin, l.returnTo)
}

// refuseTicket refuses a ticket for a reason.
func refuseTicket(reason edgeward.Reason, why string) error {
	return fmt.Errorf("%w: %s: %w", ErrTicket, why, reason)
}
