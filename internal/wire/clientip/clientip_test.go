package clientip_test

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// proxies are the declared ones of all tests.
var proxies = []string{"10.0.0.0/8", "192.0.2.7/32", "2001:db8:1::/48"}

// clients are the networks of clients of all tests, one of them within the first.
var clients = []string{"172.16.0.0/16", "10.200.0.0/16"}

func trusted(t testing.TB) *clientip.Trusted {
	t.Helper()
	set, err := clientip.New(prefixes(proxies...))
	if err != nil {
		t.Fatal(err)
	}
	if set, err = set.WithClients(prefixes(clients...)); err != nil {
		t.Fatal(err)
	}
	return set
}

func prefixes(texts ...string) (ps []netip.Prefix) {
	for _, text := range texts {
		ps = append(ps, netip.MustParsePrefix(text))
	}
	return ps
}

// chains: rows 33 and 35 of the attack list. The chain is what goes upstream;
// the client is its first address, or unknown: never a proxy.
var chains = map[string]struct {
	peer   string
	lines  []string
	chain  string
	client string // "" means unknown
}{
	"no field, untrusted peer":          {"203.0.113.9", nil, "203.0.113.9", "203.0.113.9"},
	"no field, trusted peer":            {"10.0.0.1", nil, "10.0.0.1", ""},
	"untrusted peer claims an address":  {"203.0.113.9", []string{"1.2.3.4"}, "203.0.113.9", "203.0.113.9"},
	"untrusted peer claims a proxy":     {"203.0.113.9", []string{"10.0.0.1"}, "203.0.113.9", "203.0.113.9"},
	"one proxy":                         {"10.0.0.1", []string{"203.0.113.9"}, "203.0.113.9, 10.0.0.1", "203.0.113.9"},
	"client forged the left":            {"10.0.0.1", []string{"1.2.3.4, 203.0.113.9"}, "203.0.113.9, 10.0.0.1", "203.0.113.9"},
	"client forged a proxy on the left": {"10.0.0.1", []string{"10.0.0.9, 203.0.113.9"}, "203.0.113.9, 10.0.0.1", "203.0.113.9"},
	"two proxies":                       {"10.0.0.1", []string{"203.0.113.9, 192.0.2.7"}, "203.0.113.9, 192.0.2.7, 10.0.0.1", "203.0.113.9"},
	"undeclared proxy is the client":    {"10.0.0.1", []string{"203.0.113.9, 192.0.2.8"}, "192.0.2.8, 10.0.0.1", "192.0.2.8"},
	"all trusted":                       {"10.0.0.1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3, 10.0.0.2, 10.0.0.1", ""},
	"several lines, last first":         {"10.0.0.1", []string{"1.2.3.4", "203.0.113.9", "10.0.0.2"}, "203.0.113.9, 10.0.0.2, 10.0.0.1", "203.0.113.9"},
	"forged line before the proxy's":    {"10.0.0.1", []string{"10.0.0.5", "203.0.113.9"}, "203.0.113.9, 10.0.0.1", "203.0.113.9"},
	"white space":                       {"10.0.0.1", []string{" \t203.0.113.9\t ,\t10.0.0.2 "}, "203.0.113.9, 10.0.0.2, 10.0.0.1", "203.0.113.9"},
	"no white space":                    {"10.0.0.1", []string{"203.0.113.9,10.0.0.2"}, "203.0.113.9, 10.0.0.2, 10.0.0.1", "203.0.113.9"},
	"IPv6":                              {"2001:db8:1::1", []string{"2001:DB8:2:0::9"}, "2001:db8:2::9, 2001:db8:1::1", "2001:db8:2::9"},
	"v4-mapped peer":                    {"::ffff:10.0.0.1", []string{"203.0.113.9"}, "203.0.113.9, 10.0.0.1", "203.0.113.9"},
	"v4-mapped hop":                     {"10.0.0.1", []string{"203.0.113.9, ::ffff:10.0.0.2"}, "203.0.113.9, 10.0.0.2, 10.0.0.1", "203.0.113.9"},
	"v4-mapped client":                  {"10.0.0.1", []string{"::ffff:203.0.113.9"}, "203.0.113.9, 10.0.0.1", "203.0.113.9"},
	"zone of the peer":                  {"2001:db8:1::1%eth0", []string{"203.0.113.9"}, "203.0.113.9, 2001:db8:1::1", "203.0.113.9"},
	"zone of a client":                  {"10.0.0.1", []string{"fe80::1%made-up"}, "fe80::1, 10.0.0.1", ""},
	"zone of a hop":                     {"10.0.0.1", []string{"203.0.113.9, 2001:db8:1::1%x"}, "203.0.113.9, 2001:db8:1::1, 10.0.0.1", "203.0.113.9"},
	"garbage":                           {"10.0.0.1", []string{"unknown"}, "10.0.0.1", ""},
	"garbage behind a hop":              {"10.0.0.1", []string{"<script>, 10.0.0.2"}, "10.0.0.2, 10.0.0.1", ""},
	"garbage hides what is left of it":  {"10.0.0.1", []string{"203.0.113.9, x, 10.0.0.2"}, "10.0.0.2, 10.0.0.1", ""},
	"garbage left of the client":        {"10.0.0.1", []string{"x, 203.0.113.9"}, "203.0.113.9, 10.0.0.1", "203.0.113.9"},
	"empty line":                        {"10.0.0.1", []string{""}, "10.0.0.1", ""},
	"empty element":                     {"10.0.0.1", []string{"203.0.113.9,,10.0.0.2"}, "10.0.0.2, 10.0.0.1", ""},
	"trailing comma":                    {"10.0.0.1", []string{"203.0.113.9,"}, "10.0.0.1", ""},
	"address with a port":               {"10.0.0.1", []string{"203.0.113.9:4711"}, "203.0.113.9, 10.0.0.1", "203.0.113.9"},
	"address in brackets":               {"10.0.0.1", []string{"[2001:db8::9]"}, "2001:db8::9, 10.0.0.1", "2001:db8::9"},
	"octal address":                     {"10.0.0.1", []string{"0203.0.113.9"}, "10.0.0.1", ""},
	"short address":                     {"10.0.0.1", []string{"203.113"}, "10.0.0.1", ""},
	"line feed":                         {"10.0.0.1", []string{"203.0.113.9\n10.0.0.2"}, "10.0.0.1", ""},
	"address with an endless zone":      {"10.0.0.1", []string{"fe80::1%" + strings.Repeat("z", 4096)}, "10.0.0.1", ""},
	"a megabyte of commas":              {"10.0.0.1", []string{strings.Repeat(",", 1<<20)}, "10.0.0.1", ""},
	"a hundred thousand hops":           {"10.0.0.1", []string{strings.Repeat("10.0.0.1,", 1e5) + "10.0.0.1"}, strings.Repeat("10.0.0.1, ", 1e5+1) + "10.0.0.1", ""},
	"no peer (a Unix socket)":           {"", []string{"203.0.113.9"}, "", ""},
	"brackets and a port":               {"10.0.0.1", []string{"[2001:db8::9]:443"}, "2001:db8::9, 10.0.0.1", "2001:db8::9"},
	"a hop with a port":                 {"10.0.0.1", []string{"203.0.113.9, 10.0.0.2:80"}, "203.0.113.9, 10.0.0.2, 10.0.0.1", "203.0.113.9"},
	"in quotes":                         {"10.0.0.1", []string{`"203.0.113.9"`}, "203.0.113.9, 10.0.0.1", "203.0.113.9"},
	"as RFC 7239 §6 quotes it":          {"10.0.0.1", []string{`"[2001:db8::9]:4711"`}, "2001:db8::9, 10.0.0.1", "2001:db8::9"},
	"an obfuscated port":                {"10.0.0.1", []string{"203.0.113.9:_a.b-c"}, "203.0.113.9, 10.0.0.1", "203.0.113.9"},
	"IPv6 whose end looks so":           {"10.0.0.1", []string{"2001:db8::9:443"}, "2001:db8::9:443, 10.0.0.1", "2001:db8::9:443"},
	"unknown behind a claim":            {"10.0.0.1", []string{"203.0.113.9, unknown"}, "10.0.0.1", ""},
	"obfuscated":                        {"10.0.0.1", []string{"_hidden"}, "10.0.0.1", ""},
	"a proxy that knows none":           {"10.0.0.1", []string{"203.0.113.9, "}, "10.0.0.1", ""},
	"no port":                           {"10.0.0.1", []string{"203.0.113.9:"}, "10.0.0.1", ""},
	"a port of letters":                 {"10.0.0.1", []string{"203.0.113.9:x"}, "10.0.0.1", ""},
	"a port of six digits":              {"10.0.0.1", []string{"203.0.113.9:123456"}, "10.0.0.1", ""},
	"IPv4 in brackets":                  {"10.0.0.1", []string{"[203.0.113.9]"}, "10.0.0.1", ""},
	"an open bracket":                   {"10.0.0.1", []string{"[2001:db8::9"}, "10.0.0.1", ""},
	"something after brackets":          {"10.0.0.1", []string{"[2001:db8::9]x"}, "10.0.0.1", ""},
	"one quote":                         {"10.0.0.1", []string{`"`}, "10.0.0.1", ""},
	"nothing in quotes":                 {"10.0.0.1", []string{`""`}, "10.0.0.1", ""},
	"a pair as RFC 7239 has":            {"10.0.0.1", []string{"for=203.0.113.9"}, "10.0.0.1", ""},

	"close by, undeclared":                      {"192.168.0.1", nil, "192.168.0.1", ""},
	"close by, undeclared, IPv6":                {"fd00::1", nil, "fd00::1", ""},
	"close by, undeclared, RFC 6598":            {"100.64.0.1", nil, "100.64.0.1", ""},
	"close by, undeclared, with a field":        {"192.168.0.1", []string{"203.0.113.9"}, "192.168.0.1", ""},
	"this machine":                              {"127.0.0.1", nil, "127.0.0.1", ""},
	"a link":                                    {"fe80::1%eth0", nil, "fe80::1", ""},
	"a declared proxy's own machine":            {"10.0.0.1", []string{"127.0.0.1"}, "127.0.0.1, 10.0.0.1", ""},
	"a declared proxy's link":                   {"10.0.0.1", []string{"169.254.0.9"}, "169.254.0.9, 10.0.0.1", ""},
	"no address at all":                         {"10.0.0.1", []string{"0.0.0.0"}, "0.0.0.0, 10.0.0.1", ""},
	"a private client of a declared proxy":      {"10.0.0.1", []string{"192.168.0.9"}, "192.168.0.9, 10.0.0.1", "192.168.0.9"},
	"a private hop that names a client":         {"10.0.0.1", []string{"203.0.113.9, 192.168.0.9"}, "192.168.0.9, 10.0.0.1", ""},
	"a private hop that names, on another line": {"10.0.0.1", []string{"203.0.113.9", "192.168.0.9"}, "192.168.0.9, 10.0.0.1", ""},
	"clients, close by":                         {"172.16.0.9", nil, "172.16.0.9", "172.16.0.9"},
	"clients that claim an address":             {"172.16.0.9", []string{"203.0.113.9"}, "172.16.0.9", "172.16.0.9"},
	"clients that claim, behind a proxy":        {"10.0.0.1", []string{"203.0.113.9, 172.16.0.9"}, "172.16.0.9, 10.0.0.1", "172.16.0.9"},
	"clients among proxies":                     {"10.200.0.9", []string{"203.0.113.9"}, "10.200.0.9", "10.200.0.9"},
}

func TestClient(t *testing.T) {
	set := trusted(t)
	for rule, row := range chains {
		t.Run(rule, func(t *testing.T) {
			var peer netip.Addr
			if row.peer != "" {
				peer = netip.MustParseAddr(row.peer)
			}
			h := edgeward.Header{
				"X-Forwarded-For": row.lines,
				"Forwarded":       {"for=198.51.100.1"},
				"X-Real-Ip":       {"198.51.100.2"},
			}
			if chain := set.Chain(peer, h); chain != row.chain {
				t.Errorf("Chain = %.200q, want %.200q", chain, row.chain)
			}
			var want netip.Addr
			if row.client != "" {
				want = netip.MustParseAddr(row.client)
			}
			if client := set.Client(peer, h); client != want {
				t.Errorf("Client = %v, want %v", client, want)
			}
		})
	}
}

func TestNobodyIsTrustedByDefault(t *testing.T) {
	h := edgeward.Header{"X-Forwarded-For": {"203.0.113.9"}}
	none, err := clientip.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []*clientip.Trusted{nil, {}, none} {
		for peer, want := range map[string]bool{"127.0.0.1": false, "::1": false, "10.0.0.1": false, "198.51.100.1": true} {
			client := set.Client(netip.MustParseAddr(peer), h)
			if client.IsValid() != want || want && client.String() != peer {
				t.Errorf("Client = %v behind %s: no proxy is declared", client, peer)
			}
		}
	}
}

func TestClientAllocatesNothing(t *testing.T) {
	set, peer := trusted(t), netip.MustParseAddr("10.0.0.1")
	h := edgeward.Header{"X-Forwarded-For": {"1.2.3.4, 203.0.113.9, 10.0.0.2"}}
	if n := testing.AllocsPerRun(100, func() { set.Client(peer, h) }); n > 0 {
		t.Errorf("Client allocates %v times, want 0", n)
	}
}

// FuzzForwarded holds Client and Chain to a second, plainer reading.
func FuzzForwarded(f *testing.F) {
	for _, row := range chains {
		if text := strings.Join(row.lines, "\n"); len(text) < 512 {
			f.Add(row.peer, text)
		}
	}
	set := trusted(f)
	f.Fuzz(func(t *testing.T, peerText, text string) {
		peer, _ := netip.ParseAddr(peerText)
		lines := strings.Split(text, "\n")
		h := edgeward.Header{"X-Forwarded-For": lines}
		hops, readable := walk(peer, strings.Split(strings.Join(lines, ","), ","))
		client, chain := set.Client(peer, h), set.Chain(peer, h)
		if client.IsValid() && (client != hops[0] || !readable || set.Contains(client)) {
			t.Errorf("Client = %v behind %v for %q, where %v are true, readable to the end: %v", client, peer, lines, hops, readable)
		}
		if open := hops[0]; readable && open.IsValid() && open.IsGlobalUnicast() && !open.IsPrivate() && !shared.Contains(open) && !set.Contains(open) && client != open {
			t.Errorf("Client = %v behind %v for %q, want %v", client, peer, lines, open)
		}
		if client.Is4In6() || client.Zone() != "" {
			t.Errorf("Client = %v, not in its one form", client)
		}
		var texts []string
		for _, hop := range hops {
			texts = append(texts, hop.String())
		}
		if wantChain := strings.Join(texts, ", "); peer.IsValid() && chain != wantChain {
			t.Errorf("Chain = %q, want %q", chain, wantChain)
		}
	})
}

var (
	shared = netip.MustParsePrefix("100.64.0.0/10")
	// node is an address as RFC 7239 §6 writes it, in quotes or without.
	node = regexp.MustCompile(`^(?:(\d[\d.]*)|\[([^\]\[]*:[^\]\[]*)\])(?::(?:\d{1,5}|_[A-Za-z0-9._-]+))?$`)
)

// walk returns the true addresses, the farthest first, and whether none was
// hidden by what is no address.
func walk(peer netip.Addr, elements []string) (hops []netip.Addr, readable bool) {
	hops = []netip.Addr{peer.Unmap().WithZone("")}
	slices.Reverse(elements)
	within := func(blocks []string) bool {
		return slices.ContainsFunc(prefixes(blocks...), func(p netip.Prefix) bool { return p.Contains(hops[0]) })
	}
	for _, element := range elements {
		if !within(proxies) || within(clients) {
			break
		}
		element = strings.Trim(element, " \t")
		bare := element
		if n := len(bare); n > 1 && bare[0] == '"' && bare[n-1] == '"' {
			bare = bare[1 : n-1]
		}
		if parts := node.FindStringSubmatch(bare); parts != nil {
			bare = parts[1] + parts[2]
		}
		addr, err := netip.ParseAddr(bare)
		if err != nil || len(element) > 64 {
			return hops, false
		}
		hops = slices.Insert(hops, 0, addr.Unmap().WithZone(""))
	}
	return hops, true
}

func BenchmarkClient(b *testing.B) {
	set, peer := trusted(b), netip.MustParseAddr("10.0.0.1")
	h := edgeward.Header{"X-Forwarded-For": {"1.2.3.4, 203.0.113.9, 10.0.0.2"}}
	b.ReportAllocs()
	for b.Loop() {
		set.Client(peer, h)
	}
}
