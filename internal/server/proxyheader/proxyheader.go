// Package proxyheader reads the header of the PROXY protocol, versions 1 and 2
// (haproxy.org, proxy-protocol.txt), by which a balancer says whose connection it
// passes on. It takes one spelling of each: what a balancer would not write is an
// error, since what stands behind it would be read in two ways.
package proxyheader

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

const (
	maxText   = 107  // bytes of a header of version 1, its line end included (§2.1)
	maxBinary = 2048 // bytes of one of version 2, with what vendors add (certificates' names)
	fixed     = 16   // bytes of one of version 2 that are always there
)

// signature begins a header of version 2 (§2.2).
const signature = "\r\n\r\n\x00\r\nQUIT\n"

// errMalformed says that what came is no header, or not one that is read one way.
var errMalformed = errors.New("proxyheader: malformed")

// A Header says whose connection it is.
type Header struct {
	Local  bool           // the balancer's own, as its health checks are; or it does not know
	Source netip.AddrPort // of the client, else
}

// Read reads a header, by as many calls of read as it takes, and returns what came
// behind it. It reads at most 2 KiB. An error is read's, or says that it is none.
func Read(read func([]byte) (int, error)) (h Header, rest []byte, err error) {
	buffer := make([]byte, 0, maxBinary)
	for {
		size, err := length(buffer)
		if err != nil {
			return h, nil, err
		}
		if size > 0 && len(buffer) >= size {
			h, err = parse(buffer[:size])
			return h, buffer[size:], err
		}
		if len(buffer) == cap(buffer) {
			return h, nil, errMalformed
		}
		n, err := read(buffer[len(buffer):cap(buffer)])
		if buffer = buffer[:len(buffer)+n]; n == 0 && err != nil {
			return h, nil, err
		}
	}
}

// length returns how many bytes the header has that begins with b, 0 while that is
// not known.
func length(b []byte) (int, error) {
	switch {
	case strings.HasPrefix(signature, string(b[:min(len(b), len(signature))])):
		if len(b) < fixed {
			return 0, nil
		}
		size := fixed + int(binary.BigEndian.Uint16(b[14:]))
		if size > maxBinary {
			return 0, errMalformed
		}
		return size, nil
	case strings.HasPrefix("PROXY ", string(b[:min(len(b), 6)])):
		end := bytes.Index(b[:min(len(b), maxText)], []byte("\r\n"))
		switch {
		case end >= 0:
			return end + len("\r\n"), nil
		case len(b) >= maxText:
			return 0, errMalformed
		}
		return 0, nil
	}
	return 0, errMalformed
}

func parse(b []byte) (Header, error) {
	if b[0] == 'P' {
		return parseText(string(b[:len(b)-len("\r\n")]))
	}
	return parseBinary(b)
}

// parseText reads "PROXY TCP4 192.0.2.1 198.51.100.1 40000 443".
func parseText(line string) (h Header, err error) {
	words := strings.Split(line, " ")
	if words[1] == "UNKNOWN" { // whatever follows has to be ignored (§2.1)
		return Header{Local: true}, nil
	}
	if len(words) != 6 || words[1] != "TCP4" && words[1] != "TCP6" {
		return h, errMalformed
	}
	source, err := address(words[1], words[2], words[4])
	if err == nil {
		_, err = address(words[1], words[3], words[5])
	}
	return Header{Source: source}, err
}

func address(family, host, port string) (netip.AddrPort, error) {
	addr, err := netip.ParseAddr(host)
	number, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || port != strconv.FormatUint(number, 10) || addr.Zone() != "" || addr.Is4() != (family == "TCP4") {
		return netip.AddrPort{}, errMalformed
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)), nil
}

// parseBinary reads a header of version 2.
func parseBinary(b []byte) (h Header, err error) {
	command, family, addresses := b[12], b[13], b[fixed:]
	switch {
	case command == 0x20: // LOCAL: what follows has to be ignored
		return Header{Local: true}, nil
	case command != 0x21:
		return h, errMalformed
	}
	switch family {
	case 0x11: // TCP over IPv4
		if len(addresses) < 12 {
			return h, errMalformed
		}
		h.Source = netip.AddrPortFrom(netip.AddrFrom4([4]byte(addresses)), binary.BigEndian.Uint16(addresses[8:]))
	case 0x21: // over IPv6
		if len(addresses) < 36 {
			return h, errMalformed
		}
		h.Source = netip.AddrPortFrom(netip.AddrFrom16([16]byte(addresses)).Unmap(), binary.BigEndian.Uint16(addresses[32:]))
	case 0x00, 0x31: // it does not know, or a Unix socket of its own
		return Header{Local: true}, nil
	default:
		return h, errMalformed
	}
	return h, nil
}
