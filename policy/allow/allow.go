// Package allow is the language of rules about who may: a list of alternatives, each
// of which asks for groups, an e-mail address, a network and the like. Any alternative
// suffices, and within one everything has to hold:
//
//	allow:
//	  - {groups: [admins]}
//	  - {email: ["*@example.com"], networks: [192.0.2.0/24]}
//
// A route asks it of an identity that is proven (key allow), and a provider of who
// signs in. What an identity does not have never satisfies anything: no group, no
// address, an authentication of which the issuer does not say when it was.
//
// Values are compared exactly, and e-mail addresses without regard to the case of
// ASCII letters. A "*" at the beginning or at the end of a value of groups, email,
// username, subject and claims stands for any text there.
package allow

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy/value"
)

// Bounds of a rule.
const (
	MaxAlternatives = 64
	MaxValues       = 256 // of one list
	MaxClaims       = 32  // of one alternative

	maxClaimName = 64 // bytes

	// How long ago an authentication may have to be, in whole seconds. A shorter time
	// than the least would be over before the browser is back from the provider.
	LeastAge = 10 * time.Second
	MostAge  = 366 * 24 * time.Hour
)

// An Alternative is what has to hold together: of each list that is stated one value.
type Alternative struct {
	Groups      []string
	Email       []string // none ends with "*": any one may own a domain that begins so
	Username    []string
	Subject     []string // of whichever issuer
	Permissions []string // exact, each a scope-token of RFC 6749 §3.3
	Claims      map[string][]string
	Networks    []string      // CIDR blocks; the client's address is in one of them
	ACR         []string      // the authentication context class, as in [edgeward.StepUp]
	MaxAge      time.Duration // since the user authenticated, likewise; 0 for any time
}

// A Rule is a list of alternatives. Once it is sealed it is immutable and safe for
// concurrent use. What is empty, not sealed or faulty is satisfied by no identity; as
// a key of a route an empty one asks nothing.
type Rule struct {
	written []Alternative
	sealed  []conditions // of each
	steps   []step
	timed   bool // the age of an authentication is asked
}

// Of returns the rule of these alternatives, to be sealed. It keeps no reference to
// what it is given.
func Of(alternatives ...Alternative) Rule {
	r := Rule{written: make([]Alternative, len(alternatives))}
	for i := range alternatives {
		r.written[i] = alternatives[i].canonical()
	}
	return r
}

// Empty reports whether r has no alternatives.
func (r *Rule) Empty() bool { return len(r.written) == 0 }

// Alternatives returns what r was made of, in its canonical form: lists sorted and
// unique, but for that of preference. They are read-only.
func (r *Rule) Alternatives() []Alternative { return r.written }

// Seal checks r and makes it ready to be asked. What is wrong it reports by the number
// of an alternative and its key, "2.email".
func (r *Rule) Seal(report func(member, detail string)) {
	if len(r.written) > MaxAlternatives {
		report("", tooMany("alternatives", MaxAlternatives))
		return
	}
	faulty := false
	sealed := make([]conditions, len(r.written))
	for i := range r.written {
		sealed[i] = r.written[i].seal(func(key, detail string) {
			faulty = true
			report(strings.TrimSuffix(strconv.Itoa(i+1)+"."+key, "."), detail)
		})
	}
	if r.sealed = sealed; faulty {
		r.sealed = nil
	}
	r.plan()
}

// Lay replaces r by from.
func (r *Rule) Lay(from value.Object) { *r = *from.(*Rule) }

// Equal reports whether both say the same, in the same order.
func (r *Rule) Equal(other value.Object) bool {
	return slices.Equal(r.Texts(), other.(*Rule).Texts())
}

// Show gives the alternatives, each as YAML writes it in one line.
func (r *Rule) Show(name string, add func(name string, value any)) { add(name, r.Texts()) }

// canonical returns a copy of a that no caller can change.
func (a *Alternative) canonical() Alternative {
	c := *a
	c.Email = slices.Clone(c.Email)
	for i, email := range c.Email {
		c.Email[i] = edgeward.FoldASCII(email)
	}
	for key := range lists {
		if at := lists[key].at(&c); key == keyACR { // in order of preference
			*at = slices.Clone(*at)
		} else {
			*at = sorted(*at)
		}
	}
	c.Claims = maps.Clone(c.Claims)
	for name, values := range c.Claims {
		c.Claims[name] = sorted(values)
	}
	return c
}

// sorted keeps nil, which is a list that was not stated.
func sorted(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}
