package issuance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
)

// An Outcome is what a person gets for signing in. The zero Outcome gives
// nothing and is refused.
type Outcome string

// The outcomes.
const (
	GivesSession Outcome = "session"
	GivesTokens  Outcome = "tokens" // a pair of tokens of ours
	GivesBoth    Outcome = "both"
)

// Session and Tokens report what is part of the outcome.
func (o Outcome) Session() bool { return o == GivesSession || o == GivesBoth }
func (o Outcome) Tokens() bool  { return o == GivesTokens || o == GivesBoth }

// A SignedIn is what a sign-in gave.
type SignedIn struct {
	Cookie  edgeward.Secret // of Session
	Session session.Session // zero unless the outcome has one
	Pair    Pair            // zero unless the outcome has one
}

// Objects names what was given as the audit log does, "session/<id>" before
// "family/<id>": for [Authority.EndObject].
func (s *SignedIn) Objects() (all []string) {
	if s.Session.ID != "" {
		all = append(all, SessionObject+s.Session.ID)
	}
	if s.Pair.Family != "" {
		all = append(all, FamilyObject+s.Pair.Family)
	}
	return all
}

// What the names of sessions and refresh families begin with, in the audit log.
const (
	SessionObject = "session/"
	FamilyObject  = "family/"
)

// Account is how our own tokens name a person: they say that we vouch for the
// subject, and two providers can have the same one.
func Account(provider, subject string) string { return provider + "|" + subject }

// PersonOf says who id is at one of the providers: our own tokens name the
// provider in their subject. At none of them it is the identity's own issuer and
// subject, and the zero Choice.
func (a *Authority) PersonOf(id *edgeward.Identity, providers []login.Choice) (at login.Choice, issuer, subject string) {
	name, rest, ours := strings.Cut(id.Subject, "|")
	ours = ours && rest != "" && id.Issuer == a.Issuer() // a back end's token may end there; "" is no person
	for _, p := range providers {
		switch {
		case p.Issuer == id.Issuer:
			return p, id.Issuer, id.Subject
		case ours && p.Name == name:
			return p, p.Issuer, rest
		}
	}
	return login.Choice{}, id.Issuer, id.Subject
}

// SignIn gives a person who has signed in at a provider what the outcome says.
// A session has the provider's issuer and subject, a token pair ours and the
// person's [Account]. When it returns an error nobody has anything, as far as
// the store answers. Errors wrap ErrGrant for a person whom no identity can
// name, or ErrUnsupported, or mean: could not tell.
func (a *Authority) SignIn(ctx context.Context, by By, who *login.SignIn, o Outcome, m edgeward.Client) (SignedIn, error) {
	var given SignedIn
	err := a.signedInAs(ctx, who)
	if err != nil {
		return SignedIn{}, err
	}
	switch o {
	case GivesSession, GivesBoth:
		given.Cookie, given.Session, err = a.CreateSession(ctx, by, session.Grant{
			Issuer: who.Issuer, Subject: who.Subject, Permissions: who.Permissions, Client: m,
			Account: a.Accounts != nil, ACR: who.Profile.ACR, AuthTime: who.Profile.AuthTime,
		})
	case GivesTokens:
	default:
		err = unsupported("an outcome of signing in")
	}
	if err != nil {
		return SignedIn{}, err
	}
	if o != GivesSession {
		g := Grant{Subject: Account(who.Provider, who.Subject), Permissions: who.Permissions, ACR: who.Profile.ACR, AuthTime: who.Profile.AuthTime}
		if a.Accounts != nil {
			g.Account = refresh.Account{Issuer: who.Issuer, Subject: who.Subject}
		}
		given.Pair, err = a.MintPair(ctx, by, g, m)
	}
	if err != nil {
		return SignedIn{}, errors.Join(err, a.Discard(ctx, by, &given))
	}
	a.record(ctx, by, Record{Action: "login", Object: person(who.Issuer, who.Subject), Provider: who.Provider})
	return given, nil
}

// Discard ends what was given to nobody, after something else went wrong. Its
// errors are for the log: nobody knows the cookies.
func (a *Authority) Discard(ctx context.Context, by By, given *SignedIn) error {
	var all error
	for _, object := range given.Objects() {
		all = errors.Join(all, a.EndObject(ctx, by, object, "discarded"))
	}
	return all
}

// EndObject ends a session, a refresh family or an operator's sign-in by its
// name in the audit log.
// That it has ended before is fine. An error means that it may live on, or wraps
// ErrUnknown for a name that is neither's.
func (a *Authority) EndObject(ctx context.Context, by By, object, reason string) error {
	var err error
	if id, ok := strings.CutPrefix(object, SessionObject); ok {
		err = a.EndSession(ctx, by, id, reason)
	} else if id, ok := strings.CutPrefix(object, FamilyObject); ok {
		var over bool
		if over, err = a.loggedOut(ctx, id); !over && err == nil {
			err = a.RevokeFamily(ctx, by, id, reason)
		}
	} else if strings.HasPrefix(object, ConsoleObject) {
		err = a.endOperator(ctx, by, object, reason)
	} else {
		return ErrUnknown
	}
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	return err
}

// SignOutEverywhere ends all that a person got by signing in at a provider, and
// all tokens that came of it, on every node. nil means that this is known to
// hold. Without a provider it is a person of the issuer's alone. API keys with
// power over Edgeward that are called the same are nobody's sign-in: they stay
// (docs/adr/0010).
func (a *Authority) SignOutEverywhere(ctx context.Context, by By, provider, issuer, subject, reason string) error {
	people := []revocation.Entry{{Issuer: issuer, Value: subject}}
	if a.Families != nil && provider != "" {
		people = append(people, revocation.Entry{Issuer: a.Issuer(), Value: Account(provider, subject)})
	}
	for _, e := range people {
		e.Scope, e.Reason = revocation.Logout, reason
		if _, err := a.Revoke(ctx, by, e); err != nil {
			return err
		}
	}
	return a.endConsoles(ctx, by, named{issuer, subject}, reason)
}

// endConsoles ends a user's sign-ins at the console, which a Logout spares.
func (a *Authority) endConsoles(ctx context.Context, by By, who named, reason string) error {
	objects, err := a.consolesOf(ctx, who)
	for _, object := range objects {
		err = errors.Join(err, a.endOperator(ctx, by, object, reason))
	}
	return err
}

// SignedOut tells the audit log that a person has left, or with
// "logout.backchannel" that their provider says so. What ended by it has records
// of its own.
func (a *Authority) SignedOut(ctx context.Context, by By, action, issuer, subject, reason string) {
	a.record(ctx, by, Record{Action: action, Object: person(issuer, subject), Reason: reason})
}

// UserObject names a user of an issuer, as a revocation of theirs is named.
func UserObject(issuer, subject string) string { return person(issuer, subject) }

// person names somebody as a revocation of theirs is named.
func person(issuer, subject string) string {
	return fmt.Sprintf("%s/%s %s", revocation.Subject, issuer, subject)
}
