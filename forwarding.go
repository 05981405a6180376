package edgeward

import "time"

// A Forwarding is how an allowed request travels to its upstream. The zero value
// changes nothing and bounds nothing beyond what the door does. It is immutable
// and shared by requests.
type Forwarding struct {
	// StripPrefix is removed from a path that is it or lies below it: with "/app",
	// "/app/x" becomes "/x" and "/apple" stays. "" and "/" remove nothing. AddPrefix
	// is put before what is left. Both are canonical paths without a last slash.
	StripPrefix, AddPrefix string
	// IgnoreCase compares StripPrefix without regard to the case of ASCII letters, as
	// the route does that covers the path.
	IgnoreCase bool
	// Timeout is how long the upstream may take to begin its answer once it has the
	// whole request; 0 leaves that to the upstream's own.
	Timeout time.Duration
	// MaxBody bounds the body in bytes; 0 sets no bound.
	MaxBody int64
}
