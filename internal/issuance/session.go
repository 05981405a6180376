package issuance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
)

// CreateSession makes a session, after somebody else has checked who it is for,
// and returns its cookie value. A grant without an issuer has
// [Authority.Issuer]. When it returns an error nobody has a session. Errors
// wrap ErrGrant or ErrUnsupported, or mean: could not tell.
func (a *Authority) CreateSession(ctx context.Context, by By, g session.Grant) (edgeward.Secret, session.Session, error) {
	if a.Sessions == nil {
		return edgeward.Secret{}, session.Session{}, unsupported("sessions (key sessions of the configuration)")
	}
	if g.Issuer == "" {
		g.Issuer = a.Issuer()
	}
	if g.Issuer == "" {
		return edgeward.Secret{}, session.Session{}, ErrNoIssuer
	}
	cookie, s, err := a.Sessions.Create(ctx, g)
	if err != nil {
		return edgeward.Secret{}, session.Session{}, translate(err)
	}
	a.record(ctx, by, Record{Action: "session.create", Object: "session/" + s.ID})
	return cookie, s, nil
}

// RenewSession gives a session another id, at step-up: see
// [session.Manager.Renew]. One that is revoked is refused, also when that
// happens meanwhile.
func (a *Authority) RenewSession(ctx context.Context, by By, old edgeward.Secret, g session.Grant) (edgeward.Secret, session.Session, error) {
	if a.Sessions == nil {
		return edgeward.Secret{}, session.Session{}, unsupported("sessions (key sessions of the configuration)")
	}
	if g.Issuer == "" {
		g.Issuer = a.Issuer()
	}
	if g.Issuer == "" {
		return edgeward.Secret{}, session.Session{}, ErrNoIssuer
	}
	ctx, done := Detached(ctx)
	defer done()
	was, err := a.Sessions.Verify(ctx, &edgeward.Request{}, edgeward.Credential{Value: old})
	if err == nil {
		err = a.Revocations.Check(was)
	}
	if err != nil {
		return edgeward.Secret{}, session.Session{}, err
	}
	signedIn, err := a.signedIn(ctx, was.Session)
	if err != nil {
		return edgeward.Secret{}, session.Session{}, err
	}
	var next session.Session
	cookie, s, err := a.Sessions.Renew(ctx, old, g, func(s *session.Session) error {
		if next = *s; !signedIn {
			return nil
		}
		return ended(a.SignIns.Copy(ctx, SessionObject+was.Session, SessionObject+s.ID, s.Expires))
	})
	if err != nil {
		return edgeward.Secret{}, session.Session{}, errors.Join(translate(err), a.forget(ctx, signedIn, next.ID))
	}
	if signedIn {
		err = ended(a.SignIns.Drop(ctx, SessionObject+was.Session))
	}
	// Again: whoever ended the session meanwhile ended what it was about to
	// become, and no revocation of the old id finds the new one.
	if err == nil {
		err = a.Revocations.Check(was)
	}
	if err != nil {
		return edgeward.Secret{}, session.Session{}, errors.Join(err, a.Sessions.End(ctx, s.ID), a.forget(ctx, signedIn, s.ID))
	}
	a.record(ctx, by, Record{Action: "session.renew", Object: "session/" + s.ID})
	return cookie, s, nil
}

// signedIn reports whether a session came of a sign-in that left a record.
func (a *Authority) signedIn(ctx context.Context, id string) (bool, error) {
	if a.SignIns == nil {
		return false, nil
	}
	_, err := a.SignIns.Recall(ctx, SessionObject+id)
	if errors.Is(err, login.ErrNoRecord) {
		return false, nil
	}
	return err == nil, err
}

// ended is what the record of a sign-in says when it is gone in the middle of a
// step-up. The record is written for the new session before that can be found,
// and dropped for the old one last: by it the provider says that somebody has
// left there, and is left itself.
func ended(err error) error {
	if errors.Is(err, login.ErrNoRecord) {
		return fmt.Errorf("issuance: the sign-in ended meanwhile: %w", edgeward.CredentialRevoked)
	}
	return err
}

// forget drops the record that was made for a session that nobody has.
func (a *Authority) forget(ctx context.Context, signedIn bool, id string) error {
	if !signedIn || id == "" {
		return nil
	}
	return a.SignIns.Forget(ctx, SessionObject+id)
}

// EndSession ends a session on every node, what it got by a step-up, also by
// one that is under way, and the refresh family of the same sign-in. That it has ended before is fine. The error wraps
// ErrUnknown when there was no such session, as far as this node knows, or means
// that it may live on.
//
// The revocation comes first here: without the row nobody could tell, when the
// caller asks again, that the id is a session's. It might be a refresh
// family's, whose access tokens would die.
func (a *Authority) EndSession(ctx context.Context, by By, id, reason string) error {
	if a.Sessions == nil {
		return unsupported("sessions (key sessions of the configuration)")
	}
	ctx, done := Detached(ctx)
	defer done()
	if err := a.wasSession(ctx, id); err != nil {
		return err
	}
	return a.chase(ctx, id, func(id string) error {
		if _, err := a.Revocations.Revoke(ctx, revocation.Entry{Scope: revocation.Session, Value: id, Reason: reason}); err != nil {
			return translate(err)
		}
		if err := a.Sessions.End(ctx, id); err != nil {
			return translate(err)
		}
		a.record(ctx, by, Record{Action: "session.end", Object: "session/" + id, Reason: reason})
		return a.endFamiliesWith(ctx, by, id, reason)
	})
}

// maxChase bounds the step-ups of one session that an end follows. Each of them
// needs the cookie that the one before gave.
const maxChase = 32

var errChase = errors.New("issuance: the session gets one id after the other, and the last one may live on")

// chase calls end with id and then with what the session was renewed to, until a
// fresh look shows nothing that was not ended: a renewal that was under way has
// happened before that look, or fails.
func (a *Authority) chase(ctx context.Context, id string, end func(id string) error) error {
	for range maxChase {
		if err := end(id); err != nil {
			return err
		}
		next, err := a.Sessions.Successor(ctx, id)
		if err != nil {
			return translate(err)
		}
		if next == "" {
			return nil
		}
		id = next
	}
	return errChase
}

// Successor names what came of a session by a step-up, as the audit log does; ""
// when nothing did, as far as is still known, or for what is no session. Errors
// mean: could not tell.
func (a *Authority) Successor(ctx context.Context, object string) (string, error) {
	id, ok := strings.CutPrefix(object, SessionObject)
	if !ok || a.Sessions == nil {
		return "", nil
	}
	next, err := a.Sessions.Successor(ctx, id)
	if err != nil || next == "" {
		return "", translate(err)
	}
	return SessionObject + next, nil
}

// wasSession returns nil for the id of a session that is alive, or got another
// id, or whose row is damaged, and for an id that is revoked already.
func (a *Authority) wasSession(ctx context.Context, id string) error {
	_, err := a.Sessions.Find(ctx, id)
	if err == nil || errors.Is(err, record.ErrUnreadable) {
		return nil
	}
	if errors.Is(err, session.ErrUnknown) {
		if next, err := a.Sessions.Successor(ctx, id); err != nil || next != "" {
			return translate(err)
		}
	}
	if errors.Is(err, session.ErrUnknown) {
		// Nobody is called like that: only an entry for the id itself is found.
		if revoked, _ := a.revoked(&session.Session{ID: id, Grant: session.Grant{Issuer: id, Subject: id}}); revoked {
			return nil
		}
	}
	return translate(err)
}

// revoked reports whether a session is dead although its row may be there: by
// "log out everywhere", say.
func (a *Authority) revoked(s *session.Session) (bool, error) {
	id, err := edgeward.NewIdentity(edgeward.Identity{
		Issuer: s.Issuer, Subject: s.Subject, Session: s.ID, IssuedAt: s.Created, Expires: s.Expires,
	})
	if err != nil {
		return false, fmt.Errorf("issuance: session %s: %v", s.ID, err) // its Reason speaks of tokens: not wrapped
	}
	err = a.Revocations.Check(id)
	if errors.Is(err, edgeward.CredentialRevoked) {
		return true, nil
	}
	return false, err
}

// Session returns a session that is alive: see [session.Manager.Find].
func (a *Authority) Session(ctx context.Context, id string) (session.Session, error) {
	if a.Sessions == nil {
		return session.Session{}, unsupported("sessions (key sessions of the configuration)")
	}
	s, err := a.Sessions.Find(ctx, id)
	if err != nil {
		return session.Session{}, translate(err)
	}
	revoked, err := a.revoked(&s)
	if revoked {
		err = ErrUnknown
	}
	if err != nil {
		return session.Session{}, err
	}
	return s, nil
}

// ListSessions lists sessions that are alive, those of one subject unless that
// is "": see [session.Manager.List]. An issuer that is "" stands for every one
// that is accepted here. An issuer without a subject is ErrGrant: it would list
// everybody's, to one who asked for somebody's.
func (a *Authority) ListSessions(ctx context.Context, issuer, subject, after string, limit int) (page []session.Session, next string, err error) {
	switch {
	case a.Sessions == nil:
		return nil, "", unsupported("sessions (key sessions of the configuration)")
	case subject == "" && issuer != "":
		return nil, "", fmt.Errorf("%w: sessions of an issuer without a subject", ErrGrant)
	case subject == "":
		page, next, err = a.Sessions.List(ctx, after, limit)
	case issuer == "":
		page, next, err = a.sessionsOf(ctx, subject, after, limit)
	default:
		page, next, err = a.Sessions.ListBySubject(ctx, issuer, subject, after, limit)
	}
	if err != nil {
		return nil, "", translate(err)
	}
	alive := page[:0]
	for i := range page {
		revoked, err := a.revoked(&page[i])
		if err != nil {
			return nil, "", err
		}
		if !revoked {
			alive = append(alive, page[i])
		}
	}
	return alive, next, nil
}

// sessionsOf is a page of a subject's sessions, whoever vouched: of each issuer
// a page, up to where all of them are whole.
func (a *Authority) sessionsOf(ctx context.Context, subject, after string, limit int) (all []session.Session, next string, err error) {
	for _, issuer := range a.vouchers() {
		page, more, err := a.Sessions.ListBySubject(ctx, issuer, subject, after, limit)
		if err != nil {
			return nil, "", err
		}
		all = append(all, page...)
		if more != "" && (next == "" || more < next) {
			next = more
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	all = slices.DeleteFunc(all, func(s session.Session) bool { return next != "" && s.ID > next })
	if len(all) > limit {
		all = all[:limit]
		next = all[limit-1].ID
	}
	return all, next, nil
}
