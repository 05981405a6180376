package wrangler

import "strings"

// patterns wants the Worker to get every request for the hosts of its routes. A
// pattern names what it is for, and what else comes to the host passes by.
func (i *Inspection) patterns(f *File, name string, s map[string]any) {
	all := patternsOf(s)
	for _, p := range all {
		host, path, _ := strings.Cut(p.rest, "/")
		if all.cover(host) {
			continue
		}
		remedy := "write pattern = \"" + host + "/*\", or custom_domain = true for a host that is the Worker's own"
		switch {
		case p.scheme != "":
			i.around(remedy, "%s: the route %q is for %s alone: by the other scheme requests pass by Edgeward", f.at(name), p.text, p.scheme)
		case !strings.HasSuffix(path, "*"):
			i.around(remedy, "%s: the route %q has no * at its end, so it is for one path: all others pass by Edgeward", f.at(name), p.text)
		default:
			i.warn(remedy+", unless nothing else there is to be guarded",
				"%s: the route %q is for a part of %s: the rest passes by Edgeward", f.at(name), p.text, host)
		}
	}
}

// A pattern is one of a Worker's routes, as it is written and taken apart.
type pattern struct{ text, scheme, rest string }

type patterns []pattern

// patternsOf returns those of the settings. A custom domain is for all of a host.
func patternsOf(s map[string]any) (all patterns) {
	list := []any{s["route"]}
	switch routes := s["routes"].(type) {
	case []any:
		list = append(list, routes...)
	case []map[string]any: // of a TOML array of tables
		for _, t := range routes {
			list = append(list, t)
		}
	}
	for _, v := range list {
		everything := ""
		if t := table(v); t != nil {
			v = t["pattern"]
			if t["custom_domain"] == true {
				everything = "/*"
			}
		}
		text, _ := v.(string)
		scheme, rest, found := strings.Cut(text, "://")
		if !found {
			scheme, rest = "", text
		}
		if text != "" {
			all = append(all, pattern{text, strings.ToLower(scheme), rest + everything})
		}
	}
	return all
}

// cover reports whether the patterns are for all requests to a host. A "*" in
// front stands for any beginning.
func (all patterns) cover(host string) bool {
	schemes := map[string]bool{}
	for _, p := range all {
		for _, end := range [...]string{"/*", "*"} {
			of, whole := strings.CutSuffix(p.rest, end)
			suffix, many := strings.CutPrefix(of, "*")
			if whole && !strings.Contains(of, "/") && (strings.EqualFold(of, strings.TrimSuffix(host, "*")) || many && strings.HasSuffix(strings.ToLower(host), strings.ToLower(suffix))) {
				schemes[p.scheme] = true
			}
		}
	}
	return schemes[""] || schemes["http"] && schemes["https"]
}
