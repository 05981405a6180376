package clientip_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/clientip"
)

// proxies are the declared ones of all tests.
var proxies = []string{"10.0.0.0/8", "192.0.2.7/32", "2001:db8:1::/48"}

func trusted(t testing.TB) *clientip.Trusted {
	t.Helper()
	set, err := clientip.New(prefixes(proxies...))
	if err != nil {
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
// the client is its first address.
var chains = map[string]struct {
	peer  string
	lines []string
	chain string
}{
	"no field, untrusted peer":          {"203.0.113.9", nil, "203.0.113.9"},
	"no field, trusted peer":            {"10.0.0.1", nil, "10.0.0.1"},
	"untrusted peer claims an address":  {"203.0.113.9", []string{"1.2.3.4"}, "203.0.113.9"},
	"untrusted peer claims a proxy":     {"203.0.113.9", []string{"10.0.0.1"}, "203.0.113.9"},
	"one proxy":                         {"10.0.0.1", []string{"203.0.113.9"}, "203.0.113.9, 10.0.0.1"},
	"client forged the left":            {"10.0.0.1", []string{"1.2.3.4, 203.0.113.9"}, "203.0.113.9, 10.0.0.1"},
	"client forged a proxy on the left": {"10.0.0.1", []string{"10.0.0.9, 203.0.113.9"}, "203.0.113.9, 10.0.0.1"},
	"two proxies":                       {"10.0.0.1", []string{"203.0.113.9, 192.0.2.7"}, "203.0.113.9, 192.0.2.7, 10.0.0.1"},
	"undeclared proxy is the client":    {"10.0.0.1", []string{"203.0.113.9, 192.0.2.8"}, "192.0.2.8, 10.0.0.1"},
	"all trusted":                       {"10.0.0.1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3, 10.0.0.2, 10.0.0.1"},
	"several lines, last first":         {"10.0.0.1", []string{"1.2.3.4", "203.0.113.9", "10.0.0.2"}, "203.0.113.9, 10.0.0.2, 10.0.0.1"},
	"forged line before the proxy's":    {"10.0.0.1", []string{"10.0.0.5", "203.0.113.9"}, "203.0.113.9, 10.0.0.1"},
	"white space":                       {"10.0.0.1", []string{" \t203.0.113.9\t ,\t10.0.0.2 "}, "203.0.113.9, 10.0.0.2, 10.0.0.1"},
	"no white space":                    {"10.0.0.1", []string{"203.0.113.9,10.0.0.2"}, "203.0.113.9, 10.0.0.2, 10.0.0.1"},
	"IPv6":                              {"2001:db8:1::1", []string{"2001:DB8:2:0::9"}, "2001:db8:2::9, 2001:db8:1::1"},
	"v4-mapped peer":                    {"::ffff:10.0.0.1", []string{"203.0.113.9"}, "203.0.113.9, 10.0.0.1"},
	"v4-mapped hop":                     {"10.0.0.1", []string{"203.0.113.9, ::ffff:10.0.0.2"}, "203.0.113.9, 10.0.0.2, 10.0.0.1"},
	"v4-mapped client":                  {"10.0.0.1", []string{"::ffff:203.0.113.9"}, "203.0.113.9, 10.0.0.1"},
	"zone of the peer":                  {"2001:db8:1::1%eth0", []string{"203.0.113.9"}, "203.0.113.9, 2001:db8:1::1"},
	"zone of a client":                  {"10.0.0.1", []string{"fe80::1%made-up"}, "fe80::1, 10.0.0.1"},
	"zone of a hop":                     {"10.0.0.1", []string{"203.0.113.9, 2001:db8:1::1%x"}, "203.0.113.9, 2001:db8:1::1, 10.0.0.1"},
	"garbage":                           {"10.0.0.1", []string{"unknown"}, "10.0.0.1"},
	"garbage behind a hop":              {"10.0.0.1", []string{"<script>, 10.0.0.2"}, "10.0.0.2, 10.0.0.1"},
	"garbage hides what is left of it":  {"10.0.0.1", []string{"203.0.113.9, x, 10.0.0.2"}, "10.0.0.2, 10.0.0.1"},
	"garbage left of the client":        {"10.0.0.1", []string{"x, 203.0.113.9"}, "203.0.113.9, 10.0.0.1"},
	"empty line":                        {"10.0.0.1", []string{""}, "10.0.0.1"},
	"empty element":                     {"10.0.0.1", []string{"203.0.113.9,,10.0.0.2"}, "10.0.0.2, 10.0.0.1"},
	"trailing comma":                    {"10.0.0.1", []string{"203.0.113.9,"}, "10.0.0.1"},
	"address with a port":               {"10.0.0.1", []string{"203.0.113.9:4711"}, "10.0.0.1"},
	"address in brackets":               {"10.0.0.1", []string{"[2001:db8::9]"}, "10.0.0.1"},
	"octal address":                     {"10.0.0.1", []string{"0203.0.113.9"}, "10.0.0.1"},
	"short address":                     {"10.0.0.1", []string{"203.113"}, "10.0.0.1"},
	"line feed":                         {"10.0.0.1", []string{"203.0.113.9\n10.0.0.2"}, "10.0.0.1"},
	"address with an endless zone":      {"10.0.0.1", []string{"fe80::1%" + strings.Repeat("z", 4096)}, "10.0.0.1"},
	"a megabyte of commas":              {"10.0.0.1", []string{strings.Repeat(",", 1<<20)}, "10.0.0.1"},
	"a hundred thousand hops":           {"10.0.0.1", []string{strings.Repeat("10.0.0.1,", 1e5) + "10.0.0.1"}, strings.Repeat("10.0.0.1, ", 1e5+1) + "10.0.0.1"},
	"no peer (a Unix socket)":           {"", []string{"203.0.113.9"}, ""},
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
			first, _, _ := strings.Cut(row.chain, ", ")
			if client := set.Client(peer, h); client.IsValid() != peer.IsValid() || peer.IsValid() && client.String() != first {
				t.Errorf("Client = %v, want %q", client, first)
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
		for _, peer := range []string{"127.0.0.1", "::1", "10.0.0.1"} {
			if client := set.Client(netip.MustParseAddr(peer), h); client.String() != peer {
				t.Errorf("Client = %v behind %s, want the peer: no proxy is declared", client, peer)
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
		want := walk(peer, strings.Split(strings.Join(lines, ","), ","))
		client, chain := set.Client(peer, h), set.Chain(peer, h)
		if client != want[0] {
			t.Errorf("Client = %v behind %v for %q, want %v", client, peer, lines, want[0])
		}
		if client.Is4In6() || client.Zone() != "" || client.IsValid() != peer.IsValid() {
			t.Errorf("Client = %v, not in its one form", client)
		}
		var texts []string
		for _, hop := range want {
			texts = append(texts, hop.String())
		}
		if wantChain := strings.Join(texts, ", "); peer.IsValid() && chain != wantChain {
			t.Errorf("Chain = %q, want %q", chain, wantChain)
		}
	})
}

// walk returns the true addresses, the client first.
func walk(peer netip.Addr, elements []string) []netip.Addr {
	hops := []netip.Addr{peer.Unmap().WithZone("")}
	slices.Reverse(elements)
	for _, element := range elements {
		inside := func(p netip.Prefix) bool { return p.Contains(hops[0]) }
		if !slices.ContainsFunc(prefixes(proxies...), inside) {
			break
		}
		element = strings.Trim(element, " \t")
		addr, err := netip.ParseAddr(element)
		if err != nil || len(element) > 64 {
			break
		}
		hops = slices.Insert(hops, 0, addr.Unmap().WithZone(""))
	}
	return hops
}

func BenchmarkClient(b *testing.B) {
	set, peer := trusted(b), netip.MustParseAddr("10.0.0.1")
	h := edgeward.Header{"X-Forwarded-For": {"1.2.3.4, 203.0.113.9, 10.0.0.2"}}
	b.ReportAllocs()
	for b.Loop() {
		set.Client(peer, h)
	}
}
