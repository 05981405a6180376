package config

import (
	"slices"
	"strings"
	"time"
)

// A decoder turns nodes into values and notes every mistake on the way. What
// it could not read keeps its zero value, which the caller never uses: with a
// mistake noted, nothing is built.
type decoder struct {
	errs   *Errors
	files  *files
	config *document
	routes []routeFile
	// away says that it is for a Worker: secrets stay where they are, and only
	// their names are noted.
	away    bool
	secrets []mention
	// What can only be judged once everything is read.
	issuers    []mention
	asked      []mention // strategies
	assertions []place
	stale      []place
	warnings   []string
}

// A mention is a name and where it was used.
type mention struct {
	name  string
	place place
}

func (d *decoder) refuse(at place, remedy, format string, args ...any) {
	d.errs.add(at, remedy, format, args...)
}

// is notes a value of another kind than want and reports whether it fits.
func (d *decoder) is(n *node, want kind, example string) bool {
	if n.kind == want {
		return true
	}
	remedy := ""
	if example != "" {
		remedy = "like this: " + example
	}
	switch {
	case n.kind == null:
		d.refuse(n.place, remedy, "the value is missing; it must be %s", want)
	case want == text && remedy == "" && n.kind != list && n.kind != mapping:
		d.refuse(n.place, `put it in quotes: "`+n.text+`"`, "this must be text, not %s", n.kind)
	default:
		d.refuse(n.place, remedy, "this must be %s, not %s", want, n.kind)
	}
	return false
}

// text reads one line of text that is not empty.
func (d *decoder) text(n *node, example string) (string, bool) {
	if !d.is(n, text, example) {
		return "", false
	}
	switch {
	case n.text == "":
		d.refuse(n.place, "", "this is empty")
	case printable(n.text) != n.text:
		d.refuse(n.place, "", "this holds a control character or a line break")
	case strings.TrimSpace(n.text) != n.text:
		d.refuse(n.place, "", "this starts or ends with a space")
	default:
		return n.text, true
	}
	return "", false
}

// texts reads a list of different texts, each for which check, if any, finds
// nothing to say.
func (d *decoder) texts(n *node, example string, check func(n *node)) []string {
	all := []string{}
	if n.kind == text && n.text != "" {
		d.refuse(n.place, "like this: ["+n.text+"]", "this must be a list, not text")
		return all
	}
	if !d.is(n, list, example) {
		return all
	}
	seen := make(map[string]bool, len(n.items))
	for _, item := range n.items {
		s, ok := d.text(item, "")
		if !ok {
			continue
		}
		if seen[s] {
			d.refuse(item.place, "keep one of them", "%q is here twice", s)
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

func (d *decoder) boolean(n *node) bool {
	return d.is(n, boolean, "true") && n.text == "true"
}

// choice reads one of the valid words.
func (d *decoder) choice(n *node, valid []string) (string, bool) {
	s, ok := d.text(n, valid[0])
	if ok && !slices.Contains(valid, s) {
		d.refuse(n.place, oneOf(valid), "%q is unknown%s", s, didYouMean(s, valid))
		return "", false
	}
	return s, ok
}

func oneOf(valid []string) string { return "one of: " + strings.Join(valid, ", ") }

// didYouMean ends a message with the name that was most likely meant.
func didYouMean(name string, valid []string) string {
	if best := nearest(name, valid); best != "" {
		return `; did you mean "` + best + `"?`
	}
	return ""
}

// duration reads a number with its unit, between least and most.
func (d *decoder) duration(n *node, least, most time.Duration, why string) time.Duration {
	const example = "30s, 5m, 24h"
	if n.kind == number {
		d.refuse(n.place, "like this: "+example, "a duration needs a unit")
		return 0
	}
	if !d.is(n, text, example) {
		return 0
	}
	v, err := time.ParseDuration(n.text)
	switch {
	case err != nil:
		d.refuse(n.place, "like this: "+example, "%q is not a duration", n.text)
	case v < least:
		d.refuse(n.place, "at least "+short(least), "%s is too short", n.text)
	case v > most:
		d.refuse(n.place, "at most "+short(most), "%s is too long%s", n.text, why)
	default:
		return v
	}
	return 0
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
