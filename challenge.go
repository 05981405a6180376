package edgeward

import (
	"errors"
	"strconv"
	"time"
)

// Challenge returns the WWW-Authenticate value of RFC 6750 §3. When nothing was
// sent it names the scheme and nothing else (§3.1).
func (r Reason) Challenge() string {
	if r == CredentialMissing {
		return `Bearer realm="edgeward"`
	}
	return `Bearer realm="edgeward", error="` + r.Problem() + `"`
}

// RetryAfter returns the Retry-After value for err, in whole seconds: when asking
// again makes sense, never "now". It is 5 s where err does not say.
func RetryAfter(err error) string {
	wait := 5 * time.Second
	if down, ok := errors.AsType[*UnavailableError](err); ok {
		wait = max(down.RetryAfter, time.Second)
	} else if blocked, ok := errors.AsType[*BlockedError](err); ok {
		wait = max(blocked.RetryAfter, time.Second)
	}
	return strconv.Itoa(int((wait + time.Second - 1) / time.Second))
}
