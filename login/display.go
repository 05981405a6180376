package login

import (
	"strings"
	"unicode"

	"github.com/edgeward/edgeward/claim"
)

// maxDisplay bounds a name, in characters.
const maxDisplay = 100

// displayName returns what people call themselves, for a page that greets them.
func displayName(documents ...claim.Document) string {
	for _, claim := range []string{"name", "preferred_username", "email"} {
		for _, d := range documents {
			v, _ := d.Lookup(claim)
			s, _ := v.Text()
			name := []rune(strings.TrimSpace(strings.Map(visible, s)))
			if len(name) > 0 {
				return string(name[:min(len(name), maxDisplay)])
			}
		}
	}
	return ""
}

// visible drops what turns text around or hides in it.
func visible(c rune) rune {
	if unicode.IsGraphic(c) {
		return c
	}
	return -1
}
