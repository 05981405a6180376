// Package hosthandle makes and opens the values by which a browser proves a
// sign-in to one host. A handle names a session or a refresh family, and a MAC
// binds it to the host: nothing of it is kept, and it is worth what the object is
// worth at that moment. The end of the object is the end of all its handles.
//
// A handle at another host is no handle. The MAC says so without I/O, so that a
// guess, and a cookie that was carried to a neighbour, cost the store nothing.
package hosthandle

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/mac"
	"github.com/edgeward/edgeward/internal/keep/table"
)

// A value is prefix and the base64url of the object's id, when the handle was
// issued, and the MAC. Those are 48 bytes together, so no character has bits to
// spare and each value has one spelling.
const (
	// prefix tells a handle from every other credential, for people and for
	// scanners that look for leaked secrets.
	prefix = "ewh_"

	bodySize  = table.IDSize + 8
	macSize   = 24 // of HMAC-SHA256's 32
	rawSize   = bodySize + macSize
	valueSize = len(prefix) + rawSize/3*4

	maxHost = 253 // bytes of a DNS name

	// maxNoted bounds the hosts that a row notes. A handle may be good at more.
	maxNoted = 32
)

// A Kind is what a handle names.
type Kind byte

// The kinds.
const (
	OfSession Kind = 's'
	OfFamily  Kind = 'f'
)

var base64url = base64.RawURLEncoding.Strict()

// Is reports whether value says that it is a handle. It may be no good one.
func Is(value edgeward.Secret) bool { return strings.HasPrefix(value.Reveal(), prefix) }

// Make returns the handle of an object at host, a canonical name without a port:
// cookies do not know ports (RFC 6265 §8.5). ok is false for what is no name.
func Make(key *mac.Key, kind Kind, id table.ID, host string, now time.Time) (value edgeward.Secret, ok bool) {
	if host == "" || len(host) > maxHost {
		return edgeward.Secret{}, false
	}
	var raw [rawSize]byte
	copy(raw[:], id[:])
	binary.BigEndian.PutUint64(raw[table.IDSize:], uint64(now.UnixMilli()))
	sum := authenticate(key, kind, (*[bodySize]byte)(raw[:]), host)
	copy(raw[bodySize:], sum[:])
	return edgeward.NewSecret(prefix + base64url.EncodeToString(raw[:])), true
}

// Open returns the object that value names at host. ok is false for what was not
// made for that host and kind by one of keys. It does no I/O and allocates nothing.
func Open(keys []*mac.Key, kind Kind, value edgeward.Secret, host string) (id table.ID, ok bool) {
	if !Is(value) || value.Len() != valueSize || host == "" || len(host) > maxHost {
		return id, false
	}
	var raw [rawSize]byte
	var source [valueSize]byte
	// What is no base64url comes out short; so does what holds CR or LF, which
	// Go's decoder skips.
	if n, _ := base64url.Decode(raw[:], append(source[:0], value.Reveal()[len(prefix):]...)); n != rawSize {
		return id, false
	}
	for _, key := range keys { // which of them fits is no secret
		sum := authenticate(key, kind, (*[bodySize]byte)(raw[:]), host)
		if subtle.ConstantTimeCompare(sum[:], raw[bodySize:]) == 1 {
			return table.ID(raw[:table.IDSize]), true
		}
	}
	return id, false
}

// authenticate returns the truncated MAC. The prefix stands first, whatever else
// the key authenticates; all but the host, which stands last, has one length.
func authenticate(key *mac.Key, kind Kind, body *[bodySize]byte, host string) [macSize]byte {
	var room [len(prefix) + 1 + bodySize + maxHost]byte
	message := append(append(append(room[:0], prefix...), byte(kind)), body[:]...)
	sum := key.Sum(append(message, host...))
	return [macSize]byte(sum[:])
}

// Noted reports whether a row that notes hosts needs no note of a use at host: it has
// one, or is full.
func Noted(hosts []string, host string) bool {
	return len(hosts) >= maxNoted || slices.Contains(hosts, host)
}
