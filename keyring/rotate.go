package keyring

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwt"
)

const (
	// DefaultDelay is how long a key is published before it signs. It must not
	// be shorter than the max-age with which the public set is served.
	DefaultDelay = 10 * time.Minute
	// DefaultLifetime is the life of an access token.
	DefaultLifetime = 15 * time.Minute
	// skew is added to the last token's life: another node's clock may be so
	// much behind when it signs, and a verifier's leeway reaches no further.
	skew = 2 * time.Minute
	// pickUp is how long a node may go on signing by the set that was there before:
	// until it has seen the new one, however large its configuration is.
	pickUp = 5 * time.Minute
)

// A Rotation hands over to a new key.
type Rotation struct {
	Key      []byte        // the private JWK that takes over, without nbf and exp
	Delay    time.Duration // from being published to signing; 0 means DefaultDelay
	Lifetime time.Duration // the longest that a token lives; 0 means DefaultLifetime
	Now      time.Time
}

// Rotate returns the set that follows set, nothing or a private JWK set as
// [Parse] reads it, with the new key in front. The new key activates after the
// delay, and at once where nothing would sign meanwhile. The others retire when
// the last token that they may have signed has died; what has retired already is
// dropped, and so is what would have activated later than any node goes by the old
// set.
//
// Rotate is pure and does not look into the key itself: Parse what it returned
// before it takes the old set's place.
func Rotate(set []byte, r Rotation) ([]byte, error) {
	if r.Delay < 0 || r.Lifetime < 0 || r.Now.IsZero() {
		return nil, errors.New("keyring: rotation needs a time, and no negative durations")
	}
	next, err := newcomer(r.Key)
	if err != nil {
		return nil, err
	}
	var old []entry
	if len(set) > 0 {
		if old, err = readSet(set); err != nil {
			return nil, err
		}
	}
	if slices.ContainsFunc(old, func(e entry) bool { return e.ID == next.ID }) {
		return nil, fmt.Errorf("keyring: the set has a key %q already", next.ID)
	}
	next.Activates = r.activation(old)
	return appendEntries(nil, append([]entry{next}, r.outgoing(old, next.Activates)...)), nil
}

func newcomer(jwk []byte) (entry, error) {
	entries, err := readSet(slices.Concat([]byte(`{"keys":[`), jwk, []byte(`]}`)))
	if err != nil {
		return entry{}, err
	}
	if len(entries) != 1 || !entries[0].Activates.IsZero() || !entries[0].Retires.IsZero() {
		return entry{}, errors.New("keyring: rotation takes one key, and sets its nbf and exp itself")
	}
	return entries[0], nil
}

// activation returns when the new key takes over: after the delay, or when the
// old keys stop signing, if that is sooner.
func (r Rotation) activation(old []entry) time.Time {
	at := r.Now.Add(orDefault(r.Delay, DefaultDelay)).Truncate(time.Second)
	covered := r.Now.Truncate(time.Second)
	for covered.Before(at) {
		i := slices.IndexFunc(old, func(e entry) bool { return e.active(covered) })
		if i < 0 {
			return covered
		}
		if old[i].Retires.IsZero() {
			return at
		}
		covered = old[i].Retires
	}
	return at
}

// outgoing returns the old keys that are still of use, with the time at which
// they will not be.
func (r Rotation) outgoing(old []entry, activation time.Time) []entry {
	stale := r.Now.Add(pickUp) // until then a node may go by the old set, which has no activation to stop it
	retirement := latest(activation, stale).Add(orDefault(r.Lifetime, DefaultLifetime) + skew).Truncate(time.Second)
	var kept []entry
	for _, e := range old {
		if e.retired(r.Now) || !e.Activates.Before(latest(activation, stale.Add(skew))) {
			continue
		}
		if e.Retires.IsZero() || e.Retires.After(retirement) {
			e.Retires = retirement
		}
		kept = append(kept, e)
	}
	return kept
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// NewHMAC returns a new private JWK for HS256, HS384 or HS512, with a random
// kid and a secret as long as the hash. A nil random means crypto/rand.
func NewHMAC(alg jwt.Algorithm, random io.Reader) ([]byte, error) {
	size, found := map[jwt.Algorithm]int{jwt.HS256: 32, jwt.HS384: 48, jwt.HS512: 64}[alg]
	if !found {
		return nil, fmt.Errorf("keyring: %q is not an HMAC algorithm", alg)
	}
	if random == nil {
		random = rand.Reader
	}
	b := make([]byte, 9+size)
	if _, err := io.ReadFull(random, b); err != nil {
		return nil, fmt.Errorf("keyring: random numbers: %w", err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return fmt.Appendf(nil, `{"kty":"oct","kid":"%s","alg":"%s","k":"%s"}`, encode(b[:9]), alg, encode(b[9:])), nil
}

// appendEntries appends the set, a key on each line.
func appendEntries(dst []byte, entries []entry) []byte {
	dst = append(dst, `{"keys":[`...)
	for i := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = entries[i].appendJSON(append(dst, '\n'))
	}
	return append(dst, "\n]}\n"...)
}

func (e *entry) appendJSON(dst []byte) []byte {
	dst = e.appendMaterial(dst)
	dst = appendTime(dst, "nbf", e.Activates)
	dst = appendTime(dst, "exp", e.Retires)
	return append(dst, '}')
}

// appendMaterial appends the key without nbf and exp, as it was written, and
// leaves the object open.
func (e *entry) appendMaterial(dst []byte) []byte {
	dst = append(dst, '{')
	first := true
	for _, m := range e.members {
		if m.Name == "nbf" || m.Name == "exp" {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(strictjson.AppendString(dst, m.Name), ':')
		dst = append(dst, m.Value.Raw()...)
	}
	return dst
}

func appendTime(dst []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return dst
	}
	return strconv.AppendInt(append(dst, `,"`+name+`":`...), t.Unix(), 10)
}
