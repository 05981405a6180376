package issuance

import (
	"context"
	"errors"
	"net/netip"

	"github.com/edgeward/edgeward/revocation"
)

// Revoke makes e hold on every node, and ends the row of a session, a refresh
// family or an API key of ours that it names. nil means that both are known to
// hold. The error wraps ErrGrant when e names nothing, or means that the
// credential may live on.
func (a *Authority) Revoke(ctx context.Context, by By, e revocation.Entry) (revocation.Entry, error) {
	ctx, done := Detached(ctx)
	defer done()
	stored, err := a.Revocations.Revoke(ctx, e)
	if err != nil {
		return revocation.Entry{}, translate(err)
	}
	if err := a.endRow(ctx, by, e); err != nil {
		return revocation.Entry{}, err
	}
	object := string(e.Scope) + "/" + e.Value
	if e.Issuer != "" {
		object = string(e.Scope) + "/" + e.Issuer + " " + e.Value
	}
	a.record(ctx, by, Record{Action: "revoke", Object: object, Reason: e.Reason})
	return stored, nil
}

// endRow ends what e names, if it is ours: the sid of another issuer's token is
// not.
func (a *Authority) endRow(ctx context.Context, by By, e revocation.Entry) error {
	var err error
	switch {
	case e.Scope == revocation.Session && a.Sessions != nil:
		err = a.endSessionOf(ctx, by, e)
	case e.Scope == revocation.Family && a.Families != nil:
		err = unknownFamily(a.Families.Revoke(ctx, e.Value, "revoked"))
	case e.Scope == revocation.APIKey && a.APIKeys != nil:
		err = translate(a.APIKeys.Revoke(ctx, e.Value))
	}
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	return err
}

// endSessionOf ends the session that e, which holds already, names, what it got by
// a step-up, and the refresh family of the same sign-in.
func (a *Authority) endSessionOf(ctx context.Context, by By, e revocation.Entry) error {
	first := e.Value
	return a.chase(ctx, first, func(id string) error {
		if id != first {
			e.Value = id
			if _, err := a.Revocations.Revoke(ctx, e); err != nil {
				return translate(err)
			}
		}
		if err := a.Sessions.End(ctx, id); err != nil {
			return translate(err)
		}
		return a.endFamiliesWith(ctx, by, id, e.Reason)
	})
}

// ListRevocations lists entries: see [revocation.Log.List].
func (a *Authority) ListRevocations(ctx context.Context, scope revocation.Scope, after string, limit int) ([]revocation.Entry, string, error) {
	page, next, err := a.Revocations.List(ctx, scope, after, limit)
	return page, next, translate(err)
}

// ListBans lists who has to wait: see [Limits].
func (a *Authority) ListBans(after string, limit int) ([]Ban, string, error) {
	if a.Limits == nil {
		return nil, "", unsupported("limits")
	}
	page, next, err := a.Limits.Bans(after, limit)
	return page, next, translate(err)
}

// ClearBan lets a source try again. The error wraps ErrUnknown when it did not
// have to wait.
func (a *Authority) ClearBan(ctx context.Context, by By, source netip.Prefix) error {
	if a.Limits == nil {
		return unsupported("limits")
	}
	waited, err := a.Limits.Clear(ctx, source)
	if err != nil {
		return err
	}
	if !waited {
		return ErrUnknown
	}
	a.record(ctx, by, Record{Action: "ban.clear", Object: "ban/" + source.String()})
	return nil
}
