package doorstest

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/internal/issuance/personal"
	"github.com/edgeward/edgeward/ratelimit"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
)

// A memory is what a System knows beside its token keys, with credentials of
// each kind: some alive, some that have come to an end, each in its own way.
type memory struct {
	sessions    *session.Manager
	keys        *apikey.Keys
	revocations *revocation.Log
	limits      *ratelimit.Limiter

	cookie, endedCookie, revokedCookie, renewedCookie string // values; all but the first are dead
	sessionID                                         string // public id of the first
	apiKey, revokedKey, expiredKey, elsewhereKey      string
	proxiesKey, clientsKey                            string // bound to the network of the proxies, and of a client
	unknownKey                                        string // of another installation with the same environment

	personal *personal.Verifier
	tokens   map[string]string // personal tokens, by their user
}

// newMemory issues everything over a store of its own.
func newMemory(t testing.TB) *memory {
	t.Helper()
	secret, rows := edgeward.NewSecret(strings.Repeat("s", 32)), memstore.New(memstore.Config{})
	m := &memory{}
	var err error
	m.sessions, err = session.New(session.Config{Store: rows, Key: secret})
	must(t, err)
	m.keys, err = apikey.New(apikey.Config{Store: rows, Pepper: secret, Environment: "live"})
	must(t, err)
	m.limits, err = ratelimit.New(ratelimit.Config{})
	must(t, err)
	m.revocations, err = revocation.New(revocation.Config{Store: told{rows}})
	must(t, err)
	_ = m.revocations.Run(t.Context())
	m.issueSessions(t)
	m.issueKeys(t, secret)
	m.issuePersonal(t)
	return m
}

// told is a store whose watch ends after the state, as one does that broke.
type told struct{ *memstore.Store }

func (told) Watch(_ context.Context, _ string, _ func(store.Event) error, synced func() error) error {
	return synced()
}

func (m *memory) strategies() []engine.Strategy {
	return []engine.Strategy{
		{Name: session.Method, Source: credential.Cookie(session.CookieName), Verifier: m.sessions, Interactive: true},
		{Name: apikey.Method, Source: credential.APIKey, Verifier: m.keys},
		{Name: apikey.MethodPersonal, Source: credential.Personal, Verifier: m.personal, Basic: true},
	}
}

func (m *memory) issueSessions(t testing.TB) {
	t.Helper()
	var ended, revoked string
	m.cookie, m.sessionID = m.create(t)
	m.endedCookie, ended = m.create(t)
	must(t, m.sessions.End(t.Context(), ended))
	m.revokedCookie, revoked = m.create(t)
	m.revoke(t, revocation.Entry{Scope: revocation.Session, Value: revoked})
	m.renewedCookie, _ = m.create(t)
	_, _, err := m.sessions.Renew(t.Context(), edgeward.NewSecret(m.renewedCookie), sessionGrant, nil)
	must(t, err)
}

var sessionGrant = session.Grant{Issuer: issuer, Subject: "alice", Permissions: []string{"orders:read"}}

func (m *memory) create(t testing.TB) (value, id string) {
	t.Helper()
	secret, s, err := m.sessions.Create(t.Context(), sessionGrant)
	must(t, err)
	return secret.Reveal(), s.ID
}

// authenticated returns the cookie of a session whose user authenticated by acr so long
// ago.
func (m *memory) authenticated(t testing.TB, acr string, ago time.Duration) string {
	t.Helper()
	g := sessionGrant
	g.ACR, g.AuthTime = acr, time.Now().Add(-ago)
	secret, _, err := m.sessions.Create(t.Context(), g)
	must(t, err)
	return secret.Reveal()
}

func (m *memory) issueKeys(t testing.TB, secret edgeward.Secret) {
	t.Helper()
	m.apiKey, _ = createKey(t, m.keys, apikey.Grant{})
	var revoked string
	m.revokedKey, revoked = createKey(t, m.keys, apikey.Grant{})
	must(t, m.keys.Revoke(t.Context(), revoked))
	expires := time.Now().Add(50 * time.Millisecond) // a busy machine takes a while to make the key
	m.expiredKey, _ = createKey(t, m.keys, apikey.Grant{Expires: expires})
	m.elsewhereKey, _ = createKey(t, m.keys, apikey.Grant{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	m.proxiesKey, _ = createKey(t, m.keys, apikey.Grant{Networks: []netip.Prefix{Proxies}})
	m.clientsKey, _ = createKey(t, m.keys, apikey.Grant{Networks: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8:9::/48")}})
	other, err := apikey.New(apikey.Config{Store: memstore.New(memstore.Config{}), Pepper: secret, Environment: "live"})
	must(t, err)
	m.unknownKey, _ = createKey(t, other, apikey.Grant{})
	time.Sleep(time.Until(expires) + time.Millisecond)
}

func createKey(t testing.TB, keys *apikey.Keys, g apikey.Grant) (text, id string) {
	t.Helper()
	g.Subject, g.Permissions = "robot", []string{"orders:read"}
	secret, k, err := keys.Create(t.Context(), g)
	must(t, err)
	return secret.Reveal(), k.ID
}

func (m *memory) revoke(t testing.TB, e revocation.Entry) {
	t.Helper()
	_, err := m.revocations.Revoke(t.Context(), e)
	must(t, err)
}
