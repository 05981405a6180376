package browser

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/authority"
	"github.com/edgeward/edgeward/login"
)

// keep keeps what the end of a sign-in will need, under the name of everything
// that came of it.
func (x *exchange) keep(ctx context.Context, who *login.SignIn, given *authority.SignedIn) error {
	all := given.Objects()
	for i, object := range all {
		with := slices.Delete(slices.Clone(all), i, i+1)
		if err := x.handler.Login.Keep(ctx, object, *who, expiry(given, object), with...); err != nil {
			return err
		}
	}
	return nil
}

func expiry(given *authority.SignedIn, object string) time.Time {
	if strings.HasPrefix(object, authority.SessionObject) {
		return given.Session.Expires
	}
	return given.Pair.RefreshExpires
}

// recall returns the record of a sign-in; the zero Record when none was kept:
// the control API made it, or a login that is configured no more.
func (h *Handler) recall(ctx context.Context, object string) (login.Record, error) {
	rec, err := h.Login.Recall(ctx, object)
	if errors.Is(err, login.ErrNoRecord) {
		err = nil
	}
	return rec, err
}

// end ends what objects name and what else came of the same sign-ins, and
// forgets their records. All of it can be repeated: the record goes last.
func (h *Handler) end(ctx context.Context, who authority.By, reason string, objects ...string) error {
	for _, object := range objects {
		rec, err := h.recall(ctx, object)
		if err != nil {
			return err
		}
		all := append(rec.With, object)
		for _, o := range all {
			if err := h.Authority.EndObject(ctx, who, o, reason); err != nil {
				return err
			}
		}
		for _, o := range all {
			if err := h.Login.Forget(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// leave ends what the browser's cookies prove, and says who that was: nobody is
// no error.
func (x *exchange) leave(ctx context.Context, r *edgeward.Request, reason string) (authority.Visitor, error) {
	v, err := x.visitor(ctx, r)
	if err != nil {
		return v, err
	}
	return v, x.handler.end(ctx, by(r), reason, v.Objects()...)
}
