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
	// Request changes the fields of the forwarded request, before those of
	// [Decision.Upstream] are set; Response those of what the upstream answers, before
	// [Decision.Response] is set. Of Response only Set holds for an answer of Edgeward's
	// own, and only where that has no such field.
	Request, Response FieldEdit
}

// A FieldEdit removes and then sets fields, whose names are canonical.
type FieldEdit struct {
	Remove []string
	Set    Header
}

// FieldNames are the names of fields by which a configuration speaks to applications.
// They are immutable and safe for concurrent use.
type FieldNames interface {
	// Covers reports whether name can be read as one of Own, by the most careless
	// server: in another case, or with another sign in place of "-".
	Covers(name string) bool
	// Own are the canonical names of fields that only Edgeward sets.
	Own() []string
	// Touched are those of others, which some route sets or removes and clients may
	// send on the rest.
	Touched() []string
}
