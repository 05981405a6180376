package warn_test

import (
	"strings"
	"testing"
)

func TestRulesThatDoNotMeanWhatTheyLookLike(t *testing.T) {
	const proxy, fronted, tls = "proxy: {listen: 127.0.0.1:8443, upstream: http://127.0.0.1:3000}\n", "trusted_proxies: [192.0.2.1/32]\n", "proxy: {listen: 127.0.0.1:8443, upstream: http://127.0.0.1:3000, tls: {acme: {cache: x, hosts: [a.example.com]}}}\n"
	const issuer = "issuers: [{issuer: https://id.example.com/, audiences: [a]}]\n"
	route := func(more string) string { return "routes: {_middleware: {authenticate: [bearer], " + more + "}}\n" }
	warns(t, map[string]row{
		"a wide network that is public":       {fronted + proxy + issuer + route("public_networks: [128.0.0.0/1]"), "a large part", "public_networks holds 128.0.0.0/1"},
		"a wide one of IPv6":                  {fronted + proxy + issuer + route("public_networks: ['2000::/3']"), "a large part", "2000::/3"},
		"a wide network that is closed":       {fronted + proxy + issuer + route("networks: [128.0.0.0/1]"), "a large part", ""},
		"an ordinary one":                     {fronted + proxy + issuer + route("public_networks: [192.0.2.0/24]"), "a large part", ""},
		"a web server that is not declared":   {proxy + issuer + route("public_networks: [192.0.2.0/24]"), "trusted_proxies is empty", "public_networks asks for the client's address"},
		"in an alternative":                   {proxy + issuer + route("allow: [{networks: [192.0.2.0/24]}]"), "trusted_proxies is empty", "allow asks for the client's address"},
		"one that is":                         {fronted + proxy + issuer + route("public_networks: [192.0.2.0/24]"), "trusted_proxies is empty", ""},
		"no web server, for TLS is our own":   {tls + issuer + route("public_networks: [192.0.2.0/24]"), "trusted_proxies is empty", ""},
		"a private network":                   {tls + issuer + route("networks: [10.1.0.0/16]"), "no client is known", "in 10.1.0.0/16 of networks"},
		"a private network of clients":        {tls + "client_networks: [10.0.0.0/8]\n" + issuer + route("networks: [10.1.0.0/16]"), "no client is known", ""},
		"a private network behind the server": {fronted + proxy + issuer + route("networks: [10.1.0.0/16]"), "no client is known", ""},
		"an open network at every host":       {fronted + proxy + issuer + route("public_networks: [192.0.2.0/24]"), "made to point here", "by hosts of proxy or"},
		"at every host of both doors":         {fronted + proxy + "forward_auth: {listen: 127.0.0.1:8082}\n" + issuer + route("public_networks: [192.0.2.0/24]"), "made to point here", "by hosts of proxy and forward_auth or"},
		"at some hosts":                       {fronted + strings.Replace(proxy, "}", ", hosts: [a.example.com]}", 1) + issuer + route("public_networks: [192.0.2.0/24]"), "made to point here", ""},
		"at a host of its own":                {fronted + proxy + issuer + "hosts: {a.example.com: {authenticate: [bearer], public_networks: [192.0.2.0/24]}}\n", "made to point here", ""},
		"by HTTPS":                            {tls + issuer + route("public_networks: [192.0.2.0/24]"), "made to point here", ""},
		"a restricted network at every host":  {fronted + proxy + issuer + route("networks: [192.0.2.0/24]"), "made to point here", ""},
	})
}
