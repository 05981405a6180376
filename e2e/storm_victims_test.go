package e2e

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
)

// keepRevoking makes credentials, takes them back one by one or all at once, and
// asks whether those that were taken back earlier are still dead. It asks for
// as long as it takes until a revocation is acknowledged.
func (s *storm) keepRevoking(name string) {
	alone := []func(k kit) error{
		func(k kit) error { return s.oauthRevoke(k.refresh) },
		func(k kit) error { return s.api.EndSession(s.t.Context(), k.sessionID) },
		func(k kit) error { return s.api.RevokeAPIKey(s.t.Context(), k.keyID) },
	}
	together := []func(k kit) error{func(k kit) error {
		_, err := s.api.LogoutEverywhere(s.t.Context(), client.Logout{Subject: k.subject})
		return err
	}}
	for i := 0; !s.ended() && !s.t.Failed(); i++ {
		k := kit{subject: fmt.Sprint(name, "-", i)}
		s.insist(func() error { return s.tryIssue(&k) })
		ways := alone
		if i%2 == 1 {
			ways = together
		}
		for _, way := range ways {
			s.insist(func() error { return way(k) })
		}
		s.mu.Lock()
		s.dead = append(s.dead, k)
		earlier := s.dead[rand.IntN(len(s.dead))]
		s.mu.Unlock()
		s.stillDead(k)
		s.stillDead(earlier)
	}
}

// tryIssue fills k as far as it is not filled yet.
func (s *storm) tryIssue(k *kit) error {
	ctx := s.t.Context()
	if k.keyID == "" {
		key, err := s.api.CreateAPIKey(ctx, client.NewAPIKey{Subject: k.subject})
		if err != nil {
			return err
		}
		k.keyID, k.apiKey = key.APIKey.ID, "X-API-Key: "+key.Secret.Reveal()
	}
	if k.refresh == "" {
		pair, err := s.api.MintPair(ctx, client.NewPair{Subject: k.subject})
		if err != nil {
			return err
		}
		k.family, k.refresh, k.bearer = pair.Family, pair.RefreshToken.Reveal(), bearer(pair.AccessToken.Reveal())
	}
	if k.sessionID == "" {
		session, err := s.api.CreateSession(ctx, client.NewSession{Subject: k.subject})
		if err != nil {
			return err
		}
		k.sessionID, k.session = session.Session.ID, "Cookie: "+session.Cookie.Reveal()
	}
	return nil
}

// insist repeats do until it succeeds: an error means that nothing is known.
// Each kill may cut it off, so what bounds it begins with the end of the storm.
func (s *storm) insist(do func() error) {
	var deadline time.Time
	for ; !s.t.Failed(); time.Sleep(5 * time.Millisecond) {
		s.waitUntilUp()
		err := do()
		switch {
		case err == nil:
			return
		case !s.ended():
		case deadline.IsZero():
			deadline = time.Now().Add(patience)
		case time.Now().After(deadline):
			s.t.Errorf("still no success: %v", err)
		}
	}
}

// stillDead asks with each credential of k. No answer is fine, a good one is
// not.
func (s *storm) stillDead(k kit) {
	for method, field := range k.fields() {
		if a, err := trySay(s.proxy, "GET /orders", field); err == nil && a.status != 401 && a.status != 503 {
			s.t.Errorf("%s of %s was revoked and got status %d", method, k.subject, a.status)
		}
	}
	if a := s.refresh(k.refresh); a.err == nil && a.status != 400 && a.status != 503 {
		s.t.Errorf("the refresh token of %s was revoked and got status %d", k.subject, a.status)
	}
}
