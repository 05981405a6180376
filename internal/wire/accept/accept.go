// Package accept reads what a client would rather be answered (RFC 9110 §12.5).
package accept

import (
	"strconv"
	"strings"
)

// Element reads one element of Accept or Accept-Language: what is asked for, in lower
// case, and with which weight. What cannot be read weighs nothing.
func Element(element string) (name string, weight float64) {
	name, parameters, _ := strings.Cut(element, ";")
	weight = 1
	for parameters != "" {
		var parameter string
		parameter, parameters, _ = strings.Cut(parameters, ";")
		key, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if strings.EqualFold(key, "q") {
			q, err := strconv.ParseFloat(value, 64)
			if err != nil || !(q >= 0 && q <= 1) {
				return "", 0
			}
			weight = q
		}
	}
	return strings.ToLower(strings.TrimSpace(name)), weight
}

// maxRanges bounds the language ranges that are read of a request. Browsers send a
// handful; the rest decides nothing.
const maxRanges = 32

// Language chooses of tags, in lower case, the one that a user understands best by the
// values of Accept-Language (RFC 9110 §12.5.4), by the lookup of RFC 4647 §3.4: de-AT
// finds de. It returns the index, -1 where none is asked for: then it is for the
// server to say. "*" asks for none in particular.
func Language(values, tags []string) int {
	best, most, left := -1, 0.0, maxRanges
	for _, value := range values {
		for more := true; more; {
			if left--; left < 0 {
				return best
			}
			var element string
			element, value, more = strings.Cut(value, ",")
			name, weight := Element(element)
			if weight <= most {
				continue // of equal weights the first one: browsers list the best one first
			}
			if at := lookup(name, tags); at >= 0 {
				best, most = at, weight
			}
		}
	}
	return best
}

// lookup returns the tag that is name, or what is left of name when subtags are
// removed from its end, -1 for none. A single letter goes with what follows it.
func lookup(name string, tags []string) int {
	for name != "" {
		for i, tag := range tags {
			if tag == name {
				return i
			}
		}
		name = name[:max(strings.LastIndexByte(name, '-'), 0)]
		if end := len(name) - 2; end >= 0 && name[end] == '-' {
			name = name[:end]
		}
	}
	return -1
}
