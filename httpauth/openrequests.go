package httpauth

import (
	"context"
	"sync"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
)

// OpenRequests are the requests that handlers are still answering, by identity.
// Those that outlive their identity are ended at most two seconds after this
// process knows that it was revoked, or has expired. It is safe for concurrent
// use; nothing ends unless [OpenRequests.Run] runs.
type OpenRequests struct {
	// Alive returns an error that wraps [edgeward.CredentialRevoked] for an
	// identity that was revoked: the Check of a revocation log does. Any other
	// error ends nothing, since what is open was allowed. It is asked from memory,
	// and set before the first request. Nil: only expiry ends a request.
	Alive func(id *edgeward.Identity) error
	// Superseded reports whether the account that an identity was read from has lost
	// something since, which ends the request: the Superseded of a revocation log does. It
	// is asked from memory, and set before the first request. Nil: that ends nothing.
	Superseded func(id *edgeward.Identity) bool

	once sync.Once
	open door.Exchanges
}

// Run ends what outlives its identity until ctx is done, and then returns nil.
func (o *OpenRequests) Run(ctx context.Context) error { return o.exchanges().Run(ctx) }

// OpenStats counts requests.
type OpenStats struct {
	Open                      int    // now
	Revoked, Expired, Changed uint64 // ended so far, by what became of their identity
}

// Stats counts. It walks over what is open.
func (o *OpenRequests) Stats() OpenStats { return OpenStats(o.exchanges().Stats()) }

// exchanges is nil for a nil o.
func (o *OpenRequests) exchanges() *door.Exchanges {
	if o == nil {
		return nil
	}
	o.once.Do(func() { o.open.Alive, o.open.Superseded = o.Alive, o.Superseded })
	return &o.open
}
