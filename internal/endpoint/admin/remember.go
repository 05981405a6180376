package admin

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/store"
)

// A client that lost an answer repeats the request under the same
// Idempotency-Key and gets the answer again (draft-ietf-httpapi-idempotency-key-header).
// The store remembers it for a day.
//
// An answer holds a credential, and the store must be worth nothing to whoever
// reads it. So the answer is sealed under the API key of the caller, which the
// store does not know either. A caller whose key was rotated meanwhile is told
// that it was done, and the public id of what was created.
//
// Only what was done is remembered. A request that is not known to have ended
// is waited for, and after begunFor done anew: what it may have created is a
// credential that nobody has.
const (
	rememberedFor = 24 * time.Hour
	begunFor      = 2 * deedTimeout
	maxKey        = 128 // bytes of an Idempotency-Key
)

// A memo is what the store keeps of a request.
type memo struct {
	request string // hash of the request
	created string // public id
	answer  string // sealed; "" while the request is under way
}

const memoVersion = 1

func (m *memo) encode() []byte {
	w := record.New(memoVersion)
	w.String("request", m.request)
	w.String("created", m.created)
	w.String("answer", m.answer)
	return w.End()
}

func parseMemo(row []byte) (memo, error) {
	r, err := record.Read(row, memoVersion)
	if err != nil {
		return memo{}, fmt.Errorf("admin: memo: %w", err)
	}
	m := memo{r.String("request"), r.String("created"), r.String("answer")}
	if err := r.Err(); err != nil {
		return memo{}, fmt.Errorf("admin: memo: %w", err)
	}
	return m, nil
}

// once runs the operation, or recalls what it did before under the key.
func (x *exchange) once(ctx context.Context, keys []string, text []byte, c *call) ([]byte, error) {
	if len(keys) != 1 || !isIdempotencyKey(keys[0]) {
		return nil, malformed("An Idempotency-Key has 1 to %d printable ASCII characters without space, and there is one.", maxKey)
	}
	r := &x.visit.Request
	place := store.IdempotencyPrefix + digest(x.caller.APIKey, keys[0])
	m := memo{request: digest(r.Method, r.Path, string(text))}
	version, err := x.api.Store.Create(ctx, place, m.encode(), x.api.Now().Add(begunFor))
	if errors.Is(err, store.ErrExists) {
		return x.recall(ctx, place, keys[0], m.request)
	}
	if err != nil {
		return nil, unavailable(err)
	}
	done, err := x.operation.run(ctx, c)
	if err != nil {
		// It expires at once. A Delete could hit the memo of another request.
		_, _ = x.api.Store.Replace(ctx, place, version, m.encode(), x.api.Now()) // else it expires by itself
		return nil, err
	}
	m.created, m.answer = done.created, seal(x.secret, keys[0], done.document)
	if _, err := x.api.Store.Replace(ctx, place, version, m.encode(), x.api.Now().Add(rememberedFor)); err != nil {
		x.failed(fmt.Errorf("admin: an answer will not be remembered: %w", err)) // the client has it all the same
	}
	return done.document, nil
}

// recall answers a request that was made before.
func (x *exchange) recall(ctx context.Context, place, key, request string) ([]byte, error) {
	e, err := x.api.Store.Get(ctx, place)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errInProgress // it ended just now
	}
	if err != nil {
		return nil, unavailable(err)
	}
	m, err := parseMemo(e.Value)
	switch {
	case err != nil:
		return nil, err
	case m.request != request:
		return nil, errMismatch
	case m.answer == "":
		return nil, errInProgress
	}
	answer, ok := open(x.secret, key, m.answer)
	if !ok {
		return nil, &problem.Failure{
			Fault: problem.AlreadyDone, Created: m.created,
			Detail: "This was done before. Its answer can only be read with the API key as it was then.",
		}
	}
	x.w.Header().Set("Idempotency-Replayed", "true")
	return answer, nil
}

func isIdempotencyKey(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return s != "" && len(s) <= maxKey
}

// digest hashes a tuple, in base64url. With their lengths, no parts of one
// tuple make another.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write([]byte(p))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// sealer is AES-256-GCM with a random nonce. Its key is for one Idempotency-Key
// of one API-key secret, so that an answer opens in no other place. The secret
// has the chance of a key already: no slow hash is needed.
func sealer(secret edgeward.Secret, key string) cipher.AEAD {
	k, err := hkdf.Key(sha256.New, []byte(secret.Reveal()), nil, "edgeward control answer "+key, 32)
	if err != nil {
		panic(err) // only for a length that SHA-256 cannot give
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		panic(err) // only for another length than 32
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only for another block size than that of AES
	}
	return aead
}

// seal hides an answer.
func seal(secret edgeward.Secret, key string, answer []byte) string {
	return base64.RawURLEncoding.EncodeToString(sealer(secret, key).Seal(nil, nil, answer, nil))
}

func open(secret edgeward.Secret, key, sealed string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return nil, false
	}
	answer, err := sealer(secret, key).Open(nil, nil, raw, nil)
	return answer, err == nil
}

func unavailable(err error) error {
	return &edgeward.UnavailableError{What: "store", RetryAfter: time.Second, Err: err}
}
