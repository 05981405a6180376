package doorstest

import (
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/policy"
)

const (
	issuer   = "https://issuer.example/"
	audience = "https://api.example.com"
)

// A System is the engine behind a door, with a token that it accepts. It
// implements [edgeward.Decider].
type System struct {
	recorder
	Token string // alice's, with the permission orders:read

	key *jwt.Key
}

// newSystem wires an engine over the routes of the table.
func newSystem(t testing.TB) *System {
	t.Helper()
	key, err := jwt.HMACKey("1", jwt.HS256, edgeward.NewSecret(strings.Repeat("k", 32)))
	must(t, err)
	keys, err := jwks.NewStatic(key)
	must(t, err)
	verifier, err := bearer.New(bearer.Config{Issuers: []bearer.Issuer{{
		Rules:      jwt.Rules{Issuer: issuer, Audiences: []string{audience}},
		Algorithms: []jwt.Algorithm{jwt.HS256},
		Keys:       keys,
	}}})
	must(t, err)
	routes, err := policy.Build(files())
	must(t, err)
	e, err := engine.New(engine.Config{
		Routes:     routes,
		Strategies: []engine.Strategy{{Name: bearer.Method, Source: credential.Bearer, Verifier: verifier}},
	})
	must(t, err)
	s := &System{recorder: recorder{Decider: e}, key: key}
	s.Token = s.mint(t, s.claims(), jwt.StringClaim("scope", "orders:read"))
	return s
}

// New returns a System for tests and benchmarks of one door alone.
func New(t testing.TB) *System { return newSystem(t) }

func files() []policy.File {
	credentialed, open := []string{bearer.Method}, []string{}
	yes := true
	cors := &policy.CORS{
		Origins: []string{"https://app.example"}, Methods: []string{"GET", "PUT"}, Headers: []string{"Authorization"}, Credentials: true,
	}
	return []policy.File{
		{Path: "api/_middleware", Statement: policy.Statement{Authenticate: &credentialed, CORS: cors}},
		{Path: "api/admin", Statement: policy.Statement{Permissions: &[]string{"orders:write"}}},
		{Path: "kept/_middleware", Statement: policy.Statement{Authenticate: &credentialed, ForwardCredential: &yes}},
		{Path: "public/_middleware", Statement: policy.Statement{Authenticate: &open}},
		{Path: "silent/_middleware", Statement: policy.Statement{CORS: cors}},
	}
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

// invalid returns tokens that prove nothing, each for another reason.
func (s *System) invalid(t testing.TB) map[string]string {
	expired, other, stranger := s.claims(), s.claims(), s.claims()
	expired.IssuedAt, expired.Expires = expired.IssuedAt.Add(-2*time.Hour), expired.Expires.Add(-2*time.Hour)
	other.Audience = []string{"https://other.example"}
	stranger.Issuer = "https://stranger.example/"
	header, rest, _ := strings.Cut(s.Token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	return map[string]string{
		"expired":           s.mint(t, expired),
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
