package admin

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

const maxBody = 64 << 10 // bytes

// readBody reads the body as it came. That it has to say application/json
// keeps out what a form on another site can send.
func readBody(in *endpoint.Call) ([]byte, error) {
	if !in.IsMediaType("application/json") {
		return nil, errMediaType
	}
	text, err := in.Read(maxBody)
	if broken, ok := errors.AsType[*problem.Failure](err); ok && broken.Fault == problem.BodyTooLarge {
		return nil, errLarge
	}
	if err != nil {
		return nil, malformed("The body broke off, or took too long.")
	}
	return text, nil
}

// A body is the members of a request. It remembers the first thing that was
// wrong with them, and what nobody asked for.
type body struct {
	members strictjson.Members
	known   []string
	wrong   error
}

func parseBody(text []byte) (*body, error) {
	members, err := strictjson.Object(text)
	if err != nil {
		syntax, _ := errors.AsType[*strictjson.SyntaxError](err)
		return nil, malformed("The body is not one JSON object: %s, at byte %d.", syntax.Problem, syntax.Offset)
	}
	return &body{members: members}, nil
}

// end refuses what was wrong, and then a member that nobody asked for: a
// misspelt "expires" would be a key that never ends.
func (b *body) end() error {
	if b.wrong != nil {
		return b.wrong
	}
	for _, m := range b.members {
		if !slices.Contains(b.known, m.Name) {
			return malformed("The member %s is unknown.", quote(m.Name))
		}
	}
	return nil
}

// quote spells a name that a client chose.
func quote(name string) string {
	if len(name) > 64 {
		name = name[:64]
	}
	return strconv.QuoteToASCII(name)
}

func (b *body) lookup(name string) (strictjson.Value, bool) {
	b.known = append(b.known, name)
	return b.members.Lookup(name)
}

// check notes that member name is not what it has to be, unless ok.
func (b *body) check(ok bool, name, what string) {
	if !ok && b.wrong == nil {
		b.wrong = malformed("The member %q has to be %s.", name, what)
	}
}

// text reads a string, "" when there is none. One that is there and empty is a
// mistake: taken for absent, "expires" would make a key that never ends.
func (b *body) text(name string) string {
	v, there := b.lookup(name)
	s, ok := v.String()
	b.check(ok || !there, name, "a string")
	b.check(s != "" || !there, name, "left out or not empty")
	return s
}

// need reads a string that has to be there.
func (b *body) need(name string) string {
	s := b.text(name)
	b.check(s != "", name, "there and not empty")
	return s
}

// flag reads true or false, false when there is none.
func (b *body) flag(name string) bool {
	v, there := b.lookup(name)
	b.check(!there || v.Raw() == "true" || v.Raw() == "false", name, "true or false")
	return v.Raw() == "true"
}

// permissions reads scope-tokens, none when the member is absent. One that
// cannot be spelled would be dropped in silence further down.
func (b *body) permissions(name string) []string {
	list := b.list(name, "an array of scope-tokens (RFC 6749 §3.3)")
	for _, p := range list {
		b.check(edgeward.IsScopeToken(p), name, "an array of scope-tokens (RFC 6749 §3.3)")
	}
	return list
}

func (b *body) list(name, what string) []string {
	v, there := b.lookup(name)
	list, ok := v.Strings()
	b.check(ok || !there, name, what)
	return list
}

// networks reads prefixes. An address alone is refused: whoever wrote it may
// have meant its network.
func (b *body) networks(name string) []netip.Prefix {
	const what = `an array of networks as "192.0.2.0/24"`
	var all []netip.Prefix
	for _, text := range b.list(name, what) {
		n, err := netip.ParsePrefix(text)
		b.check(err == nil, name, what)
		all = append(all, n)
	}
	return all
}

// address reads an IP address, the zero one when there is none.
func (b *body) address(name string) netip.Addr {
	text := b.text(name)
	if text == "" {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(text)
	b.check(err == nil && a.Zone() == "", name, "an IP address")
	return a.Unmap()
}

// when reads a time from 1970 to 9999 in UTC, whatever its offset says, the
// zero time when there is none.
func (b *body) when(name string) time.Time {
	text := b.text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	b.check(err == nil && t.Unix() >= 0 && t.UTC().Year() <= 9999, name, "a time by RFC 3339, from 1970 to 9999 in UTC")
	return t
}

// seconds reads a whole number of seconds, from 0 to most, that has to be there.
func (b *body) seconds(name string, most time.Duration) time.Duration {
	v, _ := b.lookup(name)
	n, err := strconv.ParseInt(v.Raw(), 10, 64)
	ok := err == nil && n >= 0 && n <= int64(most/time.Second)
	b.check(ok, name, "a whole number of seconds from 0 to "+strconv.FormatInt(int64(most/time.Second), 10))
	if !ok {
		return 0
	}
	return time.Duration(n) * time.Second
}
