package session_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/memstore"
)

// Sessions outlive a change of the key as long as the old one is named, are
// found and ended like others, and are made with the new one only.
func TestAKeyIsReplacedAndNobodyIsSignedOut(t *testing.T) {
	rows := memstore.New(memstore.Config{})
	with := func(key string, previous ...string) *session.Manager {
		t.Helper()
		cfg := session.Config{Store: rows, Key: edgeward.NewSecret(strings.Repeat(key, 32))}
		for _, p := range previous {
			cfg.Previous = append(cfg.Previous, edgeward.NewSecret(strings.Repeat(p, 32)))
		}
		m, err := session.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	create := func(m *session.Manager) (edgeward.Secret, session.Session) {
		t.Helper()
		cookie, s, err := m.Create(ctx, alice)
		if err != nil {
			t.Fatal(err)
		}
		return cookie, s
	}
	reason := func(m *session.Manager, cookie edgeward.Secret) edgeward.Reason {
		id, err := m.Verify(ctx, nil, edgeward.Credential{Value: cookie})
		switch {
		case err != nil:
			return edgeward.ReasonOf(err)
		case id.Subject != "alice":
			t.Errorf("it is %s's", id.Subject)
		}
		return edgeward.Authenticated
	}
	oldest, old, both, next := with("a"), with("b"), with("c", "b", "a"), with("c")
	var ids []string
	var cookies []edgeward.Secret
	for _, m := range []*session.Manager{oldest, old, both, old, oldest, both} {
		cookie, s := create(m)
		if got := reason(both, cookie); got != edgeward.Authenticated {
			t.Errorf("made by a key that is named: %v", got)
		}
		ids, cookies = append(ids, s.ID), append(cookies, cookie)
	}
	if got := reason(next, cookies[1]); got != edgeward.SessionInvalid {
		t.Errorf("a key that is gone: %v", got)
	}
	if got := reason(next, cookies[2]); got != edgeward.Authenticated {
		t.Errorf("made while both were named: %v", got)
	}
	if got := reason(old, cookies[2]); got != edgeward.SessionInvalid {
		t.Errorf("made with the old key: %v", got)
	}

	var found []string
	for after := ""; ; {
		page, following, err := both.ListBySubject(ctx, alice.Issuer, alice.Subject, after, 2)
		if err != nil || len(page) > 2 {
			t.Fatal(page, err)
		}
		for _, s := range page {
			found = append(found, s.ID)
		}
		if after = following; after == "" {
			break
		}
	}
	if slices.Sort(ids); !slices.Equal(found, ids) {
		t.Errorf("the subject has %v, want %v in this order", found, ids)
	}

	was, _ := both.IDOf(cookies[1])
	cookie, s, err := both.Renew(ctx, cookies[1], alice, nil)
	if err != nil || reason(next, cookie) != edgeward.Authenticated {
		t.Errorf("renewed: %v", err)
	}
	for _, id := range append(ids, s.ID) {
		if err := both.End(ctx, id); err != nil {
			t.Error(err)
		}
	}
	for _, cookie := range append(cookies, cookie) {
		if got := reason(both, cookie); got != edgeward.SessionUnknown {
			t.Errorf("after its end: %v", got)
		}
	}
	if rest, err := rows.List(ctx, "", "", 100); err != nil || len(rest) != 1 || rest[0].Key != "session/"+was {
		t.Errorf("rows are left beside the one that says what the renewed session became: %v, %v", rest, err)
	}
}

func TestAPreviousKeyIsNoShorter(t *testing.T) {
	cfg := config(memstore.New(memstore.Config{}), time.Now)
	cfg.Previous = []edgeward.Secret{edgeward.NewSecret("short")}
	if _, err := session.New(cfg); err == nil {
		t.Error("took a short key")
	}
}
