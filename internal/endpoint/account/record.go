package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/login"
)

// keep keeps what the end of a sign-in will need, under the name of everything
// that came of it.
func (x *exchange) keep(ctx context.Context, who *login.SignIn, given *issuance.SignedIn) error {
	all := given.Objects()
	until := given.Session.Expires
	if given.Pair.RefreshExpires.After(until) {
		until = given.Pair.RefreshExpires
	}
	if err := x.handler.Authority.KeepGrant(ctx, who, until); err != nil {
		return err
	}
	for i, object := range all {
		with := slices.Delete(slices.Clone(all), i, i+1)
		if err := x.handler.Login.Keep(ctx, object, *who, expiry(given, object), with...); err != nil {
			return err
		}
	}
	return nil
}

func expiry(given *issuance.SignedIn, object string) time.Time {
	if strings.HasPrefix(object, issuance.SessionObject) {
		return given.Session.Expires
	}
	return given.Pair.RefreshExpires
}

// recall returns the record of a sign-in; the zero Record when none was kept:
// the control API made it, or a login that is configured no more.
func (h *handler) recall(ctx context.Context, object string) (login.Record, error) {
	rec, err := h.Login.Recall(ctx, object)
	if errors.Is(err, login.ErrNoRecord) {
		err = nil
	}
	return rec, err
}

// end ends what objects name and what else came of the same sign-ins, and
// forgets their records. It looks until there is nothing that it has not ended: a
// session may get another id meanwhile, by which the rest of the sign-in is
// found. All of it can be repeated: the records go last.
func (h *handler) end(ctx context.Context, who issuance.By, reason string, objects ...string) error {
	all := slices.Clone(objects)
	for i := 0; i < len(all); i++ { // all grows on the way
		if len(all) > maxEnded {
			return errTooMany
		}
		if err := h.Authority.EndObject(ctx, who, all[i], reason); err != nil {
			return err
		}
		more, err := h.cameOf(ctx, all[i])
		if err != nil {
			return err
		}
		for _, object := range more {
			if !slices.Contains(all, object) {
				all = append(all, object)
			}
		}
	}
	for _, object := range all {
		if err := h.forget(ctx, object); err != nil {
			return err
		}
	}
	return nil
}

// forget drops the record of a sign-in, and what the provider gave.
func (h *handler) forget(ctx context.Context, object string) error {
	rec, err := h.recall(ctx, object)
	if err == nil {
		err = h.Authority.ForgetGrant(ctx, &rec)
	}
	if err == nil {
		err = h.Login.Forget(ctx, object)
	}
	return err
}

// maxEnded bounds what one request ends by name.
const maxEnded = 1000

var errTooMany = errors.New("account: too much came of these sign-ins")

// cameOf names what else came of the sign-in of object, and what it became by a
// step-up.
func (h *handler) cameOf(ctx context.Context, object string) ([]string, error) {
	next, err := h.Authority.Successor(ctx, object)
	if err != nil {
		return nil, err
	}
	rec, err := h.recall(ctx, object)
	if err != nil {
		return nil, err
	}
	if next != "" {
		return append(rec.With, next), nil
	}
	return rec.With, nil
}

// leave ends what the browser's cookies prove, and says who that was: none is
// no error.
func (x *exchange) leave(ctx context.Context, r *edgeward.Request, reason string) (browser.Visitor, error) {
	v, err := x.visitor(ctx, r)
	if err != nil {
		return v, err
	}
	return v, x.handler.end(ctx, x.By(), reason, v.Objects()...)
}
