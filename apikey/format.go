package apikey

import (
	"crypto/rand"
	"encoding/base32"
	"hash/crc32"
	"strings"
	"sync"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
)

const (
	maxEnvironment = 16
	idSize         = 16 // characters: 80 bits, so that nobody numbers the keys
	secretSize     = 40 // characters: 200 random bits
	checksumSize   = 8  // hexadecimal digits of a CRC-32
	tailSize       = idSize + 1 + secretSize + 1 + checksumSize

	maxBody = len(credential.APIKeyPrefix) + maxEnvironment + 1 + idSize + 1 + secretSize // before the checksum

	alphabet = "abcdefghijklmnopqrstuvwxyz234567"
)

// base32small has 5 bits a character; ids and secrets are multiples of 5 bytes,
// so no character has bits to spare and each key has one spelling.
var base32small = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

// A keyID names a key and proves nothing. That of a personal token begins with
// [credential.PersonalMark], which is not in the alphabet.
type keyID [idSize]byte

// personal reports whether the id is that of a personal token.
func (id *keyID) personal() bool { return id[0] == credential.PersonalMark[0] }

// kind is 1 for a personal token, 0 for an API key.
func (id *keyID) kind() int {
	if id.personal() {
		return 1
	}
	return 0
}

// parseID reads an id and nothing else. It becomes part of a store's key.
func parseID(s string) (id keyID, ok bool) {
	if len(s) != idSize || !inAlphabet(strings.TrimPrefix(s, credential.PersonalMark)) {
		return id, false
	}
	copy(id[:], s)
	return id, true
}

// newID returns the id of a key, or of a personal token.
func newID(personal bool) (id keyID) {
	copy(id[:], random(idSize))
	if personal {
		id[0] = credential.PersonalMark[0]
	}
	return id
}

// IsPersonalID reports whether id is that of a personal token, by its form.
func IsPersonalID(id string) bool {
	public, ok := parseID(id)
	return ok && public.personal()
}

func inAlphabet(s string) bool {
	outside := byte(0)
	for i := range len(s) {
		outside |= foreign[s[i]]
	}
	return outside == 0
}

// foreign marks what is not in the alphabet. A table takes the same time for
// every secret.
var foreign = func() (marks [256]byte) {
	for i := range marks {
		if strings.IndexByte(alphabet, byte(i)) < 0 {
			marks[i] = 1
		}
	}
	return marks
}()

func isEnvironment(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= maxEnvironment
}

func prefixOf(environment string) string { return credential.APIKeyPrefix + environment + "_" }

// open takes a key apart, if it has the form, the environment and the checksum
// of one that was made here. It does no I/O and allocates nothing.
func (k *Keys) open(key edgeward.Secret) (id keyID, secret string, ok bool) {
	tail, ours := strings.CutPrefix(key.Reveal(), k.prefix)
	if !ours || len(tail) != tailSize || tail[idSize] != '_' || tail[idSize+1+secretSize] != '_' {
		return id, "", false
	}
	body, sum := key.Reveal()[:key.Len()-checksumSize-1], tail[tailSize-checksumSize:]
	if checksum(body) != [checksumSize]byte([]byte(sum)) {
		return id, "", false
	}
	secret = tail[idSize+1:][:secretSize]
	id, ok = parseID(tail[:idSize])
	return id, secret, ok && inAlphabet(secret)
}

// checksum returns the CRC-32 of everything before it, in hexadecimal.
func checksum(body string) (digits [checksumSize]byte) {
	const hex = "0123456789abcdef"
	b := bodies.Get().(*[maxBody]byte)
	sum := crc32.ChecksumIEEE(b[:copy(b[:], body)])
	bodies.Put(b)
	for i := range digits {
		digits[i] = hex[sum>>(28-4*i)&0xf]
	}
	return digits
}

// bodies are where checksums are made of: what crc32 reads is on the heap.
var bodies = sync.Pool{New: func() any { return new([maxBody]byte) }}

// mint makes a secret for id, and the key that both are in.
func (k *Keys) mint(id keyID) (edgeward.Secret, proof) {
	secret := random(secretSize)
	body := k.prefix + string(id[:]) + "_" + secret
	sum := checksum(body)
	return edgeward.NewSecret(body + "_" + string(sum[:])), prove(k.peppers[0], id, secret)
}

// random returns n characters; n is a multiple of 8.
func random(n int) string {
	raw := make([]byte, base32small.DecodedLen(n))
	rand.Read(raw) // aborts the program rather than fail
	return base32small.EncodeToString(raw)
}
