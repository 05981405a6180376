package login

import (
	"context"

	"github.com/edgeward/edgeward"
)

// Begun is a sign-in that began.
type Begun struct {
	Location string // at the provider: where to send the browser
	Cookie   string // the transaction cookie's new value, at most 3.5 KB
}

// Begin begins a sign-in at the provider of that name, for the browser whose
// transaction cookie is given; it may be zero, and one that is not ours counts
// as none. The person returns to returnTo: see [ReturnTo].
//
// Errors wrap [ErrProvider], [ErrReturnTo], [ErrLoop] or [ErrAnswer], or mean:
// could not tell. Then the cookie stays as it is.
func (l *Login) Begin(ctx context.Context, provider string, cookie edgeward.Secret, returnTo string) (Begun, error) {
	return Begun{}, ErrProvider
}

const challengeMethod = "S256"
