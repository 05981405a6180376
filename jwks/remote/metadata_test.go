package remote_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks/remote"
	"github.com/edgeward/edgeward/jwt"
)

// Without OpenID metadata the keys are found by that of RFC 8414, which has to
// speak for the same issuer. Anything but "there is none" is no reason to look
// elsewhere.
func TestKeysByServerMetadata(t *testing.T) {
	const place = "/.well-known/oauth-authorization-server/realm"
	for rule, row := range map[string]struct {
		openid int
		server string
		want   edgeward.Reason
	}{
		"the issuer's":              {404, `{"issuer":"` + issuer + `","jwks_uri":"http://127.0.0.1/keys"}`, edgeward.Authenticated},
		"another issuer's":          {404, `{"issuer":"http://127.0.0.1","jwks_uri":"http://127.0.0.1/keys"}`, edgeward.Unavailable},
		"without keys":              {404, `{"issuer":"` + issuer + `","jwks_uri":null}`, edgeward.Unavailable},
		"there is none either":      {404, "", edgeward.Unavailable},
		"OpenID metadata is broken": {500, `{"issuer":"` + issuer + `","jwks_uri":"http://127.0.0.1/keys"}`, edgeward.Unavailable},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := serve(t, "a")
			p.server = func(w http.ResponseWriter, r *http.Request) bool {
				switch {
				case r.URL.Path == place && row.server != "":
					document(w, row.server)
				case strings.Contains(r.URL.Path, "/.well-known/"):
					w.WriteHeader(row.openid)
				default:
					return false
				}
				return true
			}
			k := p.keys(t)
			_, err := k.Key(t.Context(), "a", true, jwt.EdDSA)
			if (err == nil) != (row.want == edgeward.Authenticated) || err != nil && edgeward.ReasonOf(err) != row.want {
				t.Errorf("%s: %v", rule, err)
			}
			if row.server == "" && !strings.Contains(fmt.Sprint(err), "jwks_uri") {
				t.Errorf("%s: %v does not say what to do", rule, err)
			}
		})
	}
}

// A set, or metadata, that no token can match is told in so many words, although
// nothing went wrong.
func TestAlgorithmsThatMatchNothingAreNoted(t *testing.T) {
	about := func(algs string) string {
		return `{"issuer":"` + issuer + `","jwks_uri":"http://127.0.0.1/keys","id_token_signing_alg_values_supported":` + algs + `}`
	}
	for rule, row := range map[string]struct {
		allowed []jwt.Algorithm
		about   string
		want    []string // in the note; nil: none
	}{
		"all agree":                         {[]jwt.Algorithm{jwt.EdDSA}, about(`["EdDSA"]`), nil},
		"by the newer name":                 {[]jwt.Algorithm{jwt.EdDSA}, about(`["Ed25519"]`), nil},
		"metadata that says nothing":        {[]jwt.Algorithm{jwt.EdDSA}, "", nil},
		"metadata that says null":           {[]jwt.Algorithm{jwt.EdDSA}, about(`null`), nil},
		"metadata that says nonsense":       {[]jwt.Algorithm{jwt.EdDSA}, about(`{"a":1}`), nil},
		"the default, and Ed25519 keys":     {nil, "", []string{"RS256", "EdDSA", "correct algorithms"}},
		"metadata of another algorithm":     {[]jwt.Algorithm{jwt.EdDSA}, about(`["RS256","ES256"]`), []string{"EdDSA", "RS256, ES256", "correct algorithms"}},
		"metadata of HMAC alone":            {[]jwt.Algorithm{jwt.EdDSA}, about(`["HS512"]`), []string{"HS512", "HMAC is never accepted"}},
		"metadata with names to split logs": {[]jwt.Algorithm{jwt.EdDSA}, about(`["RS\n256","` + strings.Repeat("x", 99) + `"]`), nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			var seen []remote.Fetch
			p := serve(t, "a")
			p.about = row.about
			k := p.keys(t, func(c *remote.Config) {
				c.Algorithms, c.Observe = row.allowed, func(f remote.Fetch) { seen = append(seen, f) }
			})
			run(t, k)
			synctest.Wait()
			note := k.Status().Note
			if (note != "") != (row.want != nil) || len(seen) != 1 || seen[0].Note != note || seen[0].Err != nil {
				t.Errorf("%s: noted %q, observed %+v", rule, note, seen)
			}
			for _, part := range row.want {
				if !strings.Contains(note, part) {
					t.Errorf("%s: %q does not say %s", rule, note, part)
				}
			}
			time.Sleep(time.Second)
		})
	}
}

// An issuer that publishes no key signs by a secret, as some do by default.
func TestAnEmptySetNamesTheSecret(t *testing.T) {
	for _, set := range []string{`{}`, `{"keys":[]}`} {
		synctest.Test(t, func(t *testing.T) {
			p := serve(t)
			p.answer = func(w http.ResponseWriter, _ *http.Request) { document(w, set) }
			k := p.keys(t)
			wantReason(t, k, "a", edgeward.Unavailable)
			if err := k.Status().LastError; !strings.Contains(fmt.Sprint(err), `"secret"`) {
				t.Errorf("%s: %v", set, err)
			}
		})
	}
}
