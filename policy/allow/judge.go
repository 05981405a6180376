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
	stepUp   edgeward.StepUp
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
	failed := -1
	for i := range r.steps {
		s := &r.steps[i]
		if s.alternative == failed || s.gated && !id.MayBeIn(&s.group) {
			continue
		}
		if r.sealed[s.alternative].hold(id, client, now) {
			return Verdict{Held: true, Alternative: s.alternative, rule: r}
		}
		failed = s.alternative
	}
	return r.nearest(id, client, now)
}

// Timed reports whether a verdict depends on the time: else any will do for now.
func (r *Rule) Timed() bool { return r.timed }

// A step says when an alternative is worth looking at: if the identity may be in the
// group, or always. Most rules are about groups, which steps tell apart in one run
// through memory.
type step struct {
	group       edgeward.Group
	gated       bool
	alternative int
}

func (r *Rule) plan() {
	r.steps, r.timed = nil, false
	for i, all := range r.sealed {
		gate := slices.IndexFunc(all, func(c condition) bool { return c.key == keyGroups && len(c.patterns) == 0 })
		if gate < 0 {
			r.steps = append(r.steps, step{alternative: i})
		} else {
			for _, g := range all[gate].groups {
				r.steps = append(r.steps, step{g, true, i})
			}
		}
		asked := all.stepUp()
		r.timed = r.timed || asked.MaxAge > 0
	}
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
		if _, cures := v.StepUp(); cures {
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
	case keyACR, keyMaxAge:
		return c.stepUp.Met(id, now)
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
	}
	return false
}

// accepts reports whether a value that the identity has, "" for none, is accepted: no
// value of a rule is empty.
func (c *condition) accepts(v string) bool {
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

// StepUp returns what a fresh authentication of the user would have to be for the rule
// to hold. It reports false where that alone would not be enough.
func (v Verdict) StepUp() (asked edgeward.StepUp, cures bool) {
	if v.Held || v.missing == 0 {
		return asked, false
	}
	all := v.rule.sealed[v.Alternative]
	for i := range all {
		if v.missing&(1<<i) != 0 && all[i].stepUp.IsZero() {
			return edgeward.StepUp{}, false
		}
	}
	return all.stepUp(), true
}

// stepUp returns what all ask of the authentication.
func (all conditions) stepUp() (asked edgeward.StepUp) {
	for i := range all {
		asked = asked.And(all[i].stepUp)
	}
	return asked
}

// StepUps returns what the alternatives ask of the authentication, of each that does.
func (r *Rule) StepUps() (asked []edgeward.StepUp) {
	for _, all := range r.sealed {
		if s := all.stepUp(); !s.IsZero() {
			asked = append(asked, s)
		}
	}
	return asked
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
