package e2e

import (
	"testing"
)

// A provider refuses a scope that it does not give to our client, in its words:
// that is the operator's to mend, so the page says that the provider is in trouble
// and the log has what it said.
func TestAProviderThatRefusesAScope(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{client: map[string]any{"scope": "openid"}, provider: `scopes: [orders:read]`})
	b := newProfile(t).tab()
	b.open(s.origin + "/a")
	b.lands(s.origin + "/auth/callback")
	b.wantStatus(502)
	s.wantReadable(b)
	s.wantNobody(b, "invalid_scope")
	s.process.says("invalid_scope", "requested scope is not allowed")
}

// A provider signs the ID tokens of our client with another algorithm than
// RS256: the log names both, and with algorithms people sign in.
func TestTheAlgorithmOfTheProvider(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "EdDSA"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			client := map[string]any{"id_token_signed_response_alg": algorithm}
			s := newSite(t, sitePlan{client: client})
			b := newProfile(t).tab()
			b.open(s.origin + "/a")
			b.signIn("ada")
			b.lands(s.origin + "/auth/callback")
			b.wantStatus(502)
			s.wantNobody(b, algorithm)
			s.process.says("signed with "+algorithm, "allow RS256")
			newSite(t, sitePlan{client: client, provider: `algorithms: [` + algorithm + `]`}).visit(t, "ada", "/a")
		})
	}
}
