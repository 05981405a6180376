package authority

import (
	"context"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
)

// CreateSession makes a session, after somebody else has checked who it is for,
// and returns its cookie value. A grant without an issuer has
// [Authority.Issuer]. When it returns an error nobody has a session. Errors
// wrap ErrGrant or ErrUnsupported, or mean: could not tell.
func (a *Authority) CreateSession(ctx context.Context, by By, g session.Grant) (edgeward.Secret, session.Session, error) {
	if a.Sessions == nil {
		return edgeward.Secret{}, session.Session{}, unsupported("sessions")
	}
	if g.Issuer == "" {
		g.Issuer = a.Issuer()
	}
	cookie, s, err := a.Sessions.Create(ctx, g)
	if err != nil {
		return edgeward.Secret{}, session.Session{}, translate(err)
	}
	a.record(ctx, by, Record{Action: "session.create", Object: "session/" + s.ID})
	return cookie, s, nil
}

// RenewSession gives a session another id, at step-up: see
// [session.Manager.Renew].
func (a *Authority) RenewSession(ctx context.Context, by By, old edgeward.Secret, g session.Grant) (edgeward.Secret, session.Session, error) {
	if a.Sessions == nil {
		return edgeward.Secret{}, session.Session{}, unsupported("sessions")
	}
	if g.Issuer == "" {
		g.Issuer = a.Issuer()
	}
	cookie, s, err := a.Sessions.Renew(ctx, old, g)
	if err != nil {
		return edgeward.Secret{}, session.Session{}, translate(err)
	}
	a.record(ctx, by, Record{Action: "session.renew", Object: "session/" + s.ID})
	return cookie, s, nil
}

// EndSession ends a session on every node. That it has ended before is fine.
// The error wraps ErrUnknown when id is none, or means that it may live on.
func (a *Authority) EndSession(ctx context.Context, by By, id, reason string) error {
	if a.Sessions == nil {
		return unsupported("sessions")
	}
	if err := a.Sessions.End(ctx, id); err != nil {
		return translate(err)
	}
	if _, err := a.Revocations.Revoke(ctx, revocation.Entry{Scope: revocation.Session, Value: id, Reason: reason}); err != nil {
		return translate(err)
	}
	a.record(ctx, by, Record{Action: "session.end", Object: "session/" + id, Reason: reason})
	return nil
}

// Session returns a session that is alive: see [session.Manager.Find].
func (a *Authority) Session(ctx context.Context, id string) (session.Session, error) {
	if a.Sessions == nil {
		return session.Session{}, unsupported("sessions")
	}
	s, err := a.Sessions.Find(ctx, id)
	return s, translate(err)
}

// ListSessions lists sessions, those of one subject unless that is "": see
// [session.Manager.List]. An issuer that is "" is [Authority.Issuer].
func (a *Authority) ListSessions(ctx context.Context, issuer, subject, after string, limit int) (page []session.Session, next string, err error) {
	switch {
	case a.Sessions == nil:
		return nil, "", unsupported("sessions")
	case subject == "":
		page, next, err = a.Sessions.List(ctx, after, limit)
	default:
		if issuer == "" {
			issuer = a.Issuer()
		}
		page, next, err = a.Sessions.ListBySubject(ctx, issuer, subject, after, limit)
	}
	return page, next, translate(err)
}
