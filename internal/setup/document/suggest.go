package document

import (
	"slices"
	"strings"
)

// Nearest returns the valid name that was most likely meant by name, or "".
// aliases are names that people bring from elsewhere.
func Nearest(name string, valid []string, aliases map[string]string) string {
	folded := strings.ReplaceAll(strings.ToLower(name), "-", "_")
	if slices.Contains(valid, folded) {
		return folded
	}
	if meant := aliases[folded]; slices.Contains(valid, meant) {
		return meant
	}
	best, distance := "", tolerance(folded)+1
	for _, v := range valid {
		if d := EditDistance(folded, v); d < distance {
			best, distance = v, d
		}
	}
	return best
}

// tolerance is how many typing mistakes a name of that length may have.
func tolerance(name string) int {
	switch n := len(name); {
	case n < 3 || n > 64:
		return 0
	case n < 6:
		return 1
	default:
		return 2
	}
}

// EditDistance counts the insertions, deletions, substitutions and swaps of
// neighbours that lead from a to b (optimal string alignment).
func EditDistance(a, b string) int {
	before, above := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above = above, row
	}
	return above[len(b)]
}

// suspicious are parts of names whose values must not be revealed on a terminal
// or in a build log.
var suspicious = []string{"secret", "passw", "private", "token", "credential", "hmac", "pepper", "key"}

// Suspicious reports whether a name in small letters has a part that names
// secrets.
func Suspicious(name string) bool {
	return slices.ContainsFunc(suspicious, func(part string) bool { return strings.Contains(name, part) })
}
