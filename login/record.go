package login

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/record"
	"github.com/edgeward/edgeward/store"
)

const recordVersion = 1

// A Record is what a sign-in leaves behind for the day of its end.
type Record struct {
	Provider, Issuer, SID string
	IDToken               edgeward.Secret
}

// Keep keeps the record of s, sealed, under the public id of the session or the
// refresh family that it became, until that one's absolute end. With a store
// that lists it is found by [Login.Linked], too. Errors mean: could not tell.
func (l *Login) Keep(ctx context.Context, id string, s SignIn, expires time.Time) error {
	w := record.New(recordVersion)
	w.String("provider", s.Provider)
	w.String("issuer", s.Issuer)
	w.String("sid", s.SID)
	w.String("id_token", s.IDToken.Reveal())
	// The index comes first: that it leads nowhere does no harm, but a sign-in
	// that no logout of the provider's finds does.
	if s.SID != "" && l.lister != nil {
		if _, err := l.store.Create(ctx, linkPrefix(&l.seal[0], s.Issuer, s.SID)+id, []byte(`{"v":1}`), expires); err != nil {
			return unavailable("sign-ins", 0, err)
		}
	}
	if _, err := l.store.Create(ctx, recordKey(id), l.seal.close(recordKey(id), w.End()), expires); err != nil {
		return unavailable("sign-ins", 0, err)
	}
	return nil
}

// Recall returns what was kept under id. The error wraps [ErrNoRecord] when
// there is nothing, else it means: could not tell.
func (l *Login) Recall(ctx context.Context, id string) (Record, error) {
	e, err := l.store.Get(ctx, recordKey(id))
	if errors.Is(err, store.ErrNotFound) {
		return Record{}, ErrNoRecord
	}
	if err != nil {
		return Record{}, unavailable("sign-ins", 0, err)
	}
	rec, err := l.readRecord(e)
	if err != nil {
		return Record{}, unavailable("sign-ins", 0, err)
	}
	return rec, nil
}

// readRecord opens a row. It was sealed for its key: one that was moved to
// another id is refused.
func (l *Login) readRecord(e store.Entry) (Record, error) {
	plain, err := l.seal.open(e.Key, e.Value)
	if err != nil {
		return Record{}, err
	}
	r, err := record.Read(plain, recordVersion)
	if err != nil {
		return Record{}, fmt.Errorf("login: record: %w", err)
	}
	rec := Record{Provider: r.String("provider"), Issuer: r.String("issuer"), SID: r.String("sid"), IDToken: edgeward.NewSecret(r.String("id_token"))}
	return rec, r.Err()
}

// Forget drops what was kept under id. That there is nothing is no error;
// errors mean: could not tell.
func (l *Login) Forget(ctx context.Context, id string) error {
	rec, err := l.Recall(ctx, id)
	if err == nil && rec.SID != "" {
		for i := range l.seal {
			_ = l.store.Delete(ctx, linkPrefix(&l.seal[i], rec.Issuer, rec.SID)+id) // it leads nowhere any more, and expires
		}
	}
	if err := l.store.Delete(ctx, recordKey(id)); err != nil {
		return unavailable("sign-ins", 0, err)
	}
	return nil
}

// Linked returns the ids whose sign-ins belong to the session sid at the
// provider with that issuer, in no order that means anything. Some of them may
// have ended. Errors wrap [ErrNoList], or mean: could not tell.
func (l *Login) Linked(ctx context.Context, issuer, sid string) ([]string, error) {
	if l.lister == nil {
		return nil, ErrNoList
	}
	var ids []string
	for i := range l.seal {
		prefix := linkPrefix(&l.seal[i], issuer, sid)
		for after := ""; ; {
			page, err := l.lister.List(ctx, prefix, after, store.MaxList)
			if err != nil {
				return nil, unavailable("sign-ins", 0, err)
			}
			for _, e := range page {
				after = e.Key
				ids = append(ids, strings.TrimPrefix(e.Key, prefix))
			}
			if len(page) < store.MaxList {
				break
			}
		}
	}
	return ids, nil
}

func recordKey(id string) string { return "login/kept/" + id }

// linkPrefix returns where the sign-ins of a provider's session are indexed.
func linkPrefix(k *sealKey, issuer, sid string) string {
	return "login/sid/" + k.name(issuer, sid) + "/"
}
