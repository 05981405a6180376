package login

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/internal/keep/seal"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/store"
)

const (
	overVersion = 1
	// overLife is how long a logout is remembered for the sign-ins that are under
	// way: as long as one may take, and what its last steps take.
	overLife = TransactionLife + time.Minute
)

// An over is a logout at the provider, as sign-ins that are under way see it. A
// logout ends what it finds, and a sign-in that has left no record yet it does
// not find. So both write before they look: the logout writes down that it
// happened and lists the records then, a sign-in keeps its record and looks for
// logouts then. One of them sees the other.
type over struct {
	at     time.Time // by our clock
	issued time.Time // iat of the logout token, by the provider's clock; long ago where there is none
}

// ends reports whether the logout ends s: it began before that, or its ID token
// is not younger than the logout token. The second needs no clock of ours, and
// those of two nodes differ. Equal times end it; who begins anew gets in.
func (o *over) ends(s *SignIn) bool { return !s.began.After(o.at) || !s.issued.After(o.issued) }

// overKey names a session at the provider, or with sid "" a person.
func overKey(k *seal.Key, issuer, subject, sid string) string {
	if sid != "" {
		return store.LoginEndedPrefix + k.Name(issuer, sid)
	}
	return store.LoginEndedPrefix + k.Name(issuer, subject, "")
}

// markOver remembers a logout before its sign-ins are looked for. Of several of
// one session or person the latest counts.
func (l *Login) markOver(ctx context.Context, e *Ended, c *jwt.Claims) error {
	return l.mark(ctx, e, over{l.clock.Now(), c.IssuedAt})
}

func (l *Login) mark(ctx context.Context, e *Ended, o over) error {
	key := overKey(&l.seal[0], e.Issuer, e.Subject, e.SID)
	expires := o.at.Add(overLife)
	_, err := l.rows.Create(ctx, key, l.sealOver(key, o), expires)
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	_, err = store.Update(ctx, l.rows, key, func(e store.Entry) ([]byte, time.Time, error) {
		before, err := l.readOver(e)
		if err != nil {
			return nil, time.Time{}, err
		}
		latest := over{later(o.at, before.at), later(o.issued, before.issued)}
		return l.sealOver(key, latest), later(expires, e.Expires), nil
	})
	return err
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (l *Login) sealOver(key string, o over) []byte {
	w := record.New(overVersion)
	w.Time("at", o.at)
	w.Time("issued", o.issued)
	return l.seal.Close(key, w.End())
}

func (l *Login) readOver(e store.Entry) (o over, err error) {
	plain, err := l.seal.Open(e.Key, e.Value)
	if err != nil {
		return o, err
	}
	r, err := record.Read(plain, overVersion)
	if err != nil {
		return o, err
	}
	o = over{r.Time("at"), r.Time("issued")}
	return o, r.Err()
}

// goesOn returns nil when no logout at the provider has ended s so far. It asks
// the store anew, after the record of s was kept.
func (l *Login) goesOn(ctx context.Context, s *SignIn) error {
	sub := cmp.Or(s.Sub, s.Subject) // a logout token names users as the provider does
	for i := range l.seal {
		keys := []string{overKey(&l.seal[i], s.Issuer, sub, "")}
		if s.SID != "" {
			keys = append(keys, overKey(&l.seal[i], s.Issuer, sub, s.SID))
		}
		for _, key := range keys {
			e, err := l.rows.Get(ctx, key)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			var o over
			if err == nil {
				o, err = l.readOver(e)
			}
			if err != nil {
				return edgeward.NewUnavailable("logouts", 0, err)
			}
			if o.ends(s) {
				return ErrLeft
			}
		}
	}
	return nil
}
