package gateway_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/gateway"
)

// breaches are configurations that a store of hybrid must not serve, and what
// is said to them.
var breaches = map[string]struct{ old, new, message, remedy string }{
	"another issuer": {
		"issuer: https://api.example", "issuer: https://other.example",
		`config: tokens.issuer is "https://other.example", and the store was begun under "https://api.example": what was revoked under that would come back`,
		"set tokens.issuer: https://api.example, or begin another store, without sessions",
	},
	"no issuer": {
		"  issuer: https://api.example\n  audience: api\n  keys: file:keyring.jwks\n", "",
		`config: tokens.issuer is "edgeward", and the store was begun under "https://api.example": what was revoked under that would come back`,
		"set tokens.issuer: https://api.example, or begin another store, without sessions",
	},
	"another secret": {
		"file:secret", "env:EDGEWARD_TEST_LONG",
		"config: tokens.secret is not the one that the store was begun under: all its sessions, refresh tokens and API keys would be void, and count as failed attempts",
		"restore the secret, or name it in tokens.previous_secrets, or begin another store, without sessions",
	},
}

// broken checks that err is what a breach is told.
func broken(t *testing.T, err error, message, remedy string) {
	t.Helper()
	fault, ok := errors.AsType[*gateway.PinError](err)
	if !ok || fault.Error() != message || fault.Remedy() != remedy {
		t.Errorf("err = %v\nwant %s\n(%s)", err, message, remedy)
	}
}

func TestAStoreKeepsToItsIssuerAndSecret(t *testing.T) {
	for name, c := range breaches {
		t.Run(name, func(t *testing.T) {
			t.Setenv("EDGEWARD_TEST_LONG", strings.Repeat("0123456789abcdet", 2))
			f := made(t)
			before := string(f.read("edgeward.yaml"))
			f.edit(c.old, c.new)
			_, err := gateway.NewLive(f.load(), onDisk, nil)
			broken(t, err, c.message, c.remedy)
			f.write("edgeward.yaml", before)
			f.run(onDisk) // and it was let go of
		})
	}
}

// Who was logged out everywhere must not come back with a reload, nor may all
// cookies become guesses by one.
func TestAReloadCannotChangeIssuerOrSecret(t *testing.T) {
	for name, c := range breaches {
		for _, store := range []string{"{path: edgeward.db}", "{memory: true}"} {
			t.Run(name+" "+store, func(t *testing.T) {
				t.Setenv("EDGEWARD_TEST_LONG", strings.Repeat("0123456789abcdet", 2))
				f := newHybrid(t, store, "")
				l := f.run(onDisk)
				issued, before := issue(t, l), l.System()
				f.edit(c.old, c.new)
				broken(t, l.Reload(), c.message, c.remedy)
				if l.System() != before {
					t.Error("the System was replaced")
				}
				for method, field := range issued.fields {
					if status, body := ask(t, l, field[0], field[1]); status != 200 {
						t.Errorf("%s: %d %s", method, status, body)
					}
				}
				if _, err := l.System().Authority.Refresh(t.Context(), by, issued.refresh, issuance.ScopeRequest{}, edgeward.Client{}); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A configuration that is refused for one pin leaves no other behind: here the
// issuer, which a store of sessions alone does not have yet.
func TestARefusedConfigurationPinsNothing(t *testing.T) {
	t.Setenv("EDGEWARD_TEST_LONG", strings.Repeat("0123456789abcdet", 2))
	f := newHybrid(t, "{path: edgeward.db}", "")
	whole := string(f.read("edgeward.yaml"))
	f.edit("  issuer: https://api.example\n  audience: api\n  keys: file:keyring.jwks\n", "")
	f.edit("api_keys: {environment: test}\n", "")
	f.edit("[api_key, bearer, session]", "[session]")
	m, err := gateway.Open(f.load().Config, onDisk)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	f.write("edgeward.yaml", strings.NewReplacer("file:secret", "env:EDGEWARD_TEST_LONG", "https://api.example", "https://other.example").Replace(whole))
	if _, err := gateway.Open(f.load().Config, onDisk); err == nil {
		t.Fatal("another secret was accepted")
	}
	f.write("edgeward.yaml", whole)
	f.run(onDisk)
}

// The fingerprint of the secret stands in the store, and tells nothing of what
// protects the credentials.
func TestTheStoreDoesNotHoldTheSecret(t *testing.T) {
	f := newHybrid(t, "{memory: true}", "")
	m, err := gateway.Open(f.load().Config, onDisk)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := m.Store().Get(t.Context(), "meta/secret")
	if err != nil || strings.Contains(string(entry.Value), "ssss") || !entry.Expires.IsZero() {
		t.Errorf("%s, %v", entry.Value, err)
	}
	entry, err = m.Store().Get(t.Context(), "meta/issuer")
	if err != nil || string(entry.Value) != `{"v":1,"value":"https://api.example"}` {
		t.Errorf("%s, %v", entry.Value, err)
	}
}
