package revocation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/store"
)

// refusals are made once: a flood of revoked credentials allocates nothing.
var refusals = [edgeward.HandleKinds]error{
	edgeward.TokenHandle:      fmt.Errorf("revocation: the token: %w", edgeward.CredentialRevoked),
	edgeward.SessionHandle:    fmt.Errorf("revocation: the session or refresh family: %w", edgeward.CredentialRevoked),
	edgeward.SubjectHandle:    fmt.Errorf("revocation: what the subject was issued until then: %w", edgeward.CredentialRevoked),
	edgeward.LogoutHandle:     fmt.Errorf("revocation: the subject was logged out since: %w", edgeward.CredentialRevoked),
	edgeward.IssuerHandle:     fmt.Errorf("revocation: what the issuer issued until then: %w", edgeward.CredentialRevoked),
	edgeward.SigningKeyHandle: fmt.Errorf("revocation: the key that signed it: %w", edgeward.CredentialRevoked),
	edgeward.APIKeyHandle:     fmt.Errorf("revocation: the API key: %w", edgeward.CredentialRevoked),
}

var (
	errUnsynced error = &edgeward.UnavailableError{
		What: "revocations", RetryAfter: time.Second, Err: errors.New("this node has not read yet what is revoked"),
	}
	errUnsealed = errors.New("revocation: the identity was not made by edgeward.NewIdentity")
)

// Check returns nil when nothing that this node knows of revokes id, an error
// that wraps [edgeward.CredentialRevoked] when something does, and an
// [edgeward.UnavailableError] as long as the node was never told what is
// revoked. It waits for nothing and allocates nothing.
//
// It does not look at the clock: an entry holds until it is swept.
func (l *Log) Check(id *edgeward.Identity) error {
	if err := l.known(id); err != nil {
		return err
	}
	if !l.synced.Load() {
		return errUnsynced
	}
	return nil
}

// RevokesKeysOf returns what reports of a kid of issuer whether this node knows
// that its key is revoked. It waits for nothing, and is safe for concurrent use.
func (l *Log) RevokesKeysOf(issuer string) func(kid string) bool {
	return func(kid string) bool {
		_, found := l.set.find(edgeward.SigningKeyHandle.Of(issuer, kid))
		return found
	}
}

// known looks into memory.
func (l *Log) known(id *edgeward.Identity) error {
	if !id.Sealed() {
		return errUnsealed
	}
	for kind, h := range id.Handles() {
		if cutoff, found := l.set.find(h); found && issuedBy(id, cutoff) {
			return refusals[kind]
		}
	}
	if cutoff, found := l.set.find(id.Handles().Of(edgeward.LogoutHandle)); found && issuedBy(id, cutoff) && !l.exempts(edgeward.LogoutHandle, id) {
		return refusals[edgeward.LogoutHandle]
	}
	return nil
}

// issuedBy reports whether id was issued by cutoff, or does not say when: the
// zero time is before them all.
func issuedBy(id *edgeward.Identity, cutoff int64) bool { return id.IssuedAt.UnixMilli() <= cutoff }

// exempts reports whether an entry of that kind leaves id alone, which it names.
func (l *Log) exempts(kind edgeward.HandleKind, id *edgeward.Identity) bool {
	return kind == edgeward.LogoutHandle && l.spared != nil && l.spared(id)
}

// cutoff returns the entry's NotBefore as a set keeps it.
func (e *Entry) cutoff() int64 {
	if !scopes[e.Scope].timed {
		return forever
	}
	return e.NotBefore.UnixMilli()
}

// Ask asks the store for each entry that could revoke id, which takes up to
// eight reads, and one more for a change of the account that it was read from, and so is as fresh as the store whatever became of the watch.
// Its answers are those of [Log.Check]; it could not tell when the store does
// not answer or a row cannot be read. What it learns, the node knows from then
// on.
func (l *Log) Ask(ctx context.Context, id *edgeward.Identity) error {
	if err := l.known(id); err != nil {
		return err
	}
	for _, key := range keysOf(id) {
		row, err := l.store.Get(ctx, key)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return &edgeward.UnavailableError{What: "revocations", RetryAfter: time.Second, Err: err}
		}
		e, err := parse(key, row.Value)
		if err != nil {
			return &edgeward.UnavailableError{What: "revocations", RetryAfter: time.Second, Err: err}
		}
		l.apply(e)
		if e.Scope == change {
			if l.Superseded(id) {
				return errSuperseded
			}
			continue
		}
		if kind := scopes[e.Scope].kind; e.matches(id) && !l.exempts(kind, id) {
			return refusals[kind]
		}
	}
	return nil
}

// keysOf returns the keys of all entries that could revoke id.
func keysOf(id *edgeward.Identity) []string {
	var room [9]string
	keys := room[:0]
	for _, named := range [...]struct {
		scope         Scope
		issuer, value string
	}{
		{Token, id.Issuer, id.TokenID},
		{Session, "", id.Session},
		{Family, "", id.Session},
		{Subject, id.Issuer, id.Subject},
		{Logout, id.Issuer, id.Subject},
		{Issuer, "", id.Issuer},
		{Key, id.Issuer, id.SigningKey},
		{APIKey, "", id.APIKey},
	} {
		if named.value != "" {
			keys = append(keys, keyOf(named.scope, named.issuer, named.value))
		}
	}
	if id.AsOf != 0 {
		keys = append(keys, keyOf(change, id.Issuer, id.Subject))
	}
	return keys
}
