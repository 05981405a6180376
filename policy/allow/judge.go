package allow

import (
	"math/bits"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
)

// A condition is what one key of an alternative asks.
type condition struct {
	key      int
	name     string           // of the claim
	groups   []edgeward.Group // those without a star
	exact    []string         // sorted
	patterns []pattern
	networks []netip.Prefix
	age      time.Duration
}

// A Verdict says whether a rule is satisfied. The zero Verdict says no.
type Verdict struct {
	Held bool
	// Alternative is the index of the first that holds; of a verdict that says no, of
	// the nearest: fewest of its conditions are missing.
	Alternative int

	rule    *Rule
	missing uint64 // a bit for each condition of the alternative
}

// Judge asks the rule about a sealed identity, for a client at that address, which may
// be invalid, at that time. It allocates nothing.
func (r *Rule) Judge(id *edgeward.Identity, client netip.Addr, now time.Time) Verdict {
	if !id.Sealed() {
		return Verdict{rule: r}
	}
	for i := range r.sealed {
		if r.sealed[i].hold(id, client, now) {
			return Verdict{Held: true, Alternative: i, rule: r}
		}
	}
	return r.nearest(id, client, now)
}

func (all conditions) hold(id *edgeward.Identity, client netip.Addr, now time.Time) bool {
	for i := range all {
		if !all[i].holds(id, client, now) {
			return false
		}
	}
	return true
}

// nearest returns the verdict of a rule that is not satisfied. What a fresh
// authentication cures is nearest of all.
func (r *Rule) nearest(id *edgeward.Identity, client netip.Addr, now time.Time) Verdict {
	best, least := Verdict{rule: r}, 1<<10
	for i, all := range r.sealed {
		v := Verdict{Alternative: i, rule: r}
		for j := range all {
			if !all[j].holds(id, client, now) {
				v.missing |= 1 << j
			}
		}
		n := 2 * bits.OnesCount64(v.missing)
		if _, _, curable := v.StepUp(); curable {
			n = 1
		}
		if n < least {
			best, least = v, n
		}
	}
	return best
}

func (c *condition) holds(id *edgeward.Identity, client netip.Addr, now time.Time) bool {
	p := id.Profile
	switch c.key {
	case keyGroups:
		for i := range c.groups {
			if id.In(c.groups[i]) {
				return true
			}
		}
		return c.fit(p.Groups)
	case keyEmail:
		return c.accepts(id.Mailbox())
	case keyUsername:
		return c.accepts(p.Username)
	case keySubject:
		return c.accepts(id.Subject)
	case keyPermissions:
		return slices.ContainsFunc(c.exact, id.Has)
	case keyACR:
		return c.accepts(p.ACR)
	case keyClaims:
		values := p.Claims[c.name]
		for _, v := range c.exact {
			if _, has := slices.BinarySearch(values, v); has {
				return true
			}
		}
		return c.fit(values)
	case keyNetworks:
		return contain(c.networks, client)
	case keyMaxAge:
		return Fresh(p, c.age, now)
	}
	return false
}

// accepts reports whether a value that the identity has, "" for none, is accepted.
func (c *condition) accepts(v string) bool {
	if v == "" {
		return false
	}
	if _, exact := slices.BinarySearch(c.exact, v); exact {
		return true
	}
	for i := range c.patterns {
		if c.patterns[i].fits(v) {
			return true
		}
	}
	return false
}

func (c *condition) fit(sorted []string) bool {
	for i := range c.patterns {
		if c.patterns[i].fitsAny(sorted) {
			return true
		}
	}
	return false
}

// ahead is how far an issuer's clock may be ahead of ours.
const ahead = time.Minute

// Fresh reports whether the user authenticated at the issuer at most age before now.
// It never is when the issuer does not say, or names a time that is still to come: a
// clock that is wrong proves nothing.
func Fresh(p *edgeward.Profile, age time.Duration, now time.Time) bool {
	if p == nil || p.AuthTime.IsZero() {
		return false
	}
	since := now.Sub(p.AuthTime)
	return since <= age && since >= -ahead
}

// StepUp returns what a fresh authentication would have to say for the rule to hold:
// one of the context classes, if there are any, and a time that is at most maxAge ago,
// if that is not 0. It reports false where that alone would not be enough.
func (v Verdict) StepUp() (acr []string, maxAge time.Duration, ok bool) {
	if v.Held || v.missing == 0 {
		return nil, 0, false
	}
	for i, c := range v.rule.sealed[v.Alternative] {
		missing := v.missing&(1<<i) != 0
		switch {
		case c.key == keyACR:
			acr = c.exact
		case c.key == keyMaxAge:
			maxAge = c.age
		case missing:
			return nil, 0, false
		}
	}
	return acr, maxAge, true
}

// A Refusal is the error for an identity that satisfies no alternative. It wraps
// [edgeward.NotAllowed].
type Refusal struct{ Verdict }

func (e *Refusal) Unwrap() error { return edgeward.NotAllowed }

// Error says which alternative came nearest and what is missing in it: what the rule
// asks for, and nothing of what the user has.
func (e *Refusal) Error() string { return "allow: " + e.Verdict.String() }

// Err returns nil if the rule is satisfied, and a [Refusal] if not.
func (v Verdict) Err() error {
	if v.Held {
		return nil
	}
	return &Refusal{v}
}

// Missing returns what is missing in the nearest alternative, as a rule is written:
// "groups: [admins]". It is at most a few hundred bytes.
func (v Verdict) Missing() string {
	var parts []string
	if v.rule != nil && v.Alternative < len(v.rule.sealed) {
		for i := range v.rule.sealed[v.Alternative] {
			if v.missing&(1<<i) != 0 {
				parts = append(parts, v.rule.sealed[v.Alternative][i].text())
			}
		}
	}
	return cut(strings.Join(parts, ", "), maxMissing)
}
