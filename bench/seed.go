package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

// writers share each fsync of a store that is filled.
const writers = 1024

// kept is how many cookies of a filled store are used later.
const kept = 1000

// signIn makes n sessions, each of a subject of its own.
func (h *home) signIn(n int) error {
	key, err := h.root.Derive(keyring.SessionHash)
	if err != nil {
		return err
	}
	return h.fill(func(s *sqlitestore.Store) error {
		m, err := session.New(session.Config{Store: s, Key: key, CacheBytes: -1})
		if err != nil {
			return err
		}
		h.cookies = make([]string, min(n, kept))
		return spread(n, func(i int) error {
			value, _, err := m.Create(context.Background(), session.Grant{
				Issuer: h.Issuer, Subject: fmt.Sprint("user-", i), Permissions: []string{"orders:read", "orders:write"},
				Client: edgeward.Client{UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
			})
			if i < len(h.cookies) {
				h.cookies[i] = session.CookieName + "=" + value.Reveal()
			}
			return err
		})
	})
}

// revoke makes n entries of the scopes that grow by what people do.
func (h *home) revoke(n int) error {
	return h.fill(func(s *sqlitestore.Store) error {
		log, err := revocation.New(revocation.Config{Store: s})
		if err != nil {
			return err
		}
		scopes := []revocation.Entry{
			{Scope: revocation.Token, Issuer: h.Issuer}, {Scope: revocation.Session}, {Scope: revocation.Family}, {Scope: revocation.Subject, Issuer: h.Issuer},
		}
		return spread(n, func(i int) error {
			e := scopes[i%len(scopes)]
			e.Value, e.Expires = fmt.Sprint("revoked-", i), time.Now().Add(24*time.Hour)
			_, err := log.Revoke(context.Background(), e)
			return err
		})
	})
}

// spread calls do for 0 to n-1 from many goroutines, until one call fails.
func spread(n int, do func(i int) error) error {
	var next atomic.Int64
	var failure atomic.Pointer[error]
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && failure.Load() == nil; i = next.Add(1) - 1 {
				if err := do(int(i)); err != nil {
					failure.Store(&err)
				}
			}
		})
	}
	wg.Wait()
	if err := failure.Load(); err != nil {
		return *err
	}
	return nil
}
