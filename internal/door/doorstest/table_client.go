package doorstest

import (
	"net/netip"
	"strings"

	"github.com/edgeward/edgeward"
)

// unreadable are what a declared proxy may say of a client without naming its
// address.
var unreadable = []string{
	"unknown", "_hidden", "", " ", "198.51.100.7,", "198.51.100.7, unknown", "198.51.100.7:", "198.51.100.7:x", "[198.51.100.7]", "[2001:db8:9::1",
	"for=198.51.100.7", "localhost", "198.51.100.7.", "0x0a.0.0.1", "fe80::1%eth0", "fe80::1", "127.0.0.1", "169.254.0.1", "0.0.0.0", "10.0.0.9",
}

// clients: a proxy's own address is never that of its client, and what cannot be
// read is unknown, which opens no key that is bound to a network.
func clients(s *System) []row {
	ours, theirs := "X-API-Key: "+s.proxiesKey, "X-API-Key: "+s.clientsKey
	rows := []row{
		{rule: "33: a declared proxy that names no client", request: get("/chain/x", ours).from(farther), want: edgeward.APIKeyNetwork, nobody: true},
		{rule: "33: several lines, the last of which names none", request: get("/chain/x", theirs, "X-Forwarded-For: 198.51.100.7", "X-Forwarded-For: unknown").from(farther),
			want: edgeward.APIKeyNetwork, nobody: true},
	}
	for _, said := range unreadable {
		field := "X-Forwarded-For: " + said
		rows = append(rows,
			row{rule: "33: a declared proxy says " + said + " to its network", request: get("/chain/x", ours, field).from(farther), want: edgeward.APIKeyNetwork, nobody: true},
			row{rule: "33: a declared proxy says " + said, request: get("/chain/x", theirs, field).from(farther), want: edgeward.APIKeyNetwork, nobody: true},
		)
	}
	for _, peer := range []string{"192.168.0.1", "172.16.0.1", "100.64.0.1", "127.0.0.1", "169.254.0.1", "fd00::1"} {
		from := netip.MustParseAddr(peer)
		rows = append(rows, row{rule: "33: " + peer + " says for whom", request: get("/chain/x", theirs, "X-Forwarded-For: 198.51.100.7").from(from), want: edgeward.APIKeyNetwork, nobody: true})
	}
	for _, said := range []string{
		"198.51.100.7:4711", `"198.51.100.7"`, `"198.51.100.7:_x"`, " 198.51.100.7 ", "[2001:db8:9::1]", "[2001:db8:9::1]:443", `"[2001:db8:9::1]:443"`, "2001:db8:9::1%eth0",
	} {
		client := "198.51.100.7"
		if strings.Contains(said, "2001:") {
			client = "2001:db8:9::1"
		}
		rows = append(rows, row{rule: "33: a declared proxy says " + said, request: get("/chain/x", theirs, "X-Forwarded-For: 203.0.113.77, "+said).from(farther),
			want: edgeward.Authenticated, decided: edgeward.Request{ClientIP: netip.MustParseAddr(client)}})
	}
	return rows
}
