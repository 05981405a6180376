package session

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/mac"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/store"
)

// A cookie's value is Prefix and the base64url of 32 random bytes and one half
// of their MAC. Those are 48 bytes together, so no character has bits to spare
// and each value has one spelling. The other half of the MAC is the public id.
const (
	// Prefix tells a session from every other credential, for people and for
	// scanners that look for leaked secrets.
	Prefix = "ews_"

	randomSize = 32
	proofSize  = 16
	rawSize    = randomSize + proofSize
	valueSize  = len(Prefix) + rawSize/3*4

	// What a message under the key begins with: ids and index rows never share
	// a MAC.
	ofSession = 's'
	ofSubject = 'i'
)

var base64url = base64.RawURLEncoding.Strict()

// A publicID names a session and proves nothing: no cookie can be computed from
// it. Lists, logs, revocations and X-Auth-Session show it.
type publicID = table.ID

// mint makes a session's cookie value.
func (m *Manager) mint() (edgeward.Secret, publicID) {
	var raw [rawSize]byte
	rand.Read(raw[:randomSize]) // aborts the program rather than fail
	id, proof := split(m.keys[0], (*[randomSize]byte)(raw[:]))
	copy(raw[randomSize:], proof[:])
	return edgeward.NewSecret(Prefix + base64url.EncodeToString(raw[:])), id
}

// open tells whose cookie value it is, and that it was made here. It does no
// I/O and allocates nothing: a guess costs the store nothing.
func (m *Manager) open(value edgeward.Secret) (id publicID, ok bool) {
	encoded, ours := strings.CutPrefix(value.Reveal(), Prefix)
	if !ours || value.Len() != valueSize {
		return id, false
	}
	var raw [rawSize]byte
	var source [valueSize]byte
	// What is no base64url comes out short; so does what holds CR or LF, which
	// Go's decoder skips.
	if n, _ := base64url.Decode(raw[:], append(source[:0], encoded...)); n != rawSize {
		return id, false
	}
	for _, key := range m.keys { // which of them fits is no secret
		id, proof := split(key, (*[randomSize]byte)(raw[:]))
		if subtle.ConstantTimeCompare(proof[:], raw[randomSize:]) == 1 {
			return id, true
		}
	}
	return id, false
}

// IDOf returns the public id of a cookie value that was made here, whether its
// session is alive or not; ok is false for any other value. It asks nobody.
func (m *Manager) IDOf(value edgeward.Secret) (id string, ok bool) {
	public, ok := m.open(value)
	if !ok {
		return "", false
	}
	return public.String(), true
}

// split computes the MAC of the random part and returns its halves.
func split(key *mac.Key, random *[randomSize]byte) (id publicID, proof [proofSize]byte) {
	message := [1 + randomSize]byte{ofSession}
	copy(message[1:], random[:])
	sum := key.Sum(message[:])
	return publicID(sum[:len(id)]), [proofSize]byte(sum[len(id):])
}

// indexPrefix returns where the sessions of a subject are indexed. It is a MAC
// of both names with their lengths: a store's reader cannot try out who has
// sessions, and no two subjects share one.
func indexPrefix(key *mac.Key, issuer, subject string) string {
	message := append(make([]byte, 0, 128), ofSubject)
	for _, name := range []string{issuer, subject} {
		message = append(binary.BigEndian.AppendUint64(message, uint64(len(name))), name...)
	}
	sum := key.Sum(message)
	return store.SubjectPrefix + base64url.EncodeToString(sum[:]) + "/" + store.SessionPrefix
}
