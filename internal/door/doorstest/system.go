package doorstest

import (
	"crypto/ecdsa"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/session"
)

const (
	signIn   = "http://api.example.com/auth/login"
	issuer   = "https://issuer.example/"
	audience = "https://api.example.com"
)

// A System is the engine behind a door, with a token that it accepts. It
// implements [edgeward.Decider].
type System struct {
	recorder
	Token string // alice's, with the permission orders:read

	*memory
	key  *jwt.Key
	pair *ecdsa.PrivateKey // of ES256 tokens

	modern modernIssuer
}

// newSystem wires an engine over the routes of the table.
func newSystem(t testing.TB, all []policy.Host) *System {
	t.Helper()
	key, err := jwt.HMACKey("1", jwt.HS256, edgeward.NewSecret(strings.Repeat("k", 32)))
	must(t, err)
	pair, public := newPair(t)
	keys, err := jwks.NewStatic(key, public)
	must(t, err)
	modern, other := newModernIssuer(t)
	verifier, err := bearer.New(bearer.Config{Issuers: []bearer.Issuer{other, {
		Rules:      jwt.Rules{Issuer: issuer, Audiences: []string{audience}},
		Algorithms: []jwt.Algorithm{jwt.HS256, jwt.ES256},
		Keys:       keys,
	}}})
	must(t, err)
	hosts, err := policy.BuildHosts(all)
	must(t, err)
	m := newMemory(t)
	e, err := engine.New(engine.Config{
		Hosts: hosts,
		Strategies: append(m.strategies(),
			engine.Strategy{Name: bearer.Method, Source: credential.Bearer, Verifier: verifier},
			engine.Strategy{Name: naming, Source: credential.Bearer, Verifier: namer{verifier}},
			engine.Strategy{Name: renewing, Source: credential.Cookie(cookie.Access), Verifier: verifier, Renew: renewer{}},
		),
		Tokens:      providers{},
		Revocations: m.revocations,
		Limits:      m.limits,
		Login:       engine.Login{URL: signIn, Origin: "http://api.example.com"},
	})
	must(t, err)
	s := &System{recorder: recorder{Decider: e}, memory: m, key: key, pair: pair, modern: modern}
	s.Token = s.mint(t, s.claims(), jwt.StringClaim("scope", "orders:read"))
	return s
}

// New returns a System for tests and benchmarks of one door alone. Its routes hold
// for every host.
func New(t testing.TB) *System { return newSystem(t, []policy.Host{{Files: files()}}) }

// Alive says of an identity whether it was taken back.
func (s *System) Alive(id *edgeward.Identity) error { return s.revocations.Check(id) }

func files() []policy.File {
	bearing, chain := policy.Require(bearer.Method), policy.Require(apikey.Method, bearer.Method, session.Method)
	cors := policy.CORS{
		Origins: []string{"https://app.example"}, Methods: []string{"GET", "PUT"}, Headers: []string{"Authorization"}, Credentials: true,
	}
	return append(append(namedFiles(), ruledFiles()...), []policy.File{
		{Path: "renewed/_middleware", Statement: policy.Require(renewing).CORS(cors)},
		{Path: "renewed/admin", Statement: policy.Statement{}.Permissions("orders:write")},
		{Path: "renewed/kept", Statement: policy.Statement{}.ForwardCredential(true)},
		{Path: "api/_middleware", Statement: bearing.CORS(cors)},
		{Path: "api/admin", Statement: policy.Statement{}.Permissions("orders:write")},
		{Path: "chain/_middleware", Statement: chain},
		{Path: "chain/admin", Statement: policy.Statement{}.Permissions("orders:write")},
		{Path: "strong/_middleware", Statement: policy.Require(apikey.Method, bearer.Method, session.Method).ACR("gold", "urn:x:silver").MaxAge(5 * time.Minute)},
		{Path: "strong/admin", Statement: policy.Statement{}.Permissions("orders:write")},
		{Path: "strong/tokens", Statement: bearing},
		{Path: "friends/_middleware", Statement: chain.CORS(cors)},
		{Path: "own/_middleware", Statement: policy.Require(apikey.Method, apikey.MethodPersonal, session.Method)},
		{Path: "own/admin", Statement: policy.Statement{}.Permissions("orders:write")},
		{Path: "own/deleted", Statement: policy.Statement{}.Permissions("orders:delete")},
		{Path: "own/kept", Statement: policy.Statement{}.ForwardCredential(true)},
		{Path: "scripts/_middleware", Statement: policy.Require(apikey.MethodPersonal)},
		{Path: "any/_middleware", Statement: chain.Fallback(policy.FallbackAny)},
		{Path: "guarded/_middleware", Statement: chain.SameOrigin(true)},
		{Path: "kept/_middleware", Statement: bearing.ForwardCredential(true)},
		{Path: "kept/chain/_middleware", Statement: chain},
		{Path: "public/kept", Statement: policy.Statement{}.ForwardCredential(true)},
		{Path: "legacy/_middleware", Statement: policy.Public().IgnoreCase(true)},
		{Path: "legacy/Admin/_middleware", Statement: bearing.Permissions("orders:write")},
		{Path: "legacy/orders", Statement: bearing},
		{Path: "public/_middleware", Statement: policy.Public()},
		{Path: "silent/_middleware", Statement: policy.Statement{}.CORS(cors)},
	}...)
}

func (s *System) claims() jwt.Claims {
	now := time.Now()
	return jwt.Claims{
		Issuer: issuer, Subject: "alice", Audience: []string{audience}, TokenID: "7",
		IssuedAt: now, Expires: now.Add(time.Hour),
	}
}

func (s *System) mint(t testing.TB, c jwt.Claims, extra ...jwt.Extra) string {
	t.Helper()
	signer, err := jwt.HMACSigner(s.key)
	must(t, err)
	token, err := jwt.Sign(t.Context(), signer, "at+jwt", c.AppendJSON(nil, extra...))
	must(t, err)
	return token
}

// expired returns a token that has expired, and that nobody guessed.
func (s *System) expired(t testing.TB) string {
	c := s.claims()
	c.IssuedAt, c.Expires = c.IssuedAt.Add(-2*time.Hour), c.Expires.Add(-2*time.Hour)
	return s.mint(t, c)
}

// invalid returns tokens that prove nothing, each for another reason.
func (s *System) invalid(t testing.TB) map[string]string {
	other, stranger := s.claims(), s.claims()
	other.Audience = []string{"https://other.example"}
	stranger.Issuer = "https://stranger.example/"
	header, rest, _ := strings.Cut(s.Token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	return map[string]string{
		"expired":           s.expired(t),
		"another audience":  s.mint(t, other),
		"another issuer":    s.mint(t, stranger),
		"tampered":          s.Token[:len(s.Token)-2] + "AA",
		"without signature": header + "." + payload + ".",
		"alg none":          "eyJhbGciOiJub25lIn0." + payload + ".",
		"no token at all":   "x",
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
