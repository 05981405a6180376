package clientip_test

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/wire/clientip"
)

func TestNewRefuses(t *testing.T) {
	for rule, row := range map[string]struct {
		prefixes []netip.Prefix
		message  string
	}{
		"everybody, IPv4":           {prefixes("0.0.0.0/0"), "every address"},
		"everybody, IPv6":           {prefixes("::/0"), "every address"},
		"everybody, v4-mapped":      {prefixes("::ffff:0.0.0.0/96"), "every address"},
		"everybody, beside others":  {prefixes("10.0.0.0/8", "0.0.0.0/0"), "every address"},
		"everybody, in two halves":  {prefixes("0.0.0.0/1", "128.0.0.0/1"), "every address"},
		"half of IPv6":              {prefixes("2000::/3"), "every address"},
		"everybody, with host bits": {prefixes("10.0.0.0/0"), "every address"},
		"twice":                     {prefixes("10.0.0.0/8", "::1/128", "10.0.0.0/8"), "twice"},
		"twice, once v4-mapped":     {prefixes("10.0.0.0/8", "::ffff:10.0.0.0/104"), "twice"},
		"bits beyond the length":    {prefixes("10.0.0.1/8"), "write 10.0.0.0/8"},
		"no prefix at all":          {[]netip.Prefix{{}}, "not a prefix"},
	} {
		t.Run(rule, func(t *testing.T) {
			set, err := clientip.New(row.prefixes)
			if err == nil || set != nil || !strings.Contains(err.Error(), row.message) {
				t.Errorf("New(%v) = %v, %v, want an error that says %q", row.prefixes, set, err, row.message)
			}
		})
	}
}

func TestContains(t *testing.T) {
	set, err := clientip.New(prefixes("192.168.0.0/16", "10.1.2.0/24", "10.0.0.0/8", "::ffff:198.51.100.0/120", "::1/128", "fd00::/8", "::/64"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"10.0.0.0":              true,
		"10.255.255.255":        true,
		"10.1.3.0":              true, // behind the narrower prefix, within the wider one
		"9.255.255.255":         false,
		"11.0.0.0":              false,
		"192.168.255.255":       true,
		"192.167.255.255":       false,
		"198.51.100.7":          true,
		"198.51.101.7":          false,
		"::ffff:10.0.0.1":       true,
		"::ffff:203.0.113.9":    false,
		"203.0.113.9":           false, // not in ::/64 by being v4-mapped
		"::1":                   true,
		"::1:0:0:0:1":           false,
		"fdff::1%eth0":          true,
		"fe00::1":               false,
		"0.0.0.0":               false,
		"255.255.255.255":       false,
		"ffff:ffff:ffff:ffff::": false,
	} {
		if got := set.Contains(netip.MustParseAddr(text)); got != want {
			t.Errorf("Contains(%s) = %v, want %v", text, got, want)
		}
	}
	if set.Contains(netip.Addr{}) {
		t.Error("Contains(no address) = true, want false")
	}
}

func TestNewKeepsItsArgument(t *testing.T) {
	given := prefixes("192.168.0.0/16", "10.0.0.0/8")
	if _, err := clientip.New(given); err != nil || !slices.Equal(given, prefixes("192.168.0.0/16", "10.0.0.0/8")) {
		t.Errorf("New: %v, argument is now %v, want it unchanged", err, given)
	}
}

// TestContainsAgreesWithALinearSearch draws nested and neighbouring prefixes.
func TestContainsAgreesWithALinearSearch(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	address := func() netip.Addr {
		return netip.AddrFrom4([4]byte{10, byte(random.IntN(4)), byte(random.IntN(4)), byte(random.IntN(256))})
	}
	for range 200 {
		var drawn []netip.Prefix
		for range random.IntN(40) {
			p := netip.PrefixFrom(address(), 14+random.IntN(19)).Masked()
			if !slices.Contains(drawn, p) {
				drawn = append(drawn, p)
			}
		}
		set, err := clientip.New(drawn)
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			a := address()
			want := slices.ContainsFunc(drawn, func(p netip.Prefix) bool { return p.Contains(a) })
			if got := set.Contains(a); got != want {
				t.Fatalf("Contains(%v) = %v in %v, want %v", a, got, drawn, want)
			}
		}
	}
}

func BenchmarkContains(b *testing.B) {
	var drawn []netip.Prefix
	for i := range 4096 {
		drawn = append(drawn, netip.PrefixFrom(netip.AddrFrom4([4]byte{20, byte(i >> 8), byte(i), 0}), 24))
	}
	set, err := clientip.New(drawn)
	if err != nil {
		b.Fatal(err)
	}
	a := netip.MustParseAddr("20.7.7.7")
	for b.Loop() {
		set.Contains(a)
	}
}
