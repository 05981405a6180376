package policy

import (
	"fmt"
	"iter"
	"net/netip"
	"strconv"
	"strings"
	"unicode"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/canonical/fieldname"
)

// MaxHosts bounds the hosts that have a tree of their own.
const MaxHosts = canonical.MaxHosts

// A Host is a name and the files of its tree.
type Host struct {
	// Name is a host in the spelling of a canonical request, without a port:
	// "grafana.example.com", "[2001:db8::1]"; or "*.example.com" for all names
	// below example.com, of whatever depth, and not for example.com itself. ""
	// stands for every host that no other entry covers.
	Name  string
	Files []File
	Above []File // as for [Build]
}

// Hosts says which tree a request is decided by: that of its host. It is
// immutable and safe for concurrent use. Nil and the zero value cover no host.
type Hosts struct {
	exact map[string]*hostTree
	below map[string]*hostTree // by the name after "*."
	rest  *hostTree
	all   []*hostTree
}

type hostTree struct {
	name string
	tree *Tree
}

// AllHosts returns the Hosts for which every host has one tree.
func AllHosts(t *Tree) *Hosts {
	h := &Hosts{}
	h.put(&hostTree{tree: t})
	return h
}

// BuildHosts checks the names and the files of all, and makes a tree of each. It
// reports everything that is wrong at once, as [Problems]; a host is their Source
// where its name is wrong. It keeps no reference to files.
func BuildHosts(all []Host) (*Hosts, error) {
	h := &Hosts{}
	var problems Problems
	if len(all) > MaxHosts {
		problems = append(problems, &Problem{Source: "hosts", Detail: fmt.Sprintf("%d hosts, at most %d", len(all), MaxHosts)})
	}
	for i := range all {
		name := all[i].Name
		if detail := checkHost(name); detail != "" {
			problems = append(problems, &Problem{Source: name, Detail: detail})
		}
		tree, wrong := build(name, all[i].Files, all[i].Above)
		problems = append(problems, wrong...)
		if !h.put(&hostTree{name, tree}) {
			problems = append(problems, &Problem{Source: name, Detail: "the host has two trees: keep one of them"})
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return h, nil
}

// put adds a tree, unless its name has one.
func (h *Hosts) put(t *hostTree) bool {
	in, name := &h.exact, t.name
	if after, below := strings.CutPrefix(name, "*."); below {
		in, name = &h.below, after
	}
	if *in == nil {
		*in = map[string]*hostTree{}
	}
	switch {
	case (*in)[name] != nil || name == "" && h.rest != nil:
		return false
	case name == "":
		h.rest = t
	default:
		(*in)[name] = t
	}
	h.all = append(h.all, t)
	return true
}

// Lookup returns the tree for a request's host and the name of the entry that
// covers it, "" for that of every other host: the exact name, else the longest
// "*." entry, else every other. The host is canonical
// ([edgeward.Request.Host]); its port decides nothing. It reports false when no
// entry covers the host, which is a refusal.
//
// It allocates nothing, and its cost depends on the labels of the host, not on the
// number of entries.
func (h *Hosts) Lookup(host string) (t *Tree, name string, ok bool) {
	if h == nil {
		return nil, "", false
	}
	host = canonical.Hostname(host)
	e := h.exact[host]
	for rest, more := host, len(h.below) > 0; e == nil && more; {
		if _, rest, more = strings.Cut(rest, "."); more {
			e = h.below[rest]
		}
	}
	if e == nil {
		e = h.rest
	}
	if e == nil {
		return nil, "", false
	}
	return e.tree, e.name, true
}

// Trees yields the name of each entry and its tree, in the order in which they
// were given.
func (h *Hosts) Trees() iter.Seq2[string, *Tree] {
	return func(yield func(string, *Tree) bool) {
		if h == nil {
			return
		}
		for _, e := range h.all {
			if !yield(e.name, e.tree) {
				return
			}
		}
	}
}

// All yields the routes of all trees, as [Tree.All] does: [Route.Host] says whose
// they are.
func (h *Hosts) All() iter.Seq[*Route] {
	return func(yield func(*Route) bool) {
		for _, t := range h.Trees() {
			for _, r := range t.routes {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// FieldNames returns the names of all header fields that routes name identities by,
// or edit; nil when there are none. It fails when there are too many.
func (h *Hosts) FieldNames() (edgeward.FieldNames, error) {
	var own, touched []string
	for r := range h.All() {
		own, touched = r.fieldNames(own, touched)
	}
	names, err := fieldname.NewSet(own, touched)
	if err != nil || len(own)+len(touched) == 0 {
		return nil, err
	}
	return names, nil
}

func (r *Route) fieldNames(own, touched []string) (_, _ []string) {
	for _, f := range r.Headers.Fields() {
		own = append(own, f.Name)
	}
	set, edited := r.RequestHeaders.Names()
	return append(own, set...), append(touched, edited...)
}

// checkHost refuses a name that no canonical request has, whose tree would never
// be asked. A detail that is not empty says what to write instead.
func checkHost(name string) (detail string) {
	rest, below := strings.CutPrefix(name, "*.")
	host, err := canonical.Host(rest, "http")
	_, notAddress := netip.ParseAddr(strings.Trim(rest, "[]"))
	switch {
	case name == "" || err == nil && host == rest && canonical.Hostname(host) == host && !(below && notAddress == nil):
		return ""
	case name == "*":
		detail = "every other host has the top-level tree: write it as routes"
	case strings.Contains(rest, "*"):
		detail = "a * stands for whole names in front, as in *.example.com, and nowhere else"
	case strings.ContainsFunc(rest, func(r rune) bool { return r > unicode.MaxASCII }):
		detail = "write its A-labels, as browsers send them: xn--bcher-kva.example for bücher.example"
	case strings.Contains(rest, "/"):
		detail = "write the name alone, without scheme and path"
	case below && notAddress == nil:
		detail = "nothing is below an IP address"
	case notAddress == nil && err != nil:
		detail = "an IPv6 address is written as in a URL: [2001:db8::1]"
	case notAddress != nil && strings.Contains(rest, ":"):
		detail = "write it without the port, which decides nothing"
	case err != nil:
		detail = "this is no host name"
	default:
		detail = "write " + name[:len(name)-len(rest)] + host + ", as the host of a request is read"
	}
	return strconv.Quote(name) + ": " + detail
}
