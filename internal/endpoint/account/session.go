package account

import (
	"context"
	"encoding/json"

	"github.com/edgeward/edgeward"
)

// A sessionDocument is what scripts learn of who is signed in.
type sessionDocument struct {
	Issuer      string   `json:"issuer"`
	Subject     string   `json:"subject"`
	Permissions []string `json:"permissions"`
	SignedIn    string   `json:"signed_in"` // RFC 3339
	Expires     string   `json:"expires"`   // at the latest
}

// session is GET /auth/session. It renews nothing: an access token that has
// expired is renewed when it is used.
func (h *Handler) session(ctx context.Context, x *exchange, r *edgeward.Request) error {
	if _, err := x.visitor(ctx, r); err != nil {
		return err
	}
	id := x.identity
	if id == nil {
		return errNobody
	}
	document := sessionDocument{
		Issuer: id.Issuer, Subject: id.Subject, Permissions: append([]string{}, id.Permissions...),
		SignedIn: stamp(id.IssuedAt), Expires: stamp(id.Expires),
	}
	body, err := json.Marshal(document)
	x.ok = reply{body: append(body, '\n'), mediaType: "application/json"}
	return err
}
