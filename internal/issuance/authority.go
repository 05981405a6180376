// Package issuance issues credentials and takes them back: token pairs,
// sessions, API keys. The mechanisms each do one thing; what has to happen
// together happens here, once, for whoever issues and takes back.
//
// Taking back is always two steps: a revocation, which tells every node within
// its lag and ends what was derived from the credential, and the row, which ends
// the credential for good. The revocation comes first, because it can be refused:
// then nothing has happened. [Authority.RevokeFamily], whose reason the family
// keeps, checks it itself. Success is reported when both are known to hold.
// Whoever gets an error asks again: both steps can be repeated.
//
// What was done is told to the audit log, after it is known to have happened.
package issuance

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/keep/account"
	"github.com/edgeward/edgeward/internal/keep/clock"
	"github.com/edgeward/edgeward/internal/keep/grant"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/ratelimit"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
)

// What stands in the way of an operation. Every other error that wraps no
// [edgeward.Reason] means: could not tell, and after a change: it may have
// happened.
var (
	ErrGrant       = errors.New("issuance: the grant is not valid")        // the caller's mistake
	ErrUnknown     = errors.New("issuance: there is no such credential")   // it never was, or has ended
	ErrState       = errors.New("issuance: its state does not allow that") // revoked for good, or rotating already
	ErrUnsupported = errors.New("issuance: not configured here")
	// ErrNoIssuer says that nobody vouches for a subject: neither the caller nor
	// the configuration says who. It is an ErrGrant.
	ErrNoIssuer = fmt.Errorf("%w: it names no issuer, and tokens.issuer is not configured", ErrGrant)
)

// Limits slows down clients that guess, and lists those that have to wait: a
// [ratelimit.Limiter]. It is safe for concurrent use.
type Limits interface {
	// Check and Record are those of engine.Limits.
	Check(client netip.Addr) error
	Record(client netip.Addr, err error) error
	// Bans lists at most limit of them after a cursor, "" for the first. The page
	// belongs to the caller; err says that the cursor is none.
	Bans(after string, limit int) (page []Ban, next string, err error)
	// Clear ends a ban. waited is false where there was none; err means that other
	// nodes may not hear of it.
	Clear(ctx context.Context, source netip.Prefix) (waited bool, err error)
}

// A Ban is a network that guessed too often.
type Ban = ratelimit.Ban

// Config is what an Authority is made of. What is nil is not configured, and
// asking for it is ErrUnsupported; Revocations has to be there.
type Config struct {
	Issuer      string     // who vouches for what is issued here; "" means the Minter's
	Accepts     []Accepted // whose bearer tokens are accepted, our own included
	Minter      *keyring.Minter
	Families    *refresh.Families
	Tokens      edgeward.Verifier // of our own access tokens, and of nobody else's
	Sessions    *session.Manager
	APIKeys     *apikey.Keys
	Revocations *revocation.Log
	// Accounts keeps what providers say of users; nil keeps nothing. Standing reads that
	// for what a sign-in gave, which object names: known is false where there is no
	// account any more, and an error means: could not tell.
	Accounts *account.Accounts
	Standing func(ctx context.Context, issuer, subject, object string) (s edgeward.Standing, known bool, err error)
	Grants   *grant.Grants // keeps what providers gave at sign-ins; nil keeps nothing
	SignIns  *login.Login  // whose records follow a session to another id; nil: no user signs in
	// Listed reports whether hosts lists a host, with or without a port. At others
	// no handle proves anyone; nil lists none.
	Listed      func(host string) bool
	AdminSecret edgeward.Secret  // lets an operator do everything, before there are API keys; zero lets in no client
	Limits      Limits           // nil: anybody may guess
	Audit       Audit            // nil keeps nothing
	Unaudited   func(error)      // is told when a record could not be written; nil ignores it
	Refreshed   func(string)     // is told the class of every refresh ([refresh.Class.String]); nil ignores it
	Now         func() time.Time // nil means time.Now
}

// An Authority is safe for concurrent use; a new configuration
// is a new Authority over the same mechanisms.
type Authority struct {
	Config
	clock   *clock.Clock
	denials *refusals
}

// New checks cfg and returns its Authority.
func New(cfg Config) (*Authority, error) {
	switch {
	case cfg.Revocations == nil:
		return nil, errors.New("issuance: nothing can be revoked without revocations")
	case cfg.Families != nil && (cfg.Minter == nil || cfg.Minter.Ring == nil):
		return nil, errors.New("issuance: token pairs need a minter of access tokens")
	}
	return &Authority{Config: cfg, clock: clock.New(cfg.Now), denials: &refusals{}}, nil
}

// Issuer returns who vouches for the subjects of token pairs and sessions
// unless a grant says else: iss of our access tokens.
func (a *Authority) Issuer() string {
	if a.Config.Issuer != "" || a.Minter == nil {
		return a.Config.Issuer
	}
	return a.Minter.Issuer
}

// By says on whose behalf something is done, for the audit log.
type By struct {
	Actor     string // "api_key:<id>", "cli", or "client" for who holds the credential itself
	RequestID string
	Client    netip.Addr // where the request came from; invalid when unknown
	UserAgent string     // of a browser
}

// unsupported is ErrUnsupported, saying what there is none of.
func unsupported(what string) error { return fmt.Errorf("%w: %s", ErrUnsupported, what) }

// translate puts the errors of the mechanisms into ours, and keeps them.
func translate(err error) error {
	for _, row := range [...]struct{ theirs, ours error }{
		{keyring.ErrGrant, ErrGrant}, {refresh.ErrGrant, ErrGrant}, {session.ErrGrant, ErrGrant}, {apikey.ErrGrant, ErrGrant},
		{revocation.ErrEntry, ErrGrant}, {account.ErrGrant, ErrGrant},
		{session.ErrUnknown, ErrUnknown}, {apikey.ErrUnknown, ErrUnknown},
		{revocation.ErrPlace, ErrUnknown}, {ratelimit.ErrPlace, ErrUnknown},
		{apikey.ErrRevoked, ErrState}, {apikey.ErrRotating, ErrState}, {apikey.ErrFull, ErrState}, {apikey.ErrReplaced, errPower},
		{store.ErrNoList, ErrUnsupported}, {errors.ErrUnsupported, ErrUnsupported},
	} {
		if errors.Is(err, row.theirs) {
			return fmt.Errorf("%w: %w", row.ours, err)
		}
	}
	return err
}

// CheckLimit refuses, wrapping [edgeward.TooManyFailures], a client that guessed too
// often, before its credential is looked at.
func (a *Authority) CheckLimit(client netip.Addr) error {
	if a.Limits == nil {
		return nil
	}
	return a.Limits.Check(client)
}

// RecordAttempt takes note of what became of a credential, and returns what to answer:
// err, or that the client guessed too often meanwhile.
func (a *Authority) RecordAttempt(client netip.Addr, err error) error {
	if a.Limits == nil {
		return err
	}
	return a.Limits.Record(client, err)
}

// Ignore is RecordAttempt where a wrong credential is nothing to refuse.
func (a *Authority) Ignore(client netip.Addr, err error) error {
	if err = a.RecordAttempt(client, err); errors.Is(err, edgeward.TooManyFailures) {
		return err
	}
	return nil
}
