package allow

import (
	"slices"

	"github.com/edgeward/edgeward"
)

// AsksAsMuch reports whether r refuses every identity that other refuses, as far as
// that is to be seen by comparing alternatives one by one. An empty rule asks nothing.
func (r *Rule) AsksAsMuch(other *Rule) bool {
	return other.Empty() || !r.Empty() && !slices.ContainsFunc(r.sealed, func(all conditions) bool {
		return !slices.ContainsFunc(other.sealed, all.within)
	})
}

// within reports whether what satisfies all satisfies others.
func (all conditions) within(others conditions) bool {
	return !slices.ContainsFunc(others, func(o condition) bool {
		return !slices.ContainsFunc(all, func(c condition) bool { return c.within(&o) })
	})
}

// within reports whether what satisfies c satisfies o.
func (c *condition) within(o *condition) bool {
	if c.key != o.key || c.name != o.name {
		return false
	}
	switch c.key {
	case keyMaxAge:
		return c.stepUp.MaxAge <= o.stepUp.MaxAge
	case keyACR:
		return !slices.ContainsFunc(c.stepUp.ACR, func(v string) bool { return !slices.Contains(o.stepUp.ACR, v) })
	case keyNetworks:
		return within(c.networks, o.networks)
	}
	covered := func(p pattern) bool {
		return p.among(o.exact) || slices.ContainsFunc(o.patterns, func(q pattern) bool { return q.covers(&p) }) ||
			!p.open() && slices.ContainsFunc(o.groups, func(g edgeward.Group) bool { return g.Name() == p.text })
	}
	return !slices.ContainsFunc(c.groups, func(g edgeward.Group) bool { return !covered(pattern{text: g.Name()}) }) &&
		!slices.ContainsFunc(c.exact, func(v string) bool { return !covered(pattern{text: v}) }) &&
		!slices.ContainsFunc(c.patterns, func(p pattern) bool { return !covered(p) })
}

// among reports whether p is one value, and that is in the list.
func (p *pattern) among(exact []string) bool { return !p.open() && slices.Contains(exact, p.text) }
