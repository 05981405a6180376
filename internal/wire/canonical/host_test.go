package canonical_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

var longName = strings.Repeat(strings.Repeat("a", 62)+".", 4) // 252 bytes

var hosts = map[string]struct{ raw, scheme, want string }{
	"plain":                         {"example.org", "https", "example.org"},
	"case":                          {"EXAMPLE.Org", "https", "example.org"},
	"trailing dot":                  {"example.org.", "https", "example.org"},
	"trailing dot and port":         {"example.org.:8080", "https", "example.org:8080"},
	"default port of https":         {"example.org:443", "https", "example.org"},
	"default port of http":          {"example.org:80", "http", "example.org"},
	"default port of the other one": {"example.org:80", "https", "example.org:80"},
	"https port over http":          {"example.org:443", "http", "example.org:443"},
	"other port":                    {"example.org:8080", "http", "example.org:8080"},
	"highest port":                  {"example.org:65535", "http", "example.org:65535"},
	"one label":                     {"localhost", "http", "localhost"},
	"A-label":                       {"xn--bcher-kva.example", "https", "xn--bcher-kva.example"},
	"underscore, as in the wild":    {"my_app.example", "https", "my_app.example"},
	"digits in a label":             {"127.0.0.1.example", "https", "127.0.0.1.example"},
	"label that starts with digits": {"1and1.example", "https", "1and1.example"},
	"top label is not a number":     {"a.0xyz", "https", "a.0xyz"},
	"IPv4":                          {"192.0.2.1:80", "http", "192.0.2.1"},
	"IPv4 with a trailing dot":      {"192.0.2.1.", "http", "192.0.2.1"},
	"IPv6":                          {"[2001:DB8:0:0::1]:443", "https", "[2001:db8::1]"},
	"IPv6 with a port":              {"[::1]:8080", "https", "[::1]:8080"},
	"longest name":                  {longName + "b", "https", longName + "b"},
	"longest label":                 {strings.Repeat("a", 63) + ".b", "https", strings.Repeat("a", 63) + ".b"},
}

var badHosts = map[string]string{
	"empty":                                "",
	"dot":                                  ".",
	"port only":                            ":80",
	"empty port":                           "example.org:",
	"port zero":                            "example.org:0",
	"port over 65535":                      "example.org:65536",
	"port over 64 bits":                    "example.org:99999999999999999999",
	"port with leading zero":               "example.org:0443",
	"port with sign":                       "example.org:+443",
	"port with underscore":                 "example.org:4_43",
	"port with space":                      "example.org: 443",
	"two ports":                            "example.org:80:80",
	"userinfo":                             "admin@example.org",
	"userinfo with colon":                  "a:b@example.org",
	"two trailing dots":                    "example.org..",
	"leading dot":                          ".example.org",
	"empty label":                          "example..org",
	"label of 64 bytes":                    strings.Repeat("a", 64) + ".org",
	"name of 254 bytes":                    longName + "bb",
	"list":                                 "example.org, evil.example",
	"space":                                "example.org evil.example",
	"white space around":                   " example.org",
	"line feed":                            "example.org\nX-Auth-Subject: admin",
	"NUL":                                  "example.org\x00",
	"slash":                                "example.org/evil",
	"backslash":                            `example.org\evil`,
	"question mark":                        "example.org?evil",
	"number sign":                          "example.org#evil",
	"semicolon":                            "example.org;evil",
	"percent-encoding":                     "example%2eorg",
	"beyond ASCII":                         "bücher.example",
	"fullwidth full stop":                  "example\uff0eorg",
	"Kelvin sign":                          "\u212aelvin.example",
	"IPv4 as one number":                   "2130706433",
	"IPv4 in two parts":                    "127.1",
	"IPv4 in hexadecimal":                  "0x7f.0.0.1",
	"IPv4 ends in hexadecimal":             "127.0.0.0x1",
	"IPv4 ends in bare 0x":                 "127.0.0.0x",
	"IPv4 with upper-case 0X":              "127.0.0.0X1",
	"IPv4 in octal":                        "127.0.0.01",
	"IPv4 octet over 255":                  "127.0.0.256",
	"IPv4 in five parts":                   "127.0.0.0.1",
	"name that ends in a number":           "example.1",
	"IPv6 without brackets":                "2001:db8::1",
	"IPv6 without second bracket":          "[::1",
	"IPv6 and port without second bracket": "[::1:80",
	"IPv6 without first bracket":           "::1]",
	"IPv6 with a zone":                     "[fe80::1%25eth0]",
	"IPv6 with a bare zone":                "[fe80::1%eth0]",
	"IPv6 and a name":                      "[::1]example.org",
	"IPv4 in brackets":                     "[192.0.2.1]",
	"name in brackets":                     "[example.org]",
	"empty brackets":                       "[]",
	"two brackets":                         "[[::1]]",
}

func TestHost(t *testing.T) {
	for rule, row := range hosts {
		t.Run(rule, func(t *testing.T) {
			if got, err := canonical.Host(row.raw, row.scheme); err != nil || got != row.want {
				t.Errorf("Host(%q, %s) = %q, %v, want %q", row.raw, row.scheme, got, err, row.want)
			}
		})
	}
	for rule, raw := range badHosts {
		t.Run(rule, func(t *testing.T) {
			if got, err := canonical.Host(raw, "https"); !errors.Is(err, edgeward.MalformedRequest) || got != "" {
				t.Errorf("Host(%q) = %q, %v, want nothing and MalformedRequest", raw, got, err)
			}
		})
	}
}

func TestScheme(t *testing.T) {
	for raw, want := range map[string]string{"http": "http", "HTTPS": "https", "ws": "http", "wss": "https"} {
		if got, err := canonical.Scheme(raw); err != nil || got != want {
			t.Errorf("Scheme(%q) = %q, %v, want %q", raw, got, err, want)
		}
	}
	for _, raw := range []string{"", " https", "https,http", "ftp", "http\u017f", "https:", "on"} {
		if got, err := canonical.Scheme(raw); !errors.Is(err, edgeward.MalformedRequest) || got != "" {
			t.Errorf("Scheme(%q) = %q, %v, want nothing and MalformedRequest", raw, got, err)
		}
	}
}

func FuzzHost(f *testing.F) {
	for _, row := range hosts {
		seed(f, row.raw)
	}
	for _, raw := range badHosts {
		seed(f, raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, scheme := range []string{"http", "https"} {
			host, err := canonical.Host(raw, scheme)
			if err != nil {
				if !errors.Is(err, edgeward.MalformedRequest) || host != "" {
					t.Fatalf("Host(%q) = %q, %v", raw, host, err)
				}
				continue
			}
			if again, err := canonical.Host(host, scheme); err != nil || again != host {
				t.Errorf("Host(%q) = %q, %v: not a fixed point", host, again, err)
			}
			u, err := url.Parse(scheme + "://" + host + "/")
			if err != nil || u.Host != host || u.User != nil || u.Path != "/" {
				t.Errorf("net/url reads %q as %+v, %v", host, u, err)
			}
			if !strings.EqualFold(host, raw) && len(host) > len(raw) && !strings.HasPrefix(raw, "[") {
				t.Errorf("Host(%q) = %q, longer than what was sent", raw, host)
			}
		}
	})
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "localhost:8080": true, "LOCALHOST:8080": true,
		"127.0.0.1": true, "127.9.9.9:80": true, "::1": true, "[::1]": true, "[::1]:443": true, "::ffff:127.0.0.1": true, "[::ffff:127.0.0.1]:80": true,
		"": false, ":80": false, "localhost.evil.example": false, "localhost.": false, "localhost:x": false, "localhost:80:evil.example": false,
		"evil.localhost.example": false, "127.0.0.1.evil.example": false, "10.0.0.1": false, "[2001:db8::1]:80": false, "128.0.0.1": false, "0.0.0.0": false,
		"127.1": false, "2130706433": false, "localhost@evil.example": false,
	} {
		if canonical.IsLoopback(host) != want {
			t.Errorf("%q: not %v", host, want)
		}
	}
}

// Every reader of an encoded octet reads as net/url does.
func TestOctet(t *testing.T) {
	for a := range 256 {
		for b := range 256 {
			s := string([]byte{'%', byte(a), byte(b)})
			want, err := url.PathUnescape(s)
			if got, ok := canonical.Octet(s); ok != (err == nil) || ok && string([]byte{got}) != want {
				t.Fatalf("%q: %q, %v; net/url: %q, %v", s, got, ok, want, err)
			}
		}
	}
	for _, s := range []string{"", "%", "%4", "41", "a41"} {
		if _, ok := canonical.Octet(s); ok {
			t.Errorf("%q decodes", s)
		}
	}
}
