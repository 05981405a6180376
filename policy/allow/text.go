package allow

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What is shown of what is missing.
const (
	maxMissing = 400 // bytes
	maxShown   = 8   // values of a list
)

// String says in one line what came of it.
func (v Verdict) String() string {
	if v.Held {
		return "alternative " + strconv.Itoa(v.Alternative+1) + " holds"
	}
	if v.missing == 0 {
		return "no alternative holds"
	}
	if n := len(v.rule.sealed); n > 1 {
		return "none of " + strconv.Itoa(n) + " alternatives holds; the nearest is number " + strconv.Itoa(v.Alternative+1) + ", where this is missing: " + v.Missing()
	}
	return "this is missing: " + v.Missing()
}

// Texts returns the alternatives, each as YAML writes it in one line.
func (r *Rule) Texts() []string {
	all := make([]string, len(r.written))
	for i := range r.written {
		all[i] = r.written[i].String()
	}
	return all
}

// String returns a as YAML writes it in one line.
func (a *Alternative) String() string {
	var parts []string
	add := func(key int, text string) { parts = append(parts, names[key]+": "+text) }
	for key := range lists {
		if values := *lists[key].at(a); values != nil {
			add(key, flow(values))
		}
	}
	if a.Claims != nil {
		var claims []string
		for _, name := range slices.Sorted(maps.Keys(a.Claims)) {
			claims = append(claims, plain(name)+": "+flow(a.Claims[name]))
		}
		add(keyClaims, "{"+strings.Join(claims, ", ")+"}")
	}
	if a.MaxAge != 0 {
		add(keyMaxAge, short(a.MaxAge))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// text returns what c asks for, in part where that is much.
func (c *condition) text() string {
	var values []string
	if c.key == keyMaxAge {
		return names[c.key] + ": " + short(c.stepUp.MaxAge)
	}
	for _, g := range c.groups {
		values = append(values, g.Name())
	}
	values = append(append(values, c.exact...), c.stepUp.ACR...)
	for _, p := range c.patterns {
		values = append(values, p.String())
	}
	name := names[c.key]
	if c.key == keyClaims {
		name += "." + plain(c.name)
	}
	if more := len(values) - maxShown; more > 0 {
		return name + ": " + flow(values[:maxShown]) + " or one of " + strconv.Itoa(more) + " more"
	}
	return name + ": " + flow(values)
}

// String returns the pattern as it is written.
func (p pattern) String() string {
	s := p.text
	if p.before {
		s = "*" + s
	}
	if p.after {
		s += "*"
	}
	return s
}

// flow returns a list as YAML writes it in one line.
func flow(values []string) string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = plain(v)
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// plain returns s, in quotes where YAML could read something else.
func plain(s string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	switch {
	case strings.Trim(s, letters+"0123456789-_./@+") != "" || s == "" || slices.Contains(words, strings.ToLower(s)):
	case strings.Trim(s[:1], letters+"/") == "", strings.Trim(s[:1], "123456789") == "" && strings.Contains(s, "/"): // a network
		return s
	}
	return strconv.Quote(s)
}

// words are read as something else than text.
var words = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

// cut bounds s in bytes, between two characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

// short prints a duration without empty units: 24h, not 24h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
