// Package edgeward is the language of Edgeward, which answers one question at
// the edge: who is making this request, and may they?
//
// A door (a reverse proxy, a forward-auth endpoint, a Go middleware, a
// Cloudflare Worker) turns what arrived into a [Request]. A [Decider] answers
// it with a [Decision]. On the way a [Source] finds the [Credential] that the
// request carries and a [Verifier] says whose it is, as an [Identity], or
// refuses it for a [Reason].
//
// Three answers are kept apart everywhere, because an attacker lives on their
// confusion:
//
//   - absent: nothing was presented ([CredentialMissing]);
//   - invalid: something was presented and it proves nothing (any other Reason
//     with status 400, 401 or 403);
//   - could not tell: a dependency failed (an error that wraps no Reason, most
//     often an [UnavailableError]). It is answered 503, never 401, and never
//     lets anybody in.
//
// The zero value of every type here refuses: the zero Decision does not allow,
// the zero Reason is a 503, the zero Identity names nobody.
//
// The package is lean on purpose. It and everything below the doors also
// compile to WebAssembly, so it knows neither net/http nor the operating
// system; see docs/design.md.
package edgeward
