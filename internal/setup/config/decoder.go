package config

import (
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/policy"
)

// A decoder turns nodes into values and notes every mistake on the way. What
// it could not read keeps its zero value, which the caller never uses: with a
// mistake noted, nothing is built.
type decoder struct {
	errs   *document.Errors
	source Source
	rules  *rules
	file   document.File // the configuration's
	trees  []RouteTree
	// What the trees are read by.
	folders []string
	// What can only be judged once everything is read.
	issuers       []mention
	upstreamNames []mention
	asked         []mention // strategies
	assertions    []document.Place
	stale         []document.Place
	warnings      []string
}

// A mention is a name and where it was used.
type mention struct {
	name  string
	Place document.Place
}

func (d *decoder) refuse(at document.Place, remedy, format string, args ...any) {
	d.errs.Add(at, remedy, format, args...)
}

// fault notes what a [Source] found wrong, and reports whether that is nothing.
func (d *decoder) ok(at document.Place, f *document.Fault) bool {
	if f != nil {
		d.refuse(at, f.Remedy, "%s", f.What)
	}
	return f == nil
}

// is notes a value of another kind than want and reports whether it fits.
func (d *decoder) is(n *document.Node, want document.Kind, example string) bool {
	if n.Kind == want {
		return true
	}
	remedy := ""
	if example != "" {
		remedy = "like this: " + example
	}
	switch {
	case n.Kind == document.Null:
		d.refuse(n.Place, remedy, "the value is missing; it must be %s", want)
	case want == document.Text && remedy == "" && n.Kind != document.List && n.Kind != document.Mapping:
		d.refuse(n.Place, `put it in quotes: "`+n.Text+`"`, "this must be text, not %s", n.Kind)
	default:
		d.refuse(n.Place, remedy, "this must be %s, not %s", want, n.Kind)
	}
	return false
}

// text reads one line of text that is not empty.
func (d *decoder) text(n *document.Node, example string) (string, bool) {
	if !d.is(n, document.Text, example) {
		return "", false
	}
	switch {
	case n.Text == "":
		d.refuse(n.Place, "", "this is empty")
	case document.Printable(n.Text) != n.Text:
		d.refuse(n.Place, "", "this holds a control character or a line break")
	case strings.TrimSpace(n.Text) != n.Text:
		d.refuse(n.Place, "", "this starts or ends with a space")
	default:
		return n.Text, true
	}
	return "", false
}

// texts reads a list of different texts, each for which check, if any, finds
// nothing to say.
func (d *decoder) texts(n *document.Node, example string, check func(n *document.Node)) []string {
	all := []string{}
	if n.Kind == document.Text && n.Text != "" {
		d.refuse(n.Place, "like this: ["+n.Text+"]", "this must be a list, not text")
		return all
	}
	if !d.is(n, document.List, example) {
		return all
	}
	seen := make(map[string]bool, len(n.Items))
	for _, item := range n.Items {
		s, ok := d.text(item, "")
		if !ok {
			continue
		}
		if seen[s] {
			d.refuse(item.Place, "keep one of them", "%q is here twice", s)
			continue
		}
		seen[s] = true
		if check != nil {
			check(item)
		}
		all = append(all, s)
	}
	return all
}

func (d *decoder) boolean(n *document.Node) bool {
	return d.is(n, document.Boolean, "true") && n.Text == "true"
}

// choice reads one of the valid words.
func (d *decoder) choice(n *document.Node, valid []string) (string, bool) {
	s, ok := d.text(n, valid[0])
	if ok && !slices.Contains(valid, s) {
		d.refuse(n.Place, oneOf(valid), "%q is unknown%s", s, d.didYouMean(s, valid))
		return "", false
	}
	return s, ok
}

func oneOf(valid []string) string { return "one of: " + strings.Join(valid, ", ") }

// didYouMean ends a message with the name that was most likely meant.
func (d *decoder) didYouMean(name string, valid []string) string {
	if best := d.rules.nearest(name, valid); best != "" {
		return `; did you mean "` + best + `"?`
	}
	return ""
}

// duration reads a number with its unit, between least and most.
func (d *decoder) duration(n *document.Node, least, most time.Duration, why string) time.Duration {
	const example = "30s, 5m, 24h"
	if n.Kind == document.Number {
		d.refuse(n.Place, "like this: "+example, "a duration needs a unit")
		return 0
	}
	if !d.is(n, document.Text, example) {
		return 0
	}
	v, err := time.ParseDuration(n.Text)
	switch {
	case err != nil:
		d.refuse(n.Place, "like this: "+example, "%q is not a duration", n.Text)
	case v < least:
		d.refuse(n.Place, "at least "+short(least), "%s is too short", n.Text)
	case v > most:
		d.refuse(n.Place, "at most "+short(most), "%s is too long%s", n.Text, why)
	default:
		return v
	}
	return 0
}

// size reads a number of bytes with its unit.
func (d *decoder) size(n *document.Node) int64 {
	const example = "512KiB, 10MiB"
	if n.Kind == document.Number {
		d.refuse(n.Place, "like this: "+example, "a size needs a unit")
		return 0
	}
	if !d.is(n, document.Text, example) {
		return 0
	}
	bytes, ok := policy.ParseSize(n.Text)
	if !ok {
		d.refuse(n.Place, "like this: "+example+"; at most "+policy.SizeText(policy.MaxSize), "%q is not a size", n.Text)
	}
	return bytes
}

// short prints a duration without empty units: 24h, not 24h0m0s.
func short(v time.Duration) string {
	s := v.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
