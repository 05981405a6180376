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
	"github.com/edgeward/edgeward/internal/endpoint"
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
	begunFor      = time.Minute // twice what an operation may take: see [issuance.Detached]
	maxKey        = 128         // bytes of an Idempotency-Key
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

// once does the operation, or recalls what it did before under the key.
func (c *call) once(ctx context.Context, text []byte) (result, error) {
	keys := c.in.Request.Header["Idempotency-Key"]
	switch {
	case len(keys) == 0 || !c.operation.hasBody():
		return c.operation.do(ctx, c)
	case len(keys) != 1 || !isIdempotencyKey(keys[0]):
		return result{}, malformed("An Idempotency-Key has 1 to %d printable ASCII characters without space, and there is one.", maxKey)
	}
	place := store.IdempotencyPrefix + digest(c.caller.APIKey, keys[0])
	m := memo{request: digest(c.in.Request.Method, c.in.Request.Path, string(text))}
	version, err := c.Store.Create(ctx, place, m.encode(), c.Now().Add(begunFor))
	if errors.Is(err, store.ErrExists) {
		return c.recall(ctx, place, keys[0], m.request)
	}
	if err != nil {
		return result{}, edgeward.NewUnavailable("store", time.Second, err)
	}
	done, err := c.operation.do(ctx, c)
	if err != nil {
		// It expires at once. A Delete could hit the memo of another request.
		_, _ = c.Store.Replace(ctx, place, version, m.encode(), c.Now()) // else it expires by itself
		return result{}, err
	}
	m.created, m.answer = done.created, seal(c.secret(), keys[0], done.document)
	if _, err := c.Store.Replace(ctx, place, version, m.encode(), c.Now().Add(rememberedFor)); err != nil && c.Failed != nil {
		c.Failed(ctx, c.in.Request, fmt.Errorf("admin: the answer was not stored for its Idempotency-Key: %w", err)) // the client has it all the same
	}
	return done, nil
}

// recall answers a request that was made before.
func (c *call) recall(ctx context.Context, place, key, request string) (result, error) {
	e, err := c.Store.Get(ctx, place)
	if errors.Is(err, store.ErrNotFound) {
		return result{}, errInProgress // it ended just now
	}
	if err != nil {
		return result{}, edgeward.NewUnavailable("store", time.Second, err)
	}
	m, err := parseMemo(e.Value)
	switch {
	case err != nil:
		return result{}, err
	case m.request != request:
		return result{}, errMismatch
	case m.answer == "":
		return result{}, errInProgress
	}
	answer, ok := open(c.secret(), key, m.answer)
	if !ok {
		return result{}, &problem.Failure{
			Fault: problem.AlreadyDone, Created: m.created,
			Detail: "This was done before. Its answer can only be read with the API key as it was then.",
		}
	}
	return result{document: answer, reply: endpoint.Reply{Header: edgeward.Header{"Idempotency-Replayed": {"true"}}}}, nil
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
