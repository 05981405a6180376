package console

import (
	"context"
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

// An operator is who asks.
type operator struct {
	id    *edgeward.Identity
	name  string          // for display
	actor string          // for the audit log
	value edgeward.Secret // the cookie
	key   edgeward.Secret // the API key, zero for a person
}

// cookieName returns the name of the cookie for whoever asks r, "" when there
// may be none: over plain HTTP it would be for anybody on the way, so that both
// ends have to be on this machine.
func (x *exchange) cookieName(name string, r *edgeward.Request) string {
	switch {
	case r.Scheme == "https":
		return name
	case door.OnThisMachine(x.Trusted, x.in, r):
		return cookie.StandIn(name)
	}
	return ""
}

// admit finds out who asks. What the sign-in stands for is asked anew every
// time. Whoever is refused is signed out; whoever nobody can tell about is not.
func (x *exchange) admit(ctx context.Context, r *edgeward.Request) error {
	name := x.cookieName(cookie.Console, r)
	c, err := credential.Cookie(name)(r)
	if isRepeated(err) {
		x.signOutAll(r, name)
	}
	if err != nil {
		return err
	}
	in, err := x.SignIns.find(c.Value, x.Now(), !Polled(x.page.path))
	if err != nil {
		return err
	}
	id, err := x.prove(ctx, r, in)
	if err != nil {
		if edgeward.ReasonOf(err) != edgeward.Unavailable {
			x.SignIns.remove(c.Value)
		}
		return err
	}
	x.operator = &operator{id: id, name: in.name, actor: actor(id), value: c.Value, key: in.key}
	return nil
}

// prove asks whether a sign-in still holds: whether its key exists, has not
// expired, was neither rotated away nor revoked, and may be used from where the
// client is now; or whether its person's provider is still one, and did not take
// the sign-in back.
func (x *exchange) prove(ctx context.Context, r *edgeward.Request, in signedIn) (*edgeward.Identity, error) {
	if in.person != nil {
		if !x.vouches(in.person.Issuer) {
			return nil, errSignedOut
		}
		return in.person, x.Authority.Revocations.Check(in.person)
	}
	return x.proveKey(ctx, r, in.key)
}

// proveKey asks whom an API key proves, as if it had come with r in the place
// where API keys do. A wrong one counts as a guess.
func (x *exchange) proveKey(ctx context.Context, r *edgeward.Request, key edgeward.Secret) (*edgeward.Identity, error) {
	shown := *r
	shown.RawQuery = ""
	shown.Header = edgeward.Header{"X-Api-Key": {key.Reveal()}}
	id, err := x.Authority.AuthenticateOperator(ctx, &shown)
	if err != nil {
		return nil, err
	}
	if err := issuance.RequireScope(id); err != nil {
		return nil, fmt.Errorf("console: the key is no administrator's: %w", err)
	}
	return id, nil
}

// actor is how the audit log names who did something.
func actor(id *edgeward.Identity) string {
	if id.APIKey != "" {
		return "api_key:" + id.APIKey
	}
	return "operator:" + id.Issuer + " " + id.Subject
}
