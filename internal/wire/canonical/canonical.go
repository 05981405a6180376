// Package canonical is the one place that reads what a client wrote on the
// wire: path, host, method, scheme and header fields. Every door calls it, so
// what is decided is what is forwarded.
//
// About half of the authentication bypasses in gateways come from two readers
// of one request: the gateway sees /public/../admin or /public%2f..%2fadmin, the
// upstream sees /admin. A parser that mends such input has to guess which
// mending the upstream does. This package mends nothing: what has two readings
// is refused, wrapping [edgeward.MalformedRequest] (400), and what has one is
// returned in a single spelling, a fixed point of reading it again.
//
// What it does not do: it keeps the case of a path (RFC 3986 §6.2.2.1 lets a
// server tell /A from /a) and applies no Unicode normalisation form, so é
// composed and é decomposed are two paths.
//
// All functions are pure, safe for concurrent use, linear in their input and
// say in their errors which rule was broken, never the bytes that broke it: a
// path can hold a token.
package canonical

import (
	"fmt"

	"github.com/edgeward/edgeward"
)

// malformed returns the refusal of input that has no single reading.
func malformed(rule string) error {
	return fmt.Errorf("canonical: %s: %w", rule, edgeward.MalformedRequest)
}
