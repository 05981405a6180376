package proxyheader_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/edgeward/edgeward/internal/server/proxyheader"
)

const signature = "\r\n\r\n\x00\r\nQUIT\n"

func TestHeaders(t *testing.T) {
	const local = "local"
	for rule, row := range map[string]struct{ sent, want, rest string }{
		"IPv4":                        {"PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\nGET", "203.0.113.7:40000", "GET"},
		"IPv6":                        {"PROXY TCP6 2001:db8::7 2001:db8::1 1 443\r\n", "[2001:db8::7]:1", ""},
		"IPv4 in IPv6":                {"PROXY TCP6 ::ffff:203.0.113.7 ::ffff:198.51.100.1 1 443\r\n", "203.0.113.7:1", ""},
		"unknown":                     {"PROXY UNKNOWN\r\nrest", local, "rest"},
		"unknown, with addresses":     {"PROXY UNKNOWN ffff:: ffff:: 65535 65535\r\n", local, ""},
		"another family":              {"PROXY UDP4 203.0.113.7 198.51.100.1 40000 443\r\n", "", ""},
		"a family that is not its":    {"PROXY TCP4 2001:db8::7 198.51.100.1 40000 443\r\n", "", ""},
		"a zone":                      {"PROXY TCP6 fe80::1%eth0 2001:db8::1 1 443\r\n", "", ""},
		"the word for Unix sockets":   {"PROXY TCP6 ::%unix 2001:db8::1 1 443\r\n", "", ""},
		"two spaces":                  {"PROXY TCP4  203.0.113.7 198.51.100.1 40000 443\r\n", "", ""},
		"a leading zero in a port":    {"PROXY TCP4 203.0.113.7 198.51.100.1 040000 443\r\n", "", ""},
		"a port too large":            {"PROXY TCP4 203.0.113.7 198.51.100.1 65536 443\r\n", "", ""},
		"an address that is none":     {"PROXY TCP4 203.0.113 198.51.100.1 40000 443\r\n", "", ""},
		"a destination that is none":  {"PROXY TCP4 203.0.113.7 here 40000 443\r\n", "", ""},
		"a line feed alone":           {"PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\n" + strings.Repeat("x", 200), "", ""},
		"a line that is too long":     {"PROXY UNKNOWN " + strings.Repeat("x", 200) + "\r\n", "", ""},
		"small letters":               {"proxy TCP4 203.0.113.7 198.51.100.1 40000 443\r\n", "", ""},
		"HTTP":                        {"GET / HTTP/1.1\r\n\r\n", "", ""},
		"TLS":                         {"\x16\x03\x01\x02\x00", "", ""},
		"nothing":                     {"", "", ""},
		"a part of it":                {"PROXY TCP4 203.0", "", ""},
		"version 2":                   {signature + "\x21\x11\x00\x0c\xcb\x00\x71\x07\xc6\x33\x64\x01\x9c\x40\x01\xbbGET", "203.0.113.7:40000", "GET"},
		"version 2, IPv6":             {signature + "\x21\x21\x00\x24\x20\x01\x0d\xb8" + strings.Repeat("\x00", 11) + "\x07" + strings.Repeat("\x00", 16) + "\x00\x01\x01\xbb", "[2001:db8::7]:1", ""},
		"version 2, what vendors add": {signature + "\x21\x11\x00\x0f\xcb\x00\x71\x07\xc6\x33\x64\x01\x9c\x40\x01\xbb\x04\x00\x00", "203.0.113.7:40000", ""},
		"the balancer's own":          {signature + "\x20\x00\x00\x00GET", local, "GET"},
		"a Unix socket of its own":    {signature + "\x21\x31\x00\x00", local, ""},
		"version 3":                   {signature + "\x31\x11\x00\x0c\xcb\x00\x71\x07\xc6\x33\x64\x01\x9c\x40\x01\xbb", "", ""},
		"another command":             {signature + "\x22\x11\x00\x0c\xcb\x00\x71\x07\xc6\x33\x64\x01\x9c\x40\x01\xbb", "", ""},
		"datagrams":                   {signature + "\x21\x12\x00\x0c\xcb\x00\x71\x07\xc6\x33\x64\x01\x9c\x40\x01\xbb", "", ""},
		"an address that is short":    {signature + "\x21\x11\x00\x0b\xcb\x00\x71\x07\xc6\x33\x64\x01\x9c\x40\x01", "", ""},
		"more than there may be":      {signature + "\x21\x11\xff\xff" + strings.Repeat("\x00", 65535), "", ""},
	} {
		for how, reader := range map[string]io.Reader{"at once": strings.NewReader(row.sent), "byte by byte": iotest.OneByteReader(strings.NewReader(row.sent))} {
			h, rest, err := proxyheader.Read(reader.Read)
			got := h.Source.String()
			switch {
			case err != nil:
				got = ""
			case h.Local:
				got = local
			}
			if got != row.want || err == nil && how == "at once" && string(rest) != row.rest {
				t.Errorf("%s, %s: %q and %q, %v", rule, how, got, rest, err)
			}
		}
	}
}

// FuzzRead: whatever the bytes, what is read of them does not depend on how they
// come, nothing is lost, and there is an address or none.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\nGET", "PROXY UNKNOWN\r\n", signature + "\x21\x11\x00\x0c\xcb\x00\x71\x07\xc6\x33\x64\x01\x9c\x40\x01\xbbGET", signature + "\x20\x00\x00\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		whole := bytes.NewReader(data)
		h, rest, err := proxyheader.Read(whole.Read)
		slow, _, again := proxyheader.Read(iotest.OneByteReader(bytes.NewReader(data)).Read)
		if (err == nil) != (again == nil) || err == nil && h != slow {
			t.Errorf("%+v, %v; byte by byte %+v, %v", h, err, slow, again)
		}
		if err == nil && (h.Local == h.Source.IsValid() || h.Source.Addr().Zone() != "" || !bytes.HasSuffix(data[:len(data)-whole.Len()], rest)) {
			t.Errorf("%+v, then %q", h, rest)
		}
	})
}
