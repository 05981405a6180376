package policy_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/policy"
)

// hostsOf returns Hosts of which each tree covers every path.
func hostsOf(t testing.TB, names ...string) *policy.Hosts {
	t.Helper()
	var all []policy.Host
	for _, name := range names {
		all = append(all, policy.Host{Name: name, Files: files("_middleware")})
	}
	h, err := policy.BuildHosts(all)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHostsLookup(t *testing.T) {
	h := hostsOf(t, "grafana.example.com", "*.example.com", "*.preview.example.com", "10.0.0.1", "[2001:db8::1]", "")
	only := hostsOf(t, "grafana.example.com")
	for rule, row := range map[string]struct {
		of         *policy.Hosts
		host, want string
		refused    bool
	}{
		"an exact name":                            {h, "grafana.example.com", "grafana.example.com", false},
		"a port decides nothing":                   {h, "grafana.example.com:8443", "grafana.example.com", false},
		"a name below":                             {h, "wiki.example.com", "*.example.com", false},
		"two labels below":                         {h, "a.b.example.com", "*.example.com", false},
		"the longest suffix":                       {h, "a.preview.example.com", "*.preview.example.com", false},
		"and what it does not cover itself":        {h, "preview.example.com", "*.example.com", false},
		"not the name that others are below":       {h, "example.com", "", false},
		"a name that only ends like it":            {h, "evil-example.com", "", false},
		"an IPv4 address":                          {h, "10.0.0.1:80", "10.0.0.1", false},
		"an IPv6 address":                          {h, "[2001:db8::1]:8080", "[2001:db8::1]", false},
		"every other host":                         {h, "other.example.org", "", false},
		"no host":                                  {h, "", "", false},
		"a listed one where there is nothing else": {only, "grafana.example.com", "grafana.example.com", false},
		"below it is another":                      {only, "a.grafana.example.com", "", true},
		"an unlisted one":                          {only, "example.com", "", true},
		"no host, unlisted":                        {only, "", "", true},
		"the zero Hosts":                           {new(policy.Hosts), "example.com", "", true},
		"the nil Hosts":                            {nil, "example.com", "", true},
		"one tree for all":                         {policy.AllHosts(build(t, files("_middleware")...)), "example.com:1", "", false},
	} {
		tree, name, ok := row.of.Lookup(row.host)
		if name != row.want || ok == row.refused || (tree != nil) != ok {
			t.Errorf("%s: %q, %v", rule, name, ok)
		}
		if !ok {
			continue
		}
		if r, covered := tree.Lookup("GET", "/"); !covered || r.Host != row.want || r.Label() != row.want+"/*" {
			t.Errorf("%s: the route is of %q", rule, r.Host)
		}
	}
}

// naiveHost is the rule as the documentation words it, over the list of names.
func naiveHost(names []string, host string) (string, bool) {
	best, found := "", false
	for _, name := range names {
		after, below := strings.CutPrefix(name, "*.")
		switch {
		case name == host:
			return name, true
		case below && strings.HasSuffix(host, "."+after) && len(name) > len(best):
			best, found = name, true
		case name == "" && !found:
			found = true
		}
	}
	return best, found
}

func TestHostsLookupAgainstANaiveOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(22, 11))
	labels := []string{"a", "b", "ab", "c"}
	name := func(most int) string {
		var all []string
		for range 1 + rng.IntN(most) {
			all = append(all, labels[rng.IntN(len(labels))])
		}
		return strings.Join(all, ".")
	}
	for range 2_000 {
		var names []string
		seen := map[string]bool{}
		for range rng.IntN(8) {
			n := []string{"", "*.", ""}[rng.IntN(3)] + name(3)
			if rng.IntN(8) == 0 {
				n = ""
			}
			if !seen[n] {
				seen[n] = true
				names = append(names, n)
			}
		}
		h := hostsOf(t, names...)
		for range 20 {
			host := name(5)
			want, covered := naiveHost(names, host)
			if _, got, ok := h.Lookup(host); got != want || ok != covered {
				t.Fatalf("%q among %q: %q %v, want %q %v", host, names, got, ok, want, covered)
			}
		}
	}
}

func TestHostNames(t *testing.T) {
	for rule, row := range map[string]struct{ name, says string }{
		"a name":                      {"grafana.example.com", ""},
		"a name of one label":         {"localhost", ""},
		"names below":                 {"*.example.com", ""},
		"an A-label":                  {"xn--bcher-kva.example", ""},
		"an underscore":               {"my_app.example", ""},
		"an IPv4 address":             {"10.0.0.1", ""},
		"an IPv6 address":             {"[2001:db8::1]", ""},
		"a star alone":                {"*", "write it as routes"},
		"a star in the middle":        {"a.*.example.com", "nowhere else"},
		"a star within a label":       {"a*.example.com", "nowhere else"},
		"two stars":                   {"*.*.example.com", "nowhere else"},
		"a scheme":                    {"https://example.com", "without scheme and path"},
		"a path":                      {"example.com/api", "without scheme and path"},
		"a port":                      {"example.com:8080", "without the port"},
		"the default port":            {"example.com:80", "without the port"},
		"a port of an IPv4 address":   {"10.0.0.1:80", "without the port"},
		"a port of an IPv6 address":   {"[::1]:80", "without the port"},
		"upper case":                  {"Example.com", "write example.com"},
		"upper case below":            {"*.Example.com", "write *.example.com"},
		"a trailing dot":              {"example.com.", "write example.com"},
		"IPv6 without brackets":       {"2001:db8::1", "[2001:db8::1]"},
		"IPv6 in another spelling":    {"[2001:DB8:0::1]", "write [2001:db8::1]"},
		"below an address":            {"*.10.0.0.1", "nothing is below"},
		"below an IPv6 address":       {"*.[::1]", "nothing is below"},
		"below nothing":               {"*.", "no host name"},
		"a U-label":                   {"bücher.example", "xn--"},
		"an empty label":              {"a..example", "no host name"},
		"a space":                     {"a example", "no host name"},
		"a number that is no address": {"10.0.1", "no host name"},
	} {
		h, err := policy.BuildHosts([]policy.Host{{Name: row.name, Files: files("_middleware")}})
		switch problems, _ := errors.AsType[policy.Problems](err); {
		case row.says == "" && (err != nil || h == nil):
			t.Errorf("%s: %v", rule, err)
		case row.says != "" && (len(problems) != 1 || problems[0].Source != row.name || !strings.Contains(problems[0].Detail, row.says)):
			t.Errorf("%s: %v, want %q", rule, err, row.says)
		}
	}
}

func TestBuildHostsReportsEverything(t *testing.T) {
	all := []policy.Host{
		{Name: "a.example", Files: files("_middleware", "x//y")},
		{Name: "a.example", Files: files("_middleware")},
		{Name: "B.example", Files: files(":id")},
		{Files: files("_middleware")}, {Files: files("_middleware")},
	}
	_, err := policy.BuildHosts(all)
	if problems, _ := errors.AsType[policy.Problems](err); len(problems) != 5 {
		t.Errorf("%v", err)
	}
	for n, ok := range map[int]bool{policy.MaxHosts: true, policy.MaxHosts + 1: false} {
		all = all[:0]
		for i := range n {
			all = append(all, policy.Host{Name: fmt.Sprint("h", i)})
		}
		if _, err := policy.BuildHosts(all); (err == nil) != ok {
			t.Errorf("%d hosts: %v", n, err)
		}
	}
}

func TestHostsAreListedInTheirOrder(t *testing.T) {
	h := hostsOf(t, "b.example", "", "*.a.example")
	var names, routes []string
	for name := range h.Trees() {
		names = append(names, name)
	}
	for r := range h.All() {
		routes = append(routes, r.Label())
		if len(routes) == 2 {
			break
		}
	}
	if fmt.Sprintf("%q", names) != `["b.example" "" "*.a.example"]` || fmt.Sprintf("%q", routes) != `["b.example/*" "/*"]` {
		t.Errorf("%q %q", names, routes)
	}
	for range (*policy.Hosts)(nil).All() {
		t.Error("no Hosts have a route")
	}
}

func TestHostsExplain(t *testing.T) {
	h := hostsOf(t, "a.example")
	if x, known := h.Explain("GET", "a.example:1", "/x"); !known || x.Host != "a.example" || x.Pattern != "/*" {
		t.Errorf("%+v", x)
	}
	if x, known := h.Explain("GET", "b.example", "/x"); known || x.Covered || x.Host != "" || x.Path != "/x" {
		t.Errorf("%+v", x)
	}
}

func TestHostsLookupAllocatesNothing(t *testing.T) {
	h := hostsOf(t, "a.example", "*.b.example", "")
	for _, host := range []string{"a.example:8443", "x.y.b.example", "other.example"} {
		if n := testing.AllocsPerRun(100, func() { h.Lookup(host) }); n != 0 {
			t.Errorf("%s: %v allocations", host, n)
		}
	}
}

// FuzzHosts: a name that is taken covers a canonical request for it, and what
// another reader could take for it is not taken.
func FuzzHosts(f *testing.F) {
	for _, name := range []string{"a.example", "*.a.example", "*", "a.example:80", "[::1]", "A.example.", "10.0.0.1", "bücher.example", "", "*.[::1]", "xn--a"} {
		f.Add(name, "a.a.example:8080")
	}
	f.Fuzz(func(t *testing.T, name, host string) {
		h, err := policy.BuildHosts([]policy.Host{{Name: name, Files: files("_middleware")}})
		if err != nil {
			return
		}
		asked := strings.Replace(name, "*.", "any.", 1)
		if read, err := canonical.Host(asked, "https"); name != "" && (err != nil || read != asked && len(asked) <= 253) {
			t.Fatalf("%q is taken, and no request has it: %q %v", name, read, err)
		}
		if host, err = canonical.Host(host, "https"); err != nil {
			return
		}
		want, covered := naiveHost([]string{name}, canonical.Hostname(host))
		if _, got, ok := h.Lookup(host); got != want || ok != covered {
			t.Fatalf("%q with %q: %q %v", host, name, got, ok)
		}
	})
}
