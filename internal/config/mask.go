package config

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// maskedValue stands for what may be a secret.
const maskedValue = "********"

// suspicious are parts of names whose values nobody should read on a terminal
// or in a build log.
var suspicious = []string{"secret", "passw", "private", "token", "credential", "hmac", "pepper", "key"}

// named finds the names of members in a line, in block and in flow style.
var named = regexp.MustCompile(`["']?([A-Za-z_][A-Za-z0-9_-]*)["']?\s*:(?:\s+|$)`)

// userinfo finds what a URL says before its host (RFC 3986 §3.2.1).
var userinfo = regexp.MustCompile(`://[^/@\s]*@`)

// reference is what a secret's value should be: where the secret is.
var reference = regexp.MustCompile(`^(["']?)(env:[A-Za-z_][A-Za-z0-9_]*|file:[^\s"',}]+)["']?\s*([,}#]|$)`)

// maskLines says from which byte on each line is secret, -1 for nowhere. It
// reads the text and not the parsed tree, because a file that does not parse
// is shown too; and it is suspicious of names that no table knows, because a
// misspelled "secret" holds a secret all the same.
func maskLines(lines []string) []int {
	mask := make([]int, len(lines))
	inside := -1 // indentation of the suspicious name whose value goes on below it
	for i, line := range lines {
		mask[i] = -1
		indent := len(line) - len(strings.TrimLeft(line, " "))
		blank := indent == len(line)
		if inside >= 0 && (blank || indent > inside) {
			mask[i] = indent
			continue
		}
		inside = -1
		mask[i], inside = maskLine(line, indent)
	}
	return mask
}

// maskLine says from where on line is secret, and at which indentation the name
// stands whose value may go on below it; -1 for neither.
func maskLine(line string, indent int) (from, inside int) {
	for _, m := range named.FindAllStringSubmatchIndex(line, -1) {
		if !secretName(line[m[2]:m[3]]) {
			continue
		}
		if reference.MatchString(line[m[1]:]) {
			continue
		}
		if strings.Contains(line[:m[2]], "{") {
			return m[1], indent
		}
		return m[1], m[0]
	}
	return -1, -1
}

// names sorts the names of all tables into those whose values are secret and
// the others.
var names = sync.OnceValue(func() (n struct{ secret, plain []string }) {
	for _, s := range sections() {
		for _, k := range s.keys {
			if k.secret {
				n.secret = append(n.secret, k.name)
			} else {
				n.plain = append(n.plain, k.name)
			}
		}
	}
	return n
})

// secretName reports whether the value of name may be a secret.
func secretName(name string) bool {
	name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
	if slices.Contains(names().secret, name) {
		return true
	}
	if slices.Contains(names().plain, name) {
		return false
	}
	return slices.ContainsFunc(suspicious, func(part string) bool { return strings.Contains(name, part) }) ||
		editDistance(name, "secret") <= 2
}
