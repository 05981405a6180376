package outbound_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"testing"

	"github.com/edgeward/edgeward/internal/outbound"
)

func TestRedirect(t *testing.T) {
	for _, row := range []struct {
		rule, from, to string
		hops           int
		ok             bool
	}{
		{"same host", "https://idp.example/a", "https://idp.example/b", 1, true},
		{"same host, other case", "https://idp.example/a", "https://IDP.example/b", 1, true},
		{"three hops", "https://idp.example/a", "https://idp.example/b", 3, true},
		{"four hops", "https://idp.example/a", "https://idp.example/b", 4, false},
		{"another host", "https://idp.example/a", "https://evil.example/a", 1, false},
		{"a host below", "https://idp.example/a", "https://x.idp.example/a", 1, false},
		{"another port", "https://idp.example/a", "https://idp.example:6443/a", 1, false},
		{"userinfo", "https://idp.example/a", "https://a@idp.example/a", 1, false},
		{"https to http", "https://idp.example/a", "http://idp.example/a", 1, false},
		{"https to http on the same port", "https://127.0.0.1:1/a", "http://127.0.0.1:1/a", 1, false},
		{"another scheme", "https://idp.example/a", "ftp://idp.example/a", 1, false},
	} {
		from, _ := url.Parse(row.from)
		to, _ := url.Parse(row.to)
		via := make([]*http.Request, row.hops)
		for i := range via {
			via[i] = &http.Request{URL: from}
		}
		if err := outbound.Redirects(3)(&http.Request{URL: to}, via); (err == nil) != row.ok {
			t.Errorf("%s: %v", row.rule, err)
		}
	}
}

func TestIsPublic(t *testing.T) {
	for _, public := range []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "::ffff:8.8.8.8", "2606:4700:4700::1111", "100.128.0.1"} {
		if !outbound.IsPublic(netip.MustParseAddr(public)) {
			t.Errorf("%s is not called public", public)
		}
	}
	for _, private := range []string{
		"127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
		"0.0.0.0", "0.1.2.3", "192.0.0.8", "198.18.0.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:100.64.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00::1", "fec0::1", "ff02::1",
		"64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::1", "2001:0:a00:1::1", "2001:db8::1", "100::1",
	} {
		if outbound.IsPublic(netip.MustParseAddr(private)) {
			t.Errorf("%s is called public", private)
		}
	}
	if outbound.IsPublic(netip.Addr{}) {
		t.Error("no address is called public")
	}
}
