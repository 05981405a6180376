package issuance

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/revocation"
)

var (
	// ErrNobody says that nothing of a subject is known here. It is an
	// ErrUnknown. Nothing was revoked.
	ErrNobody = fmt.Errorf("%w: no session, refresh family, API key or console sign-in of that subject is known", ErrUnknown)
	// ErrIssuer says that nothing of an issuer is accepted here. It is an
	// ErrUnknown. Nothing was revoked.
	ErrIssuer = fmt.Errorf("%w: no such issuer is accepted here", ErrUnknown)
)

// A Target says of whom everything is revoked that was issued until now.
type Target struct {
	Issuer  string // "" means every issuer that is accepted here
	Subject string
	Scope   revocation.Scope // [revocation.Subject], or [revocation.Logout], which spares operators
	Reason  string           // for people
	Force   bool             // also when neither the subject nor the issuer is known here
}

// Revoked is what [Authority.RevokeSubject] did.
type Revoked struct {
	Entries []revocation.Entry // one for each issuer and name of the user
	Ended
}

// Ended counts what was alive and has ended.
type Ended struct{ Sessions, Families, APIKeys, Consoles int }

// named is how one issuer names a user.
type named struct{ issuer, subject string }

// RevokeSubject ends whatever a subject was issued until now, whoever vouched:
// sessions and tokens of every accepted issuer, the refresh families and access
// tokens that came of signing in at a provider, and API keys. With an issuer it
// is that issuer's subject alone, with the tokens of ours that came of signing
// in there. One entry for each account is written, whatever the number of
// credentials.
//
// nil means that all of it is known to hold on this node. The error wraps
// [ErrNobody] when no issuer was named and nothing of the subject is known, and
// [ErrIssuer] for an issuer of whom nothing is accepted and nothing known: then
// nothing was revoked. A subject of a named issuer need not be known: bearer
// tokens leave nothing behind. Any other error means that something may live on.
func (a *Authority) RevokeSubject(ctx context.Context, by By, t Target) (Revoked, error) {
	ctx, done := Detached(ctx)
	defer done()
	s := search{a: a, Target: t, accounts: a.accountsOf(t)}
	for _, who := range s.accounts {
		if err := a.Revocations.Validate(t.entry(who)); err != nil {
			return Revoked{}, translate(err)
		}
	}
	doubt := s.run(ctx)
	if doubt == nil && !t.Force && !s.known {
		if err := a.mustVouch(t.Issuer); err != nil {
			return Revoked{}, err
		}
	}
	r := Revoked{Ended: s.Ended}
	for _, who := range s.accounts {
		e, err := a.Revoke(ctx, by, t.entry(who))
		if err != nil {
			return Revoked{}, err
		}
		r.Entries = append(r.Entries, e)
	}
	if doubt != nil { // what is known of is revoked; there may be accounts that were not found
		return Revoked{}, fmt.Errorf("issuance: what else the subject holds is not known: %v", doubt)
	}
	return r, nil
}

func (t *Target) entry(who named) revocation.Entry {
	return revocation.Entry{Scope: t.Scope, Issuer: who.issuer, Value: who.subject, Reason: t.Reason}
}

// mustVouch refuses a target of whom nothing was found.
func (a *Authority) mustVouch(issuer string) error {
	switch {
	case issuer == "":
		return ErrNobody
	case !slices.Contains(a.vouchers(), issuer):
		return ErrIssuer
	}
	return nil
}

// vouchers returns the issuers whose subjects can be known here, each once.
func (a *Authority) vouchers() []string {
	all := make([]string, 0, len(a.Accepts)+3)
	if own := a.Issuer(); own != "" {
		all = append(all, own)
	}
	if a.APIKeys != nil {
		all = append(all, a.APIKeys.Issuer())
	}
	for i := range a.Accepts {
		all = append(all, a.Accepts[i].Issuer)
	}
	for _, p := range a.providers() {
		all = append(all, p.Issuer)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (a *Authority) providers() []login.Choice {
	if a.SignIns == nil {
		return nil
	}
	return a.SignIns.Providers()
}

// accountsOf returns the accounts of t by which something can be known here: see
// [Account] for those of our own that name a provider.
func (a *Authority) accountsOf(t Target) []named {
	var all []named
	if t.Issuer != "" {
		all = append(all, named{t.Issuer, t.Subject})
	} else {
		for _, issuer := range a.vouchers() {
			all = append(all, named{issuer, t.Subject})
		}
	}
	for _, p := range a.providers() {
		if t.Issuer == "" || t.Issuer == p.Issuer {
			all = append(all, named{a.Issuer(), Account(p.Name, t.Subject)})
		}
		if subject, ok := strings.CutPrefix(t.Subject, Account(p.Name, "")); ok && t.Issuer == "" {
			all = append(all, named{p.Issuer, subject})
		}
	}
	return slices.DeleteFunc(all, func(who named) bool { return who.issuer == "" || who.subject == "" })
}
