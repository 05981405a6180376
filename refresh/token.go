package refresh

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/mac"
	"github.com/edgeward/edgeward/internal/keep/table"
)

// A token is Prefix and the base64url of family, generation and MAC. Those are
// 48 bytes together, so no character has bits to spare and each token has one
// spelling.
const (
	// Prefix tells a refresh token from every other credential, for people and
	// for scanners that look for leaked secrets.
	Prefix = "ewr_"

	bodySize = table.IDSize + 8
	macSize  = 24 // of HMAC-SHA256's 32
	rawSize  = bodySize + macSize
)

var errInvalid = fmt.Errorf("refresh: not a refresh token of ours: %w", edgeward.RefreshInvalid)

var base64url = base64.RawURLEncoding.Strict()

// familyID names a family. It is random and no secret.
type familyID = table.ID

// token computes the token of a generation. The same key, family and generation
// give the same token, on every node.
func (f *Families) token(id familyID, generation uint64) edgeward.Secret {
	raw := binary.BigEndian.AppendUint64(append(make([]byte, 0, rawSize), id[:]...), generation)
	sum := authenticate(f.keys[0], raw)
	return edgeward.NewSecret(Prefix + base64url.EncodeToString(append(raw, sum[:]...)))
}

// authenticate returns the truncated MAC of a token's body. The prefix stands
// before it, whatever else the key may come to authenticate.
func authenticate(key *mac.Key, body []byte) [macSize]byte {
	sum := key.Sum(append(append(make([]byte, 0, len(Prefix)+bodySize), Prefix...), body...))
	return [macSize]byte(sum[:])
}

// open reads a token and proves that it was made here. It does no I/O, so that
// what is truncated, extended, re-encoded or guessed costs the store nothing.
func (f *Families) open(token edgeward.Secret) (id familyID, generation uint64, err error) {
	encoded, ours := strings.CutPrefix(token.Reveal(), Prefix)
	if !ours || len(encoded) != base64url.EncodedLen(rawSize) {
		return id, 0, errInvalid
	}
	var raw [rawSize]byte
	// Go's decoder stops where the text is wrong and skips CR and LF: what it
	// decodes in full has one spelling.
	if n, _ := base64url.Decode(raw[:], []byte(encoded)); n != rawSize {
		return id, 0, errInvalid
	}
	if !f.signed(raw[:bodySize], raw[bodySize:]) {
		return id, 0, errInvalid
	}
	copy(id[:], raw[:])
	return id, binary.BigEndian.Uint64(raw[table.IDSize:bodySize]), nil
}

// signed reports whether any key made sum of body. Each comparison takes
// constant time.
func (f *Families) signed(body, sum []byte) bool {
	found := false
	for _, key := range f.keys {
		right := authenticate(key, body)
		found = hmac.Equal(right[:], sum) || found
	}
	return found
}

// FamilyOf returns the id of the family that token belongs to, whatever its
// generation, without asking the store: for revoking (RFC 7009), where an old
// token serves as well. The error wraps [edgeward.RefreshInvalid].
func (f *Families) FamilyOf(token edgeward.Secret) (string, error) {
	id, _, err := f.open(token)
	if err != nil {
		return "", err
	}
	return id.String(), nil
}
