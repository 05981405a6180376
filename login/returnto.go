package login

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/form"
)

// MaxReturnTo bounds where a sign-in returns to, in bytes: longer ones would
// crowd the transactions of other tabs out of their cookie.
const MaxReturnTo = 2 << 10

// ReturnTo reads where a person wants to return to after signing in, and
// returns a path with query of our own origin, in one spelling, or raw itself
// when it is an entry of allowed. "" is "/", and so is what is longer than 2 KB.
// A URL that begins with origin and a slash is that path.
//
// All else wraps [ErrReturnTo]: another origin in any disguise, whatever
// browsers and servers read in two ways, and fragments.
func ReturnTo(raw, origin string, allowed []string) (string, error) {
	if raw == "" || len(raw) > MaxReturnTo {
		return "/", nil
	}
	if slices.Contains(allowed, raw) {
		return raw, nil
	}
	path := raw
	if rest, ours := strings.CutPrefix(raw, origin+"/"); ours && origin != "" {
		path = "/" + rest
	}
	// A browser resolves what begins with anything else against its own idea of
	// a URL: "https:evil", " //evil" and "\t//evil" are absolute to it.
	if !strings.HasPrefix(path, "/") {
		return "", ErrReturnTo
	}
	// The same reading that decides about requests refuses "//evil", "/\evil",
	// "/%09/evil", "/.//evil" and encoded slashes, once or twice.
	target, err := canonical.RequestTarget(path)
	if err != nil {
		return "", refuse(ErrReturnTo, "%v", err)
	}
	path = canonical.EscapePath(target.Path)
	if target.RawQuery != "" {
		path += "?" + escapeBeyondASCII(target.RawQuery)
	}
	if len(path) > MaxReturnTo {
		return "/", nil
	}
	return path, nil
}

// checkOrigin wants an origin in the one spelling that is compared, as browsers
// send it.
func checkOrigin(origin string, insecure bool) error {
	t, err := canonical.RequestTarget(origin)
	if err != nil || t.Scheme+"://"+t.Host != origin {
		return fmt.Errorf("login: origin %q is not like https://app.example, in lower case and without a path", origin)
	}
	if t.Scheme != "https" && !(insecure && canonical.IsLoopback(t.Host)) {
		return fmt.Errorf("login: origin %s must be https: http is for a loopback address where insecure is set", origin)
	}
	return nil
}

// checkEntry wants an absolute URL of https that every reader reads alike.
func checkEntry(entry string, insecure bool) error {
	t, err := canonical.RequestTarget(entry)
	if err != nil || t.Scheme == "" || len(entry) > MaxReturnTo || escapeBeyondASCII(entry) != entry {
		return fmt.Errorf("login: return_to %q is no absolute URL in one spelling, or too long", entry)
	}
	if t.Scheme != "https" && !(insecure && canonical.IsLoopback(t.Host)) {
		return fmt.Errorf("login: return_to %s must be https", entry)
	}
	return nil
}

// escapeBeyondASCII encodes what no URL holds unencoded, and leaves the rest as
// it is: a query decides nothing and is not read.
func escapeBeyondASCII(s string) string {
	return form.EscapeUnless(s, func(c byte) bool { return ' ' < c && c < 0x7f })
}

// Return sends a browser that is signed in back where it wanted to go, without a
// sign-in. It counts as a finished one all the same: a browser that has what a
// sign-in gives, and is sent to sign in again and again, goes round and round.
// Errors wrap [ErrReturnTo] or [ErrLoop].
func (l *Login) Return(cookie edgeward.Secret, returnTo string) (Begun, error) {
	returnTo, err := l.Destination(returnTo)
	if err != nil {
		return Begun{}, err
	}
	now := l.clock.Now()
	j := l.openJar(cookie, now)
	if j.looping(returnTo) {
		return Begun{}, ErrLoop
	}
	j.rounds = append(j.rounds, newRound(returnTo, now))
	return Begun{Location: returnTo, Cookie: l.closeJar(j, now)}, nil
}
