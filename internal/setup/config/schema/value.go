package schema

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/policy"
)

// Text reads one line of text that is not empty.
func (r *Reader) Text(n *document.Node, example string) (string, bool) {
	if !r.Is(n, document.Text, example) {
		return "", false
	}
	switch {
	case n.Text == "":
		r.Refuse(n.Place, "", "this is empty")
	case document.Printable(n.Text) != n.Text:
		r.Refuse(n.Place, "", "this holds a control character or a line break")
	case strings.TrimSpace(n.Text) != n.Text:
		r.Refuse(n.Place, "", "this starts or ends with a space")
	default:
		return n.Text, true
	}
	return "", false
}

// Texts reads a list of different texts, each for which check, if any, finds
// nothing to say.
func (r *Reader) Texts(n *document.Node, example string, check func(n *document.Node)) []string {
	all := []string{}
	if n.Kind == document.Text && n.Text != "" {
		r.Refuse(n.Place, "like this: ["+n.Text+"]", "this must be a list, not text")
		return all
	}
	if !r.Is(n, document.List, example) {
		return all
	}
	seen := make(map[string]bool, len(n.Items))
	for _, item := range n.Items {
		s, ok := r.Text(item, "")
		if !ok {
			continue
		}
		if seen[s] {
			r.Refuse(item.Place, "keep one of them", "%q is here twice", s)
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

// Boolean reads true or false.
func (r *Reader) Boolean(n *document.Node) bool {
	return r.Is(n, document.Boolean, "true") && n.Text == "true"
}

// Choice reads one of the valid words.
func (r *Reader) Choice(n *document.Node, valid []string) (string, bool) {
	s, ok := r.Text(n, valid[0])
	if ok && !slices.Contains(valid, s) {
		r.Refuse(n.Place, OneOf(valid), "%q is unknown%s", s, r.DidYouMean(s, valid))
		return "", false
	}
	return s, ok
}

// OneOf is the remedy for what is none of the valid words.
func OneOf(valid []string) string { return "one of: " + strings.Join(valid, ", ") }

// DidYouMean ends a message with the name that was most likely meant.
func (r *Reader) DidYouMean(name string, valid []string) string {
	if best := r.Nearest(name, valid); best != "" {
		return `; did you mean "` + best + `"?`
	}
	return ""
}

// Duration reads a number with its unit, between least and most.
func (r *Reader) Duration(n *document.Node, least, most time.Duration, why string) time.Duration {
	const example = "30s, 5m, 24h"
	if n.Kind == document.Number {
		r.Refuse(n.Place, "like this: "+example, "a duration needs a unit")
		return 0
	}
	if !r.Is(n, document.Text, example) {
		return 0
	}
	v, err := time.ParseDuration(n.Text)
	switch {
	case err != nil:
		r.Refuse(n.Place, "like this: "+example, "%q is not a duration", n.Text)
	case v < least:
		r.Refuse(n.Place, "at least "+Short(least), "%s is too short", n.Text)
	case v > most:
		r.Refuse(n.Place, "at most "+Short(most), "%s is too long%s", n.Text, why)
	default:
		return v
	}
	return 0
}

// Size reads a number of bytes with its unit.
func (r *Reader) Size(n *document.Node) int64 {
	const example = "512KiB, 10MiB"
	if n.Kind == document.Number {
		r.Refuse(n.Place, "like this: "+example, "a size needs a unit")
		return 0
	}
	if !r.Is(n, document.Text, example) {
		return 0
	}
	bytes, ok := policy.ParseSize(n.Text)
	if !ok {
		r.Refuse(n.Place, "like this: "+example+"; at most "+policy.SizeText(policy.MaxSize), "%q is not a size", n.Text)
	}
	return bytes
}

// Short prints a duration without empty units: 24h, not 24h0m0s.
func Short(v time.Duration) string {
	s := v.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Whole reads a whole number between least and most.
func (r *Reader) Whole(n *document.Node, least, most int) int {
	if !r.Is(n, document.Number, strconv.Itoa(least)) {
		return least
	}
	v, err := strconv.Atoi(n.Text)
	switch {
	case err != nil:
		r.Refuse(n.Place, "", "%s is not a whole number", n.Text)
	case v < least:
		r.Refuse(n.Place, "at least "+strconv.Itoa(least), "%s is too small", n.Text)
	case v > most:
		r.Refuse(n.Place, "at most "+strconv.Itoa(most), "%s is too large", n.Text)
	default:
		return v
	}
	return least
}

// Held reads a text that a rule finds nothing wrong with.
func (r *Reader) Held(n *document.Node, example string, rule func(string) *document.Fault) string {
	s, ok := r.Text(n, example)
	if !ok || !r.OK(n.Place, rule(s)) {
		return ""
	}
	return s
}

// Item holds a member of a list to a rule.
func (r *Reader) Item(rule func(string) *document.Fault) func(*document.Node) {
	return func(n *document.Node) { r.OK(n.Place, rule(n.Text)) }
}
