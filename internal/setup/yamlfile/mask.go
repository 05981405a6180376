package yamlfile

import (
	"regexp"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/document"
)

// Names are those that a document may have.
type Names struct {
	Secret []string // their values are never shown
	Plain  []string // their values are no secrets, whatever they look like
}

// maskedValue stands for what may be a secret.
const maskedValue = "********"

// word finds what may be the name of a member.
var word = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_-]*`)

// begins finds the beginning of a member on a line of its own.
var begins = regexp.MustCompile(`^\s*(?:-\s+)*["']?[A-Za-z_][A-Za-z0-9_.\-\[\]/]*["']?\s*:(?:\s|$)`)

// escaped finds a quoted name that is not written as it reads.
var escaped = regexp.MustCompile(`"[^"]*\\[^"]*"\s*:`)

// userinfo finds what a URL says before its host (RFC 3986 §3.2.1), also where
// it is no valid one.
var userinfo = regexp.MustCompile(`://\S*@`)

// reference is what a secret's value should be: where the secret is, and then
// the end or another member.
var reference = regexp.MustCompile(`^["']?(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^\s"',}]+)["']?\s*(?:[}\]\s]*(?:#.*)?$|[}\]\s]*,\s*(?:\{\s*)?["']?[A-Za-z_][A-Za-z0-9_-]*["']?\s*:)`)

// linkName finds the names of OAuth's token endpoint, and link an
// address that says nothing before its host, and nothing after its path, where
// secrets stand.
var (
	linkName = regexp.MustCompile(`(?i)^token[_-](?:ur[il]|endpoint)$`)
	link     = regexp.MustCompile(`^(?:"https?://[^\s"'?#@{}\[\],]+"|'https?://[^\s"'?#@{}\[\],]+'|https?://[^\s"'?#@{}\[\],]+)\s*(?:#.*)?$`)
)

// maskLines says from which byte on each line is secret, -1 for nowhere. It
// reads the text and not the parsed tree, because a file that does not parse
// is shown too; and it is suspicious of names that no table knows, because a
// misspelled "secret" holds a secret all the same.
func (n *Names) maskLines(lines []string) []int {
	mask := make([]int, len(lines))
	inside := -1 // indentation of the suspicious name whose value goes on below it
	for i, line := range lines {
		mask[i] = -1
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if inside >= 0 && goesOn(line, indent, inside) {
			mask[i] = indent
			continue
		}
		inside = -1
		mask[i], inside = n.maskLine(line, indent)
	}
	return mask
}

// goesOn reports whether line can belong to the value of a name at the
// indentation inside. In YAML that is deeper text; in what somebody meant as
// YAML it is also a list, or text, right below the name.
func goesOn(line string, indent, inside int) bool {
	return indent == len(line) || indent > inside || indent == inside && !begins.MatchString(line)
}

// maskLine says from where on line is secret, and at which indentation the name
// stands whose value may go on below it; -1 for neither.
func (n *Names) maskLine(line string, indent int) (from, inside int) {
	if m := escaped.FindStringIndex(line); m != nil {
		return m[1], indent
	}
	for _, m := range word.FindAllStringIndex(line, -1) {
		value, ok := valueOf(line, m[0], m[1])
		name := line[m[0]:m[1]]
		if !ok || !n.secret(name) || reference.MatchString(line[value:]) || linkName.MatchString(name) && link.MatchString(line[value:]) {
			continue
		}
		if strings.Contains(line[:m[0]], "{") {
			return value, indent
		}
		return value, m[0] - len(line[:m[0]]) + len(strings.TrimRight(line[:m[0]], `"'`))
	}
	return -1, -1
}

// valueOf returns where the value begins if the word at line[start:end] can be
// a name: at the beginning, after a bracket, a comma or a dash, and before a
// colon, an equals sign, white space or the end.
func valueOf(line string, start, end int) (at int, ok bool) {
	before := strings.TrimRight(line[:start], `"'`)
	if before != "" && !strings.ContainsAny(before[len(before)-1:], " \t{[,") {
		return 0, false
	}
	rest := strings.TrimLeft(line[end:], `"'`)
	if rest != "" && !strings.ContainsAny(rest[:1], " \t:=") {
		return 0, false
	}
	return len(line) - len(strings.TrimLeft(rest, " \t:=")), true
}

// secret reports whether the value of name may be one.
func (n *Names) secret(name string) bool {
	name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
	if slices.Contains(n.Secret, name) {
		return true
	}
	if slices.Contains(n.Plain, name) {
		return false
	}
	return document.Suspicious(name) ||
		document.EditDistance(name, "secret") <= 2
}
