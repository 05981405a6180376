package login

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/internal/keep/seal"
	"github.com/edgeward/edgeward/store"
)

const recordVersion = 1

// A Record is what a sign-in leaves behind for the day of its end.
type Record struct {
	Provider, Issuer, Subject, SID string
	// Sub is by which the provider knows the user, where that is not Subject; else "".
	Sub string

	Name    string // display only
	IDToken edgeward.Secret
	With    []string // ids of what else came of the same sign-in
	// GrantID names where the tokens are that the provider gave; "" where it gave none
	// that are kept.
	GrantID string
}

// Keep keeps the record of s, sealed, under the public id of the session or the
// refresh family that it became, until that one's absolute end. With a store
// that lists it is found by [Login.Linked] and [Login.Of], too. A sign-in that
// became two things is kept under both, each with the other one's id.
//
// Call it before anybody learns of what the sign-in became, and end that when it
// fails. The error wraps [ErrLeft] when a logout at the provider came since the
// sign-in began: it may have looked before the record was there. Else errors
// mean: could not tell.
func (l *Login) Keep(ctx context.Context, id string, s SignIn, expires time.Time, with ...string) error {
	rec := Record{Provider: s.Provider, Issuer: s.Issuer, Subject: s.Subject, Sub: s.Sub, SID: s.SID, Name: s.Name, IDToken: s.IDToken, With: with, GrantID: s.GrantID}
	if err := l.keep(ctx, id, &rec, expires); err != nil {
		return err
	}
	err := l.goesOn(ctx, &s)
	if errors.Is(err, ErrLeft) {
		err = errors.Join(err, l.Forget(ctx, id))
	}
	return err
}

func (l *Login) keep(ctx context.Context, id string, rec *Record, expires time.Time) error {
	// The index comes first: that it leads nowhere does no harm, but a sign-in
	// that no logout of the provider's finds does.
	if l.rows.Lister != nil {
		for _, prefix := range indexPrefixes(&l.seal[0], rec) {
			if _, err := l.rows.Create(ctx, prefix+id, []byte(`{"v":1}`), expires); err != nil {
				return l.rows.Unavailable(err)
			}
		}
	}
	if _, err := l.rows.Create(ctx, l.rows.Key(id), l.sealRecord(id, rec), expires); err != nil {
		return l.rows.Unavailable(err)
	}
	return nil
}

func (l *Login) sealRecord(id string, rec *Record) []byte {
	w := record.New(recordVersion)
	w.String("provider", rec.Provider)
	w.String("issuer", rec.Issuer)
	w.String("subject", rec.Subject)
	if rec.Sub != "" {
		w.String("sub", rec.Sub)
	}
	w.String("sid", rec.SID)
	w.String("name", rec.Name)
	w.String("id_token", rec.IDToken.Reveal())
	w.Strings("with", rec.With)
	w.Optional("grant", rec.GrantID)
	return l.seal.Close(l.rows.Key(id), w.End())
}

// Recall returns what was kept under id. The error wraps [ErrNoRecord] when
// there is nothing, else it means: could not tell.
func (l *Login) Recall(ctx context.Context, id string) (Record, error) {
	e, err := l.rows.Read(ctx, id, ErrNoRecord)
	if err != nil {
		return Record{}, err
	}
	rec, err := l.readRecord(e)
	if err != nil {
		return Record{}, l.rows.Unavailable(err)
	}
	return rec, nil
}

// readRecord opens a row. It was sealed for its key: one that was moved to
// another id is refused.
func (l *Login) readRecord(e store.Entry) (Record, error) {
	plain, err := l.seal.Open(e.Key, e.Value)
	if err != nil {
		return Record{}, err
	}
	r, err := record.Read(plain, recordVersion)
	if err != nil {
		return Record{}, fmt.Errorf("login: record: %w", err)
	}
	rec := Record{
		Provider: r.String("provider"), Issuer: r.String("issuer"), Subject: r.String("subject"), SID: r.String("sid"),
		Name: r.String("name"), IDToken: edgeward.NewSecret(r.String("id_token")), With: r.Strings("with"),
	}
	if r.Has("sub") {
		rec.Sub = r.String("sub")
	}
	if r.Has("grant") {
		rec.GrantID = r.String("grant")
	}
	return rec, r.Err()
}

// Forget drops what was kept under id. That there is nothing is no error;
// errors mean: could not tell.
func (l *Login) Forget(ctx context.Context, id string) error {
	rec, err := l.Recall(ctx, id)
	if errors.Is(err, ErrNoRecord) {
		return nil
	}
	if err == nil {
		l.unindex(ctx, id, &rec)
	}
	if err := l.rows.Delete(ctx, l.rows.Key(id)); err != nil {
		return l.rows.Unavailable(err)
	}
	return nil
}

// unindex drops what leads to id. What is left leads nowhere, and expires.
func (l *Login) unindex(ctx context.Context, id string, rec *Record) {
	for i := range l.seal {
		for _, prefix := range indexPrefixes(&l.seal[i], rec) {
			_ = l.rows.Delete(ctx, prefix+id)
		}
	}
}

// Linked returns the ids whose sign-ins belong to the session sid at the
// provider with that issuer, in the order in which they expire: the oldest sign-in
// comes first. Some of them may have ended. Errors wrap [store.ErrNoList], or mean:
// could not tell.
func (l *Login) Linked(ctx context.Context, issuer, sid string) ([]string, error) {
	return l.list(ctx, func(k *seal.Key) string { return linkPrefix(k, issuer, sid) })
}

// Of returns the ids of a person's sign-ins, as [Login.Linked] does.
func (l *Login) Of(ctx context.Context, issuer, subject string) ([]string, error) {
	return l.list(ctx, func(k *seal.Key) string { return personPrefix(k, issuer, subject) })
}

// list returns the ids below a prefix, under every key.
func (l *Login) list(ctx context.Context, prefixBy func(*seal.Key) string) ([]string, error) {
	var found []store.Entry
	for i := range l.seal {
		prefix := prefixBy(&l.seal[i])
		for after := ""; ; {
			page, next, err := l.rows.PageOf(ctx, prefix, after, store.MaxList)
			if err != nil {
				return nil, err
			}
			found = append(found, page...)
			if after = next; after == "" {
				break
			}
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].Expires.Before(found[j].Expires) })
	ids := make([]string, len(found))
	for i, e := range found {
		ids[i] = e.Key
	}
	return ids, nil
}

// linkPrefix returns where the sign-ins of a provider's session are indexed.
func linkPrefix(k *seal.Key, issuer, sid string) string {
	return store.LoginSessionPrefix + k.Name(issuer, sid) + "/"
}

// personPrefix returns where the sign-ins of a person are indexed. The tuple is
// a longer one, so that it shares no name with a session's.
func personPrefix(k *seal.Key, issuer, subject string) string {
	return store.LoginUserPrefix + k.Name(issuer, subject, "") + "/"
}

func indexPrefixes(k *seal.Key, rec *Record) []string {
	all := []string{personPrefix(k, rec.Issuer, rec.Subject)}
	if rec.SID != "" {
		all = append(all, linkPrefix(k, rec.Issuer, rec.SID))
	}
	if rec.Sub != "" {
		all = append(all, subPrefix(k, rec.Issuer, rec.Sub))
	}
	return all
}
