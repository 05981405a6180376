// Package account keeps what Edgeward knows of a user who signs in at a provider:
// permissions and profile as of the last sign-in or re-check, in one row a user,
// sealed. Sessions, refresh families and personal tokens of the user read it, so
// that what a provider takes away is taken from all of them at once.
//
// A row says when it last changed, and an identity that was read from it says so too
// ([edgeward.Identity.AsOf]). A loss is announced after it is in the row: see
// [Accounts.Put], which repeats what was not.
package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/clock"
	"github.com/edgeward/edgeward/internal/keep/seal"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/store"
)

// DefaultKeep is how long a row is kept after the user was last heard of, unless
// Config says otherwise.
const DefaultKeep = 90 * 24 * time.Hour

var (
	// ErrUnknown says that nothing is known of the user: no sign-in was ever written
	// down, or none for longer than rows are kept.
	ErrUnknown = errors.New("account: nothing is known of the user")
	// ErrGrant says that no identity can be made of what a provider says: too many
	// groups, a value that is too long.
	ErrGrant = errors.New("account: no identity can be made of what the provider says")
)

// An Account is what is known of a user. It is shared and not changed.
type Account struct {
	Issuer, Subject string            // the provider's
	Permissions     []string          // sorted, each once
	Profile         *edgeward.Profile // never nil; its ACR and AuthTime are of no user but of a sign-in: empty
	// Changed is when something of the above last became different, in milliseconds
	// since 1970: [edgeward.Identity.AsOf] of who is read from here.
	Changed int64
	// Checked is when the provider last vouched for all of it, in whole milliseconds: at
	// a sign-in, or a re-check that was done to its end.
	Checked time.Time

	told time.Time // when the provider was asked for what stands here
	lost int64     // Changed of a loss that was not announced; 0 for none
}

// Config is what Accounts are made of. The zero value is refused.
type Config struct {
	Store store.Backend // must compare and swap
	// Key seals and names rows, 32 bytes or more; Previous keys open and find what
	// they sealed.
	Key      edgeward.Secret
	Previous []edgeward.Secret
	Keep     time.Duration    // how long a row outlives the last word of the provider; 0 means DefaultKeep
	Now      func() time.Time // nil means time.Now
}

// Accounts reads and writes accounts. It is safe for concurrent use, on several
// nodes over one store, and keeps nothing in memory.
type Accounts struct {
	rows  table.Table
	seal  seal.Seal
	keep  time.Duration
	clock *clock.Clock
}

// New checks cfg and returns its Accounts.
func New(cfg Config) (*Accounts, error) {
	rows, err := table.Open(cfg.Store, "accounts", store.AccountPrefix)
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	s, err := seal.New(cfg.Key, cfg.Previous...)
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	if cfg.Keep < 0 {
		return nil, errors.New("account: rows are to be kept for less than no time")
	}
	if cfg.Keep == 0 {
		cfg.Keep = DefaultKeep
	}
	return &Accounts{rows, s, cfg.Keep, clock.New(cfg.Now)}, nil
}

// Get returns what is known of a user, the provider's issuer and subject. The error
// wraps [ErrUnknown] where nothing is; any other means: could not tell.
func (a *Accounts) Get(ctx context.Context, issuer, subject string) (Account, error) {
	_, found, err := a.find(ctx, issuer, subject)
	return found, err
}

// find returns the row of a user, under the first key that has one.
func (a *Accounts) find(ctx context.Context, issuer, subject string) (store.Entry, Account, error) {
	for i := range a.seal {
		e, err := a.rows.Read(ctx, name(&a.seal[i], issuer, subject), ErrUnknown)
		if errors.Is(err, ErrUnknown) {
			continue
		}
		if err != nil {
			return store.Entry{}, Account{}, err
		}
		found, err := a.open(e)
		if err != nil {
			return store.Entry{}, Account{}, a.rows.Unavailable(err)
		}
		return e, found, nil
	}
	return store.Entry{}, Account{}, ErrUnknown
}

// name is of a tuple of its own: no index of sign-ins has as many parts.
func name(k *seal.Key, issuer, subject string) string { return k.Name(issuer, subject, "", "account") }

// A Said is what a provider says of a user.
type Said struct {
	Issuer, Subject string
	Permissions     []string
	Profile         edgeward.Profile // its ACR and AuthTime are not kept
	// At is when the provider was asked. What is older than what stands in the row is
	// not written: the newest word holds.
	At time.Time
	// After is a change that was announced, in milliseconds: where the row is older, it
	// came from a copy of the store, and changes now, so that its readers are not
	// older than that for ever. 0 where there is none.
	After int64
}

// Put writes down what a provider says, and returns what holds from now on. Where the
// user has lost something, announce is called once the row says so, and Put succeeds
// only if it does: until then the row is not checked, and the next to put announces
// the loss, also where they find nothing lost themselves. announce may be called more
// than once with the same account.
//
// The error wraps [ErrGrant] for what no identity can be made of, and then nothing was
// written; any other means: could not tell, and putting again is right.
func (a *Accounts) Put(ctx context.Context, s Said, announce func(context.Context, Account) error) (Account, error) {
	next, err := s.account()
	if err != nil {
		return Account{}, err
	}
	row, err := a.write(ctx, next, s.After)
	if err != nil {
		return Account{}, err
	}
	if row.lost == 0 {
		return row, nil
	}
	if err := announce(ctx, row); err != nil {
		return Account{}, a.rows.Unavailable(fmt.Errorf("account: a loss is not announced yet: %w", err))
	}
	return a.settle(ctx, row)
}

// account returns what s says as it is kept, but for the times of before.
func (s *Said) account() (Account, error) {
	p := s.Profile
	p.ACR, p.AuthTime = "", time.Time{}
	permissions, profile, err := sealed(s.Issuer, s.Subject, s.Permissions, &p)
	if err != nil {
		return Account{}, err
	}
	at := time.UnixMilli(s.At.UnixMilli())
	next := Account{Issuer: s.Issuer, Subject: s.Subject, Permissions: permissions, Profile: profile, Changed: at.UnixMilli(), Checked: at, told: at}
	return next, table.CheckRow(next.row(), maxRow, ErrGrant, func(row []byte) bool {
		back, err := parse(row)
		return err == nil && back.Issuer == next.Issuer && back.Subject == next.Subject && same(&back, &next)
	})
}

func sealed(issuer, subject string, permissions []string, p *edgeward.Profile) ([]string, *edgeward.Profile, error) {
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: issuer, Subject: subject, Permissions: permissions, Profile: p})
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %v", ErrGrant, err) // its Reason speaks of tokens: not wrapped
	}
	return id.Permissions, id.Profile, nil
}

// attempts bounds how often a write tries against others of the same user's.
const attempts = 64

// write brings the row to next, unless it holds a newer word, and returns the row as
// it is then.
func (a *Accounts) write(ctx context.Context, next Account, after int64) (Account, error) {
	for range attempts {
		e, was, err := a.find(ctx, next.Issuer, next.Subject)
		if errors.Is(err, ErrUnknown) {
			row := next
			row.Changed = max(row.Changed, after)
			err = a.create(ctx, &row, time.Time{})
			if err == nil {
				return row, nil
			}
		} else if err != nil {
			return Account{}, err
		} else if was.told.After(next.told) {
			return was, nil
		} else {
			row := was.becomes(next, after, a.clock.Now())
			if err = a.replace(ctx, e, &row); err == nil {
				return row, nil
			}
		}
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrExists) {
			return Account{}, a.rows.Unavailable(err)
		}
	}
	return Account{}, a.rows.Unavailable(store.ErrContended)
}

// becomes returns the row that follows was when the provider says next. A loss that is
// to be announced leaves Checked as it was.
func (was *Account) becomes(next Account, after int64, now time.Time) Account {
	less := Loses(was, &next)
	if same(was, &next) && was.Changed >= after {
		next.Changed, next.lost = was.Changed, was.lost
	} else {
		// Later than any change before, on every node's clock.
		next.Changed, next.lost = max(was.Changed+1, now.UnixMilli(), after), was.lost
	}
	if less || was.lost != 0 {
		next.lost, next.Checked = next.Changed, was.Checked
	}
	return next
}

// settle says in the row that the loss of announced is known, and the check done.
func (a *Accounts) settle(ctx context.Context, announced Account) (Account, error) {
	for range attempts {
		e, was, err := a.find(ctx, announced.Issuer, announced.Subject)
		if err != nil {
			return Account{}, a.rows.Unavailable(err)
		}
		if was.lost != announced.lost || was.lost == 0 {
			return was, nil // another loss since, which is announced by who wrote it, or later
		}
		was.lost, was.Checked = 0, was.told
		if err = a.replace(ctx, e, &was); err == nil {
			return was, nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return Account{}, a.rows.Unavailable(err)
		}
	}
	return Account{}, a.rows.Unavailable(store.ErrContended)
}

func (a *Accounts) create(ctx context.Context, row *Account, until time.Time) error {
	id := name(&a.seal[0], row.Issuer, row.Subject)
	_, err := a.rows.Create(ctx, a.rows.Key(id), a.seal.Close(a.rows.Key(id), row.row()), a.until(row, until))
	return err
}

// replace writes row in place of e, or, where e is under a key of before, under the
// first key.
func (a *Accounts) replace(ctx context.Context, e store.Entry, row *Account) error {
	if e.Key != a.rows.Key(name(&a.seal[0], row.Issuer, row.Subject)) {
		return a.create(ctx, row, e.Expires)
	}
	_, err := a.rows.Replace(ctx, e.Key, e.Version, a.seal.Close(e.Key, row.row()), a.until(row, e.Expires))
	return err
}

// until is when a row may go: never before it was to.
func (a *Accounts) until(row *Account, before time.Time) time.Time {
	if until := row.told.Add(a.keep); until.After(before) {
		return until
	}
	return before
}

// same reports whether both say the same of the user.
func same(a, b *Account) bool {
	p, q := a.Profile, b.Profile
	if p.Username != q.Username || p.Email != q.Email || p.Name != q.Name || len(p.Claims) != len(q.Claims) ||
		!slices.Equal(a.Permissions, b.Permissions) || !slices.Equal(p.Groups, q.Groups) {
		return false
	}
	for name, values := range p.Claims {
		if !slices.Equal(values, q.Claims[name]) {
			return false
		}
	}
	return true
}

// Loses reports whether who was was lacks something once they are next: a permission, a
// group or a claim's value that is gone, a username or an email that is gone or
// another one. A name is for display: no rule asks for it.
func Loses(was, next *Account) bool {
	p, q := was.Profile, next.Profile
	if p.Username != "" && p.Username != q.Username || p.Email != "" && p.Email != q.Email ||
		lacks(next.Permissions, was.Permissions) || lacks(q.Groups, p.Groups) {
		return true
	}
	for name, values := range p.Claims {
		if lacks(q.Claims[name], values) {
			return true
		}
	}
	return false
}

// lacks reports whether a member of some is not in all, which is sorted.
func lacks(all, some []string) bool {
	for _, s := range some {
		if _, found := slices.BinarySearch(all, s); !found {
			return true
		}
	}
	return false
}
