package server

import (
	"bytes"
	"sync/atomic"
)

const (
	// floodedBy is how many bytes of cookies no request may have ([credential.Cookie]).
	floodedBy = 32 << 10
	// besides is how many bytes of other things a header that cookies make too large
	// has at most. Any page can have its visitor's browser ask for a long URL, or
	// send a long referrer, and must not get at cookies by that.
	besides = 8 << 10
)

// tooLarge is what net/http answers, by one write, when a header is over the limit.
// Anything that a handler answers has a Date.
var tooLarge = []byte("HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" +
	"431 Request Header Fields Too Large")

// flooded is answered instead where cookies are the reason: else their owner is
// locked out until somebody removes them by hand. Which of them are whose nothing
// tells, so all of the domain go (Clear-Site-Data). Whoever can plant that many
// could as well have pushed the others out.
//
// That a person navigates is not asked: browsers and proxies send that behind the
// cookies, where nothing is read any more. It was a request that no route answers.
var flooded = []byte("HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n" +
	"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nClear-Site-Data: \"cookies\"\r\n\r\n" +
	"Your browser sent more cookies than can be read, so they are removed now. Load the page again.\n")

// cookieName is how a line of cookies begins, in lower case.
var cookieName = [...]byte{'c', 'o', 'o', 'k', 'i', 'e', ':'}

// A head counts what a connection reads of a header, before net/http has. Reads
// come one after the other until the header is there.
type head struct {
	over           atomic.Bool // the header is there, what follows is a body
	total, cookies int         // bytes
	line           int         // bytes of the line that is being read
	name           [len(cookieName)]byte
}

// begin is called before the header of another request.
func (h *head) begin() {
	h.total, h.cookies, h.line = 0, 0, 0
	h.over.Store(false)
}

// see counts p.
func (h *head) see(p []byte) {
	if h.over.Load() {
		return
	}
	h.total += len(p)
	for len(p) > 0 {
		part, rest := p, p[len(p):]
		end := bytes.IndexByte(p, '\n')
		if end >= 0 {
			part, rest = p[:end+1], p[end+1:]
		}
		if h.line < len(h.name) {
			copy(h.name[h.line:], part)
		}
		if h.line += len(part); h.line >= len(h.name) && bytes.EqualFold(h.name[:], cookieName[:]) {
			h.cookies += len(part)
		}
		if end >= 0 {
			h.line = 0
		}
		p = rest
	}
}

// refusal returns what to write in place of p.
func (h *head) refusal(p []byte) []byte {
	// In HTTP/2, where many write and none writes that, nothing is counted.
	if bytes.Equal(p, tooLarge) && h.over.Load() && h.cookies > floodedBy && h.total-h.cookies < besides {
		return flooded
	}
	return p
}
