package door_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/door"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
)

// manyRoutes is a configuration with n routes, each of which asks something of
// its own.
func manyRoutes(n int) string {
	var b strings.Builder
	b.WriteString(`{"routes": {"_middleware": {"authenticate": ["bearer"]}`)
	for i := range n {
		fmt.Fprintf(&b, `, "folder%d/file%d": {"permissions": ["a:%d"], "methods": {"GET": {"authenticate": []}}}`, i%100, i, i)
	}
	return b.String() + `}}`
}

func TestManyRoutes(t *testing.T) {
	handle := handler(t, manyRoutes(5000))
	for path, want := range map[string]string{"/folder99/file4999": "forward", "/folder99/file5000": "respond"} {
		if f := handle(t.Context(), runtime.Frame{"GET", "https://a.example" + path, "", ""}); f[0] != want {
			t.Errorf("%s: %q, want %s", path, f, want)
		}
	}
}

func TestMoreNamesThanAnyConfigurationHas(t *testing.T) {
	if _, err := door.ParseConfiguration(manyRoutes(door.MaxNames/4+1), nil); err == nil {
		t.Error("accepted")
	}
}

// Without Objects nothing is asked of the platform but keys: what would need
// them is refused at once rather than in a request.
func TestWhatIsToBeRememberedNeedsObjects(t *testing.T) {
	for _, section := range []string{"sessions", "api_keys", "login"} {
		c, err := door.ParseConfiguration(`{"`+section+`": {}, "routes": {"_middleware": {"authenticate": []}}}`, nil)
		if err == nil {
			_, err = door.NewSystem(c, time.Now)
		}
		if err == nil {
			t.Errorf("%s without a store is accepted", section)
		}
	}
}

// A person who signed in and was given nothing would be sent round and round.
func TestALoginGivesWhatItSays(t *testing.T) {
	const login = `"login": {"origin": "https://app.example", %s"providers": [{"name": "a", "issuer": "https://id.example", "client_id": "c"}]}`
	const ring = `"issuer": "https://app.example", "audience": "app", "keys": "env:RING", `
	secrets := map[string]edgeward.Secret{"SECRET": edgeward.NewSecret(strings.Repeat("0123456789abcdes", 2)), "RING": edgeward.NewSecret(newKeyRing(t))}
	for _, row := range []struct {
		rule, outcome, tokens, sessions string
		ok                              bool
	}{
		{"a session by default", ``, ``, `"sessions": {}, `, true},
		{"tokens", `"outcome": "tokens", `, ring, ``, true},
		{"both", `"outcome": "both", `, ring, `"sessions": {}, `, true},
		{"a session without sessions", ``, ring, ``, false},
		{"tokens without keys", `"outcome": "tokens", `, ``, `"sessions": {}, `, false},
		{"both without sessions", `"outcome": "both", `, ring, ``, false},
		{"something else", `"outcome": "cake", `, ring, `"sessions": {}, `, false},
	} {
		text := `{"store": {"path": "EDGEWARD_STORE"}, "routes": {"_middleware": {"authenticate": []}}, "tokens": {` + row.tokens + `"secret": "env:SECRET"}, ` + row.sessions + fmt.Sprintf(login, row.outcome) + `}`
		c, err := door.ParseConfiguration(text, secrets)
		if err == nil {
			_, err = door.NewSystem(c, time.Now)
		}
		if (err == nil) != row.ok {
			t.Errorf("%s: %v", row.rule, err)
		}
	}
}

func BenchmarkManyRoutes(b *testing.B) {
	for _, n := range []int{50, 5000} {
		text := manyRoutes(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				handler(b, text)
			}
		})
	}
}

// Entries of one issuer are told apart by algorithm, here as at the gateway.
func TestOneIssuerWithKeysByAlgorithm(t *testing.T) {
	for algorithms, ok := range map[string]bool{`"ES256"`: true, `"Ed25519"`: true, `"HS256"`: false, `"ES256", "HS256"`: false} {
		c, err := door.ParseConfiguration(`{"issuers": [
			{"issuer": "https://p.example", "audiences": ["a"], "secret": "env:SECRET", "algorithms": ["HS256"]},
			{"issuer": "https://p.example", "audiences": ["a"], "jwks_uri": "https://p.example/keys", "algorithms": [`+algorithms+`]}],
			"routes": {"_middleware": {"authenticate": ["bearer"]}}}`, map[string]edgeward.Secret{"SECRET": edgeward.NewSecret(strings.Repeat("0123456789abcdes", 2))})
		if err == nil {
			_, err = door.NewSystem(c, time.Now)
		}
		if (err == nil) != ok {
			t.Errorf("%s: %v", algorithms, err)
		}
	}
}

// What a provider's ID tokens may be for besides us is carried to the edge: see
// login.Provider.
func TestAProvidersAudiencesAreRead(t *testing.T) {
	c, err := door.ParseConfiguration(`{"login": {"origin": "https://app.example", "providers": [
		{"name": "a", "issuer": "https://id.example", "client_id": "c", "audiences": ["api"]}, {"name": "b", "issuer": "https://b.example", "client_id": "c"}
	]}, "store": {"path": "EDGEWARD_STORE"}, "sessions": {}, "tokens": {"secret": "env:SECRET"}, "routes": {"_middleware": {"authenticate": []}}}`,
		map[string]edgeward.Secret{"SECRET": edgeward.NewSecret(strings.Repeat("0123456789abcdes", 2))})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Login.Providers; len(got[0].Audiences) != 1 || got[0].Audiences[0] != "api" || len(got[1].Audiences) != 0 {
		t.Errorf("%v, %v", got[0].Audiences, got[1].Audiences)
	}
}

// A secret that stands in the configuration itself is refused, and not shown.
func TestNoErrorShowsASecret(t *testing.T) {
	const secret = "hunter2-0123456789abcdef-0123456789"
	for _, member := range []string{
		`"tokens": {"secret": "%s"}`, `"tokens": {"keys": "%s"}`, `"tokens": {"secret": ["%s"]}`,
		`"issuers": [{"issuer": "https://id.example", "audiences": ["a"], "algorithms": ["HS256"], "secret": "%s"}]`,
		`"login": {"origin": "https://app.example", "providers": [{"name": "a", "issuer": "https://id.example", "client_id": "c", "client_secret": "%s"}]}`,
	} {
		text := `{"store": {"path": "EDGEWARD_STORE"}, "routes": {"_middleware": {"authenticate": []}}, ` + fmt.Sprintf(member, secret) + `}`
		_, err := door.ParseConfiguration(text, nil)
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", member, err)
		}
	}
}

// What says neither that it stands before functions of Pages nor that it does not
// is refused: the case of a path would count where it means nothing.
func TestPagesIsTrueOrFalse(t *testing.T) {
	for value, ok := range map[string]bool{`true`: true, `false`: true, `"true"`: false, `"yes"`: false, `1`: false, `null`: false, `[true]`: false, `{}`: false} {
		c, err := door.ParseConfiguration(`{"pages": `+value+`, "routes": {"_middleware": {"authenticate": []}}}`, nil)
		if (err == nil) != ok || ok && c.Pages != (value == "true") {
			t.Errorf("%s: %v", value, err)
		}
	}
}
