package edgeward

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AuthLeeway bounds how far the clock of an issuer may be from ours where the time of
// an authentication is compared: it is never counted against the user.
const AuthLeeway = 30 * time.Second

// A StepUp is how a user has to have authenticated, beyond who it is. The zero StepUp
// asks nothing. It is immutable once in use, and then safe for concurrent use.
type StepUp struct {
	// ACR lists authentication context classes (OpenID Connect Core §2) of which one has
	// to have been satisfied, in order of preference, each a scope-token of RFC 6749
	// §3.3, so that they fit into a list with spaces; empty: any.
	ACR []string
	// MaxAge bounds how long ago the user authenticated, in whole seconds; 0: no bound.
	MaxAge time.Duration
}

// IsZero reports whether s asks nothing.
func (s *StepUp) IsZero() bool { return len(s.ACR) == 0 && s.MaxAge == 0 }

// Met reports whether the authentication that id came of is what s asks for. What the
// issuer does not say is not met, and neither is anything by an API key: it is no
// authentication of a user. A time that is further ahead than [AuthLeeway] is none.
//
// It allocates nothing. id is sealed.
func (s *StepUp) Met(id *Identity, now time.Time) bool {
	if s.IsZero() {
		return true
	}
	return id.APIKey == "" && s.MetBy(id.Profile.ACR, id.Profile.AuthTime, now)
}

// MetBy is Met of what an issuer says: the class, "" for none, and the time, zero for
// none.
func (s *StepUp) MetBy(acr string, at, now time.Time) bool {
	if len(s.ACR) > 0 && !slices.Contains(s.ACR, acr) {
		return false
	}
	if s.MaxAge == 0 {
		return true
	}
	age := now.Sub(at)
	return !at.IsZero() && -AuthLeeway <= age && age <= s.MaxAge+AuthLeeway
}

// And returns what asks for both. Where both list classes and share none, nothing meets
// both at once, and what is asked for is s's.
func (s StepUp) And(o StepUp) StepUp {
	switch {
	case len(s.ACR) == 0:
		s.ACR = o.ACR
	case len(o.ACR) > 0:
		both := slices.DeleteFunc(slices.Clone(s.ACR), func(acr string) bool { return !slices.Contains(o.ACR, acr) })
		if len(both) > 0 {
			s.ACR = both
		}
	}
	if s.MaxAge == 0 || o.MaxAge > 0 && o.MaxAge < s.MaxAge {
		s.MaxAge = o.MaxAge
	}
	return s
}

// ACRValues returns the list of classes as acr_values has it, "" for any.
func (s *StepUp) ACRValues() string { return strings.Join(s.ACR, " ") }

// Seconds returns the bound as max_age has it, "" for none.
func (s *StepUp) Seconds() string {
	if s.MaxAge == 0 {
		return ""
	}
	return strconv.FormatInt(int64(s.MaxAge/time.Second), 10)
}

// A StepUpError refuses an identity that is proven, and whose authentication is not
// what the route asks for. It wraps [StepUpRequired].
type StepUpError struct{ StepUp }

func (e *StepUpError) Error() string {
	var asked []string
	if len(e.ACR) > 0 {
		asked = append(asked, "acr "+strings.Join(e.ACR, " or "))
	}
	if e.MaxAge > 0 {
		asked = append(asked, fmt.Sprintf("an authentication of the last %v", e.MaxAge))
	}
	return strings.Join(asked, " and ") + " is required: " + StepUpRequired.Error()
}

func (e *StepUpError) Unwrap() error { return StepUpRequired }

// challenge returns the WWW-Authenticate value of RFC 9470 §3. A scope-token needs no
// escape in a quoted-string; what is none is left out, so that it cannot end one.
func (e *StepUpError) challenge() string {
	c := StepUpRequired.Challenge() + `, error_description="Another authentication is required"`
	classes := slices.DeleteFunc(slices.Clone(e.ACR), func(acr string) bool { return !IsScopeToken(acr) })
	if len(classes) > 0 {
		c += `, acr_values="` + strings.Join(classes, " ") + `"`
	}
	if e.MaxAge > 0 {
		c += `, max_age="` + e.Seconds() + `"`
	}
	return c
}
