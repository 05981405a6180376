package edgeward

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
)

// A Group is the name of a group, made ready to be looked for among those of
// identities: a rule asks for twenty, and a user can be in hundreds.
type Group struct {
	name  string
	place uint32 // which word of a filter it is in
	bits  uint64 // and which bits of it
}

// groupSeed is chosen at random, so that no one who names groups can make all of
// them look like the one that is asked for, which would cost time.
var groupSeed = maphash.MakeSeed()

// GroupOf returns the group of that name.
func GroupOf(name string) Group {
	h := maphash.String(groupSeed, name)
	return Group{name, uint32(h >> 32), 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63)}
}

// Name returns the name that g was made of.
func (g Group) Name() string { return g.name }

// asked is what rules ask of a profile, made once.
type asked struct {
	groups  groupFilter
	mailbox string
}

func askedOf(p *Profile) *asked {
	a := asked{filterOf(p.Groups), mailboxOf(p.Email)}
	if a.groups == nil && a.mailbox == "" {
		return nil
	}
	return &a
}

// In reports whether the profile of a sealed identity has the group.
func (id *Identity) In(g Group) bool {
	if !id.MayBeIn(&g) {
		return false
	}
	_, in := slices.BinarySearch(id.Profile.Groups, g.name)
	return in
}

// MayBeIn is In that is wrong now and then, and only by saying yes: some ten times
// faster, it tells apart most groups that an identity is not in.
func (id *Identity) MayBeIn(g *Group) bool {
	if id.asked == nil || len(id.asked.groups) == 0 {
		return false
	}
	f := id.asked.groups
	return f[int(g.place)&(len(f)-1)]&g.bits == g.bits
}

// A groupFilter is a Bloom filter, of a power of two words: three bits of one word for
// each group, about ten bits of room. 200 groups take 256 bytes.
type groupFilter []uint64

func filterOf(groups []string) groupFilter {
	if len(groups) == 0 {
		return nil
	}
	words := (len(groups)*10 + 63) / 64
	f := make(groupFilter, 1<<bits.Len(uint(words-1)))
	for _, name := range groups {
		g := GroupOf(name)
		f[int(g.place)&(len(f)-1)] |= g.bits
	}
	return f
}

// Mailbox returns the e-mail address of a sealed identity as rules compare it: in
// ASCII lower case, since no provider keeps two users apart by the case of their
// addresses. It is "" for what two readers could find two domains in, as in
// "root@example.com@evil.example": there has to be exactly one "@" with something on
// both sides, before it no sign that would have to be quoted and no encoded word, in
// which mail servers find another address ("=?utf-8?q?root=40evil.example=3e?="), and
// behind it nothing but names with dots between. Letters beyond ASCII stay as they
// are: the Kelvin sign is no k.
func (id *Identity) Mailbox() string {
	if id.asked == nil {
		return ""
	}
	return id.asked.mailbox
}

func mailboxOf(email string) string {
	local, domain, _ := strings.Cut(email, "@")
	if local == "" || domain == "" || strings.Contains(local, "=?") || strings.ContainsFunc(local, quotes) || strings.ContainsFunc(domain, endsDomain) ||
		strings.Contains("."+domain+".", "..") {
		return ""
	}
	return FoldASCII(email)
}

// quotes reports whether r stands in the name of an address in quotes alone (RFC 5322
// §3.2.3), or becomes an "@" where letters are normalized.
func quotes(r rune) bool { return strings.ContainsRune(" ()<>[]:;,\\\"\uff20\ufe6b", r) }

// endsDomain reports whether r is no sign of a domain's names.
func endsDomain(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '.', r == '_':
		return false
	}
	return r < 0x80 || r == '\uff20' || r == '\ufe6b'
}

// FoldASCII returns s with its ASCII letters in lower case, and s itself where all
// are.
func FoldASCII(s string) string {
	i := strings.IndexFunc(s, func(r rune) bool { return 'A' <= r && r <= 'Z' })
	if i < 0 {
		return s
	}
	b := []byte(s)
	for ; i < len(b); i++ {
		if 'A' <= b[i] && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}
