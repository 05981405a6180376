package problem

import (
	"strconv"
	"strings"

	"github.com/edgeward/edgeward"
)

// Navigation reports whether a person is waiting for a page, so that a refusal
// should be one. Only a GET or HEAD can be; Sec-Fetch-Mode decides where the
// browser sends it (Fetch Metadata), and else Accept, which must name text/html
// with more weight than JSON. Wildcards, which every program sends, do not
// count.
func Navigation(r *edgeward.Request) bool {
	if r.Method != "GET" && r.Method != "HEAD" {
		return false
	}
	if mode, sent := r.Header["Sec-Fetch-Mode"]; sent {
		return len(mode) == 1 && mode[0] == "navigate"
	}
	page, data := 0.0, 0.0
	for _, line := range r.Header["Accept"] {
		for element := range strings.SplitSeq(line, ",") {
			switch name, weight := mediaRange(element); name {
			case "text/html":
				page = max(page, weight)
			case "application/json", MediaType:
				data = max(data, weight)
			}
		}
	}
	return page > data
}

// mediaRange reads one element of Accept (RFC 9110 §12.5.1). What cannot be
// read weighs nothing.
func mediaRange(element string) (name string, weight float64) {
	name, parameters, _ := strings.Cut(element, ";")
	weight = 1
	for parameter := range strings.SplitSeq(parameters, ";") {
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
