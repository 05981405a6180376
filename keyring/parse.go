package keyring

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

const (
	maxKeys        = 100
	maxKeyID       = 256     // bytes
	maxNumericDate = 1 << 53 // seconds
)

// A Pair is an asymmetric private key with its public half.
type Pair interface {
	jwt.Signer
	Public() *jwks.JWK
}

// An Importer makes asymmetric keys usable: natively jwks/keyfile's
// ParsePrivate and jwks/stdcrypto's Import. The zero Importer knows HMAC only.
type Importer struct {
	Private func(jwk []byte) (Pair, error) // of a private JWK; errors hold nothing of the key
	Public  jwks.Importer
}

// Parse reads a private JWK set. Unlike a provider's, ours is as we wrote it:
// one key that cannot be used refuses the whole, and so does a member that
// nobody knows, because a misspelt exp would keep a key for ever. That every
// key is retired is no error here; [Ring.Signer] tells. now is the clock that
// [Ring.Key] goes by; nil means time.Now. Errors hold nothing of a key.
func Parse(data []byte, imp Importer, now func() time.Time) (*Ring, error) {
	entries, err := readSet(data)
	if err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	members := make([]*member, len(entries))
	for i := range entries {
		if members[i], err = entries[i].open(imp); err != nil {
			return nil, fmt.Errorf("keyring: key %q: %w", entries[i].ID, err)
		}
	}
	return ringOf(members, now), nil
}

// An entry is one key of a set, its form checked and its key material not.
type entry struct {
	Key
	kty     string
	members strictjson.Members
	jwk     []byte // without nbf and exp
}

func readSet(data []byte) ([]entry, error) {
	if len(data) > jwks.MaxSize {
		return nil, fmt.Errorf("keyring: the set is larger than %d bytes", jwks.MaxSize)
	}
	set, err := strictjson.Object(data)
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	v, _ := set.Lookup("keys")
	elements, ok := v.Array()
	if !ok || len(set) != 1 || len(elements) == 0 || len(elements) > maxKeys {
		return nil, fmt.Errorf(`keyring: a key ring is {"keys": […]} with 1 to %d private JWKs`, maxKeys)
	}
	entries := make([]entry, len(elements))
	seen := make(map[string]bool, len(elements))
	for i, e := range elements {
		if entries[i], err = readKey(e); err != nil {
			return nil, fmt.Errorf("keyring: key %d: %w", i+1, err)
		}
		if seen[entries[i].ID] {
			return nil, fmt.Errorf("keyring: two keys have the kid %q", entries[i].ID)
		}
		seen[entries[i].ID] = true
	}
	return entries, nil
}

// known are the members of a private JWK (RFC 7517 §4, RFC 7518 §6, RFC 8037
// §2) and our two.
var known = []string{"kty", "kid", "alg", "use", "key_ops", "k", "crv", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi", "nbf", "exp"}

func readKey(v strictjson.Value) (e entry, err error) {
	e.members, _ = v.Object() // no object has no kid either
	for _, m := range e.members {
		if !slices.Contains(known, m.Name) {
			return e, fmt.Errorf("unknown member %q", m.Name)
		}
	}
	e.ID, e.kty, e.Algorithm = e.text("kid"), e.text("kty"), jwt.AlgorithmOf(e.text("alg"))
	if e.ID == "" || len(e.ID) > maxKeyID {
		return e, fmt.Errorf("kid is not a string of 1 to %d bytes", maxKeyID)
	}
	if !e.Algorithm.Known() || e.Algorithm.Symmetric() != (e.kty == "oct") {
		return e, errors.New("alg is missing, unknown, or not of the kind of kty")
	}
	if err := e.checkPurpose(); err != nil {
		return e, err
	}
	if e.Activates, err = e.time("nbf"); err != nil {
		return e, err
	}
	if e.Retires, err = e.time("exp"); err != nil {
		return e, err
	}
	if !e.Retires.IsZero() && !e.Activates.Before(e.Retires) {
		return e, errors.New("exp is not after nbf: it would never sign")
	}
	e.jwk = append(e.appendMaterial(nil), '}')
	return e, nil
}

func (e *entry) text(name string) string {
	v, _ := e.members.Lookup(name)
	s, _ := v.String()
	return s
}

// checkPurpose demands that use and key_ops, where present, allow signing
// (RFC 7517 §4.2, §4.3).
func (e *entry) checkPurpose() error {
	if use, found := e.members.Lookup("use"); found {
		if s, _ := use.String(); s != "sig" {
			return errors.New("use is not sig")
		}
	}
	if ops, found := e.members.Lookup("key_ops"); found {
		if list, _ := ops.Strings(); !slices.Contains(list, "sign") {
			return errors.New("key_ops does not allow to sign")
		}
	}
	return nil
}

// time reads nbf or exp; zero when it is absent.
func (e *entry) time(name string) (time.Time, error) {
	v, found := e.members.Lookup(name)
	if !found {
		return time.Time{}, nil
	}
	seconds, ok := v.Float()
	if !ok || seconds < 0 || seconds > maxNumericDate || seconds != math.Trunc(seconds) {
		return time.Time{}, fmt.Errorf("%s is not a whole number of seconds in 0..2^53", name)
	}
	return time.Unix(int64(seconds), 0), nil
}

// open makes the key usable.
func (e *entry) open(imp Importer) (*member, error) {
	m := &member{Key: e.Key}
	if e.Algorithm.Symmetric() {
		return m, m.openHMAC(e.text("k"))
	}
	return m, m.openPair(e.jwk, imp)
}

func (m *member) openHMAC(k string) (err error) {
	secret, err := base64.RawURLEncoding.DecodeString(k)
	if err != nil || base64.RawURLEncoding.EncodeToString(secret) != k { // one spelling
		return errors.New("k is not strict base64url")
	}
	shared := edgeward.NewSecret(string(secret))
	if m.verify, err = jwt.HMACKey(m.ID, m.Algorithm, shared); err != nil {
		return err
	}
	if shared.Repetitive() {
		return errors.New("k has fewer than 8 different bytes: it is no random one, and can be guessed")
	}
	m.signer, err = jwt.HMACSigner(m.verify)
	return err
}

func (m *member) openPair(jwk []byte, imp Importer) error {
	if imp.Private == nil || imp.Public == nil {
		return errors.New("asymmetric keys cannot be used here")
	}
	pair, err := imp.Private(jwk)
	if err != nil {
		return err
	}
	m.signer, m.public = pair, pair.Public()
	if m.public.KeyID != m.ID || m.public.Algorithm != m.Algorithm {
		return errors.New("the importer read another kid or alg")
	}
	if err := m.public.Check(); err != nil {
		return err
	}
	public, err := imp.Public(m.public)
	if err != nil {
		return err
	}
	m.verify = &jwt.Key{ID: m.ID, Algorithm: m.Algorithm, Public: public}
	return nil
}
