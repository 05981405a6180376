package account

import (
	"context"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// session is GET /auth/session: who is signed in, for scripts. It renews nothing: an access token that has
// expired is renewed when it is used.
func (h *handler) session(ctx context.Context, x *exchange, r *edgeward.Request) error {
	if _, err := x.visitor(ctx, r); err != nil {
		return err
	}
	id := x.Identity
	if id == nil {
		return errNobody
	}
	var w strictjson.Writer
	w.String("issuer", id.Issuer)
	w.String("subject", id.Subject)
	w.Strings("permissions", id.Permissions)
	w.String("signed_in", stamp(id.IssuedAt))
	w.String("expires", stamp(id.Expires)) // at the latest
	x.reply = endpoint.JSON(append(w.End(), '\n'))
	return nil
}
