package edgeward

import (
	"errors"
	"strconv"
	"strings"
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

// SetStatusFields sets in h what the status of a refusal demands: on a 401, and a
// 403 by [InsufficientScope], the challenge (RFC 9110 §15.5.2), which then names
// the permissions that were required (RFC 6750 §3), or how the user has to
// authenticate (a [StepUpError]; RFC 9470 §3); on a 429 and a 503 when to ask
// again. The status is mostly that of [ReasonOf] err.
func SetStatusFields(h Header, status int, err error, required ...string) {
	switch reason := ReasonOf(err); {
	case status == 401 && reason == StepUpRequired:
		asked, _ := errors.AsType[*StepUpError](err)
		if asked == nil {
			asked = &StepUpError{}
		}
		h.Set("Www-Authenticate", asked.challenge())
	case status == 401:
		h.Set("Www-Authenticate", reason.Challenge())
	case status == 403 && reason == InsufficientScope && len(required) > 0:
		h.Set("Www-Authenticate", reason.Challenge()+`, scope="`+strings.Join(required, " ")+`"`)
	case status == 429 || status == 503:
		h.Set("Retry-After", RetryAfter(err))
	}
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
