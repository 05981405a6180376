package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
)

// BenchmarkDecide is the whole decision for tokens whose verification is
// remembered, among 10,000 routes: one token, and 20,000 different ones.
func BenchmarkDecide(b *testing.B) {
	for _, tokens := range []int{1, 20_000} {
		b.Run(fmt.Sprintf("warm/tokens=%d", tokens), func(b *testing.B) {
			e, requests := benchmarkEngine(b, tokens)
			for _, r := range requests {
				if d := e.Decide(context.Background(), r); !d.Allow {
					b.Fatal(d.Err)
				}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if d := e.Decide(context.Background(), requests[i%len(requests)]); !d.Allow {
					b.Fatal(d.Err)
				}
			}
		})
	}
}

// BenchmarkDecideParallel shows whether a lock is shared by all requests.
func BenchmarkDecideParallel(b *testing.B) {
	e, requests := benchmarkEngine(b, 1)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if d := e.Decide(context.Background(), requests[0]); !d.Allow {
				b.Error(d.Err)
			}
		}
	})
}

// benchmarkEngine returns an engine that takes bearer tokens, and a request with
// each of n tokens.
func benchmarkEngine(b *testing.B, n int) (*engine.Engine, []*edgeward.Request) {
	b.Helper()
	verifier, signer := tokens(b)
	e, err := engine.New(engine.Config{
		Hosts:      policy.AllHosts(manyRoutes(b, bearer.Method)),
		Strategies: []engine.Strategy{{Name: bearer.Method, Source: credential.Bearer, Verifier: verifier}},
	})
	must(b, err)
	requests := make([]*edgeward.Request, n)
	for i := range requests {
		requests[i] = requestOf(i, "Authorization", "Bearer "+mint(b, signer, fmt.Sprint("user-", i)))
	}
	return e, requests
}

// BenchmarkDecideBy is the whole decision by each kind of credential, side by
// side, for compare: what is remembered of a session or an API key must cost at
// most 1.5 times what a token does. Each credential is looked up among
// 1,000,000 revocations, or where nothing can be revoked at all.
func BenchmarkDecideBy(b *testing.B) {
	for _, revoked := range []int{-1, 0, 1_000_000} {
		var revocations engine.Revocations
		name := "none"
		if revoked >= 0 {
			revocations, name = revokeMany(b, revoked), fmt.Sprint(revoked)
		}
		h := newHybrid(b, revocations)
		for _, subjects := range []int{1, 20_000} {
			for _, method := range []string{bearer.Method, session.Method, apikey.Method} {
				requests := h.requests(b, method, subjects)
				b.Run(fmt.Sprintf("revocations=%s/subjects=%d/by=%s", name, subjects, method), func(b *testing.B) { h.decide(b, requests) })
			}
		}
	}
}

// A hybrid is an engine whose route takes each kind of credential.
type hybrid struct {
	*engine.Engine
	signer   jwt.Signer
	sessions *session.Manager
	keys     *apikey.Keys
}

func newHybrid(b *testing.B, r engine.Revocations) *hybrid {
	b.Helper()
	secret, rows := edgeward.NewSecret(strings.Repeat("s", 32)), memstore.New(memstore.Config{})
	verifier, signer := tokens(b)
	h := &hybrid{signer: signer}
	var err error
	h.sessions, err = session.New(session.Config{Store: rows, Key: secret, CacheBytes: 64 << 20})
	must(b, err)
	h.keys, err = apikey.New(apikey.Config{Store: rows, Pepper: secret, Environment: "live", CacheBytes: 64 << 20})
	must(b, err)
	h.Engine, err = engine.New(engine.Config{
		Hosts: policy.AllHosts(manyRoutes(b, apikey.Method, bearer.Method, session.Method)), Revocations: r,
		Strategies: []engine.Strategy{
			{Name: apikey.Method, Source: credential.APIKey, Verifier: h.keys},
			{Name: bearer.Method, Source: credential.Bearer, Verifier: verifier},
			{Name: session.Method, Source: credential.Cookie(session.CookieName), Verifier: h.sessions},
		},
	})
	must(b, err)
	return h
}

// requests makes one request for each of n subjects, by one kind of credential.
func (h *hybrid) requests(b *testing.B, method string, n int) []*edgeward.Request {
	b.Helper()
	all := make([]*edgeward.Request, n)
	for i := range all {
		subject, permissions := fmt.Sprint("user-", i), []string{"orders:read"}
		var field, value string
		switch method {
		case bearer.Method:
			field, value = "Authorization", "Bearer "+mint(b, h.signer, subject)
		case session.Method:
			secret, _, err := h.sessions.Create(b.Context(), session.Grant{Issuer: issuer, Subject: subject, Permissions: permissions})
			must(b, err)
			field, value = "Cookie", session.CookieName+"="+secret.Reveal()
		case apikey.Method:
			secret, _, err := h.keys.Create(b.Context(), apikey.Grant{Subject: subject, Permissions: permissions})
			must(b, err)
			field, value = "X-Api-Key", secret.Reveal()
		}
		all[i] = requestOf(i, field, value)
	}
	return all
}

// decide decides each request once, so that it is remembered, and then measures.
func (h *hybrid) decide(b *testing.B, requests []*edgeward.Request) {
	for _, r := range requests {
		if d := h.Decide(b.Context(), r); !d.Allow {
			b.Fatal(d.Err)
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if d := h.Decide(b.Context(), requests[i%len(requests)]); !d.Allow {
			b.Fatal(d.Err)
		}
	}
}

// blank is a store that keeps nothing: a Log has all that it knows in memory.
type blank struct{ store.Store }

func (blank) Create(context.Context, string, []byte, time.Time) (store.Version, error) { return 1, nil }

func (blank) Watch(_ context.Context, _ string, _ func(store.Event) error, synced func() error) error {
	return synced()
}

// revokeMany returns a Log of n entries, none of which is about a request here.
func revokeMany(b *testing.B, n int) *revocation.Log {
	b.Helper()
	log, err := revocation.New(revocation.Config{Store: blank{}})
	must(b, err)
	_ = log.Run(b.Context()) // it learns that there is nothing, and hears no more
	scopes := []revocation.Entry{
		{Scope: revocation.Token, Issuer: issuer}, {Scope: revocation.Session}, {Scope: revocation.Family}, {Scope: revocation.Subject, Issuer: issuer},
	}
	for i := range n {
		e := scopes[i%len(scopes)]
		e.Value, e.Expires = fmt.Sprint("revoked-", i), time.Now().Add(24*time.Hour)
		_, err := log.Revoke(b.Context(), e)
		must(b, err)
	}
	return log
}

const issuer = "https://issuer.example/"

// manyRoutes returns 10,000 routes that all ask for one of the strategies.
func manyRoutes(b *testing.B, strategies ...string) *policy.Tree {
	b.Helper()
	files := []policy.File{{Path: "_middleware", Statement: policy.Require(strategies...).Permissions("orders:read")}}
	for i := range routes {
		files = append(files, policy.File{Path: fmt.Sprintf("api/v%d/[id]/part%d", i%100, i), Statement: policy.Statement{}})
	}
	tree, err := policy.Build(files)
	must(b, err)
	return tree
}

const routes = 10_000

// requestOf is the i-th request, with one field, to a route of its own.
func requestOf(i int, field, value string) *edgeward.Request {
	return &edgeward.Request{
		Method: "GET", Path: fmt.Sprintf("/api/v%d/7/part%d", i%100, i%routes),
		Header: edgeward.Header{field: {value}},
	}
}

// tokens returns a verifier of HS256 tokens and what signs them.
func tokens(b testing.TB) (*bearer.Verifier, jwt.Signer) {
	b.Helper()
	key, err := jwt.HMACKey("k", jwt.HS256, edgeward.NewSecret(strings.Repeat("s", 32)))
	must(b, err)
	keys, err := jwks.NewStatic(key)
	must(b, err)
	verifier, err := bearer.New(bearer.Config{CacheBytes: 128 << 20, Issuers: []bearer.Issuer{{
		Rules: jwt.Rules{Issuer: issuer, Audiences: []string{"api"}}, Algorithms: []jwt.Algorithm{jwt.HS256}, Keys: keys,
	}}})
	must(b, err)
	signer, err := jwt.HMACSigner(key)
	must(b, err)
	return verifier, signer
}

// mint mints what RFC 9068 §2.2 demands, so that there is as much to look up
// among revocations as in a token of ours.
func mint(b testing.TB, signer jwt.Signer, subject string) string {
	b.Helper()
	now := time.Now()
	claims := jwt.Claims{Issuer: issuer, Subject: subject, Audience: []string{"api"}, TokenID: "jti of " + subject, IssuedAt: now, Expires: now.Add(time.Hour)}
	token, err := jwt.Sign(b.Context(), signer, "at+jwt", claims.AppendJSON(nil,
		jwt.StringClaim("scope", "orders:read"), jwt.StringClaim("sid", "sid of "+subject), jwt.StringClaim("client_id", "web")))
	must(b, err)
	return token
}

func must(b testing.TB, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
