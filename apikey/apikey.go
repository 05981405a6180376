// Package apikey proves identities from API keys: for machines, and for people
// who script.
//
// A key reads ew_<environment>_<id>_<secret>_<checksum>. The checksum refuses
// what was mistyped or cut short, the environment what belongs elsewhere, before
// any I/O; both are public arithmetic and prove nothing. The id is public and
// finds a row in the store; the row holds an HMAC of the secret under a pepper
// that the store does not know.
//
// An unknown id and a wrong secret take the same way: an HMAC for each pepper,
// the same look-ups, and comparisons in constant time; clients get the same
// answer. What was read from the store is believed for a success up to half a
// minute, and for a refusal one second, so that a key made or rotated on another
// node works at once. What this node changes, it obeys from the very next
// request on.
//
// A personal token is a key that a user made: its row names the user at their
// provider, and it proves that user within the limits that it was made with. Its
// id has a mark, so that a key and a personal token are never taken for each
// other: [Keys.Verify] refuses the one and [Keys.VerifyPersonal] the other. What
// the user may do at the moment is for the caller to say (internal/issuance/personal).
//
// There are three kinds of answers. The key holds. The refusal wraps an
// [edgeward.Reason]. Anything else is a "could not tell", most often an
// [edgeward.UnavailableError].
package apikey

import (
	"fmt"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/cache"
	"github.com/edgeward/edgeward/internal/keep/clock"
	"github.com/edgeward/edgeward/internal/keep/mac"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/store"
)

// Method is what an [edgeward.Identity] proved here says of how it was proved,
// and the strategy's name in routes.
const Method = "api_key"

// MethodPersonal is what an [edgeward.Identity] that a personal token proved says of
// how it was proved, and the strategy's name in routes.
const MethodPersonal = "personal_token"

const (
	DefaultIssuer     = "edgeward"
	DefaultCacheBytes = 8 << 20 // about 5,000 keys

	// entryLife bounds how long a row is believed that was read, for a success.
	entryLife = 30 * time.Second
	// doubtAfter is when a row, or that there is none, no longer suffices for a
	// refusal: another node may have made or rotated the key.
	doubtAfter = time.Second
	// absentPart is which part of the cache is for ids that do not exist.
	absentPart = 8
)

// Config is what Keys are made of. The zero value is refused: it has no store
// and no pepper.
type Config struct {
	// Store must compare and swap, or a revocation could be lost in a rotation.
	// With a [store.Lister] keys can be listed.
	Store store.Backend
	// Pepper hides secrets in the store, 32 bytes or more. With another pepper
	// all secrets are wrong, unless this one is in Previous.
	Pepper edgeward.Secret
	// Previous are the peppers of before, at most MaxPrevious. Secrets that were
	// made under them hold, until they are rotated.
	Previous []edgeward.Secret
	// Environment is that of the keys made and accepted here, 1 to 16 small
	// letters and digits: "live".
	Environment string
	Issuer      string           // of the identities; "" means DefaultIssuer
	CacheBytes  int              // 0 means DefaultCacheBytes; negative means no cache
	Now         func() time.Time // nil means time.Now
}

// Keys makes, verifies, rotates and revokes API keys. It implements
// [edgeward.Verifier]. It is safe for concurrent use, on several nodes over one
// store.
type Keys struct {
	rows    table.Table
	peppers []*mac.Key // the first is for new secrets, all verify
	prefix  string     // of every key: ew_live_
	issuer  string
	clock   *clock.Clock

	cache  *cache.Cache[*known]
	decoys [2][]byte // rows that are read where there is none, by keyID.kind

	mu   sync.Mutex
	uses map[keyID]time.Time // since the last Flush
}

// New checks cfg and returns its Keys.
func New(cfg Config) (*Keys, error) {
	rows, err := table.Open(cfg.Store, "API keys", store.APIKeyPrefix)
	if err != nil {
		return nil, fmt.Errorf("apikey: %w", err)
	}
	if len(cfg.Previous) > MaxPrevious {
		return nil, fmt.Errorf("apikey: more than %d previous peppers", MaxPrevious)
	}
	peppers, err := mac.NewKeys(cfg.Pepper, cfg.Previous...)
	if err != nil {
		return nil, fmt.Errorf("apikey: pepper: %w", err)
	}
	if !isEnvironment(cfg.Environment) {
		return nil, fmt.Errorf("apikey: environment %q is not 1 to %d small letters and digits", cfg.Environment, maxEnvironment)
	}
	k := &Keys{
		rows: rows, peppers: peppers, prefix: prefixOf(cfg.Environment), issuer: cfg.Issuer,
		clock: clock.New(cfg.Now), uses: map[keyID]time.Time{},
	}
	if k.issuer == "" {
		k.issuer = DefaultIssuer
	}
	if cfg.CacheBytes == 0 {
		cfg.CacheBytes = DefaultCacheBytes
	}
	absent := cfg.CacheBytes / absentPart
	k.cache = cache.New[*known](cfg.CacheBytes-absent, absent)
	if err := k.makeDecoys(); err != nil {
		return nil, err
	}
	return k, nil
}

// Issuer returns who vouches for the owners of keys.
func (k *Keys) Issuer() string { return k.issuer }

// Cache reports what the cache of keys did.
func (k *Keys) Cache() edgeward.CacheStats { return k.cache.Stats() }

// The refusals are made once: they hold nothing of the request, cost a flood of
// guesses no memory, and take the same time.
var (
	errInvalid = fmt.Errorf("apikey: not a key of this environment: %w", edgeward.APIKeyInvalid)
	errUnknown = fmt.Errorf("apikey: no such id: %w", edgeward.APIKeyUnknown)
	errSecret  = fmt.Errorf("apikey: wrong secret: %w", edgeward.APIKeySecret)
	errExpired = fmt.Errorf("apikey: key or secret has expired: %w", edgeward.APIKeyExpired)
	errRevoked = fmt.Errorf("apikey: the key was revoked: %w", edgeward.APIKeyRevoked)
	errNetwork = fmt.Errorf("apikey: not from this network: %w", edgeward.APIKeyNetwork)
)
