package e2e

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cli/frontlines"
	"github.com/edgeward/edgeward/jwt"
)

// named are the fields of the routes of a namedSite, which a front copies.
var named = []string{
	"Accept-Language", "Remote-Email", "Remote-Groups", "Remote-Name", "Remote-User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Preferred-Username", "X-Forwarded-User",
	"X-Tenant", "X-Webauth-Email", "X-Webauth-Groups", "X-Webauth-Name", "X-Webauth-User",
}

// A namedSite is a front before a gateway whose routes name users by fields.
type namedSite struct {
	name    string
	address string
	secret  edgeward.Secret
}

// namedRoutes name zoe by the fields of applications.
var namedRoutes = map[string]string{
	"_middleware":        "authenticate: [bearer]\nheaders: [remote-user, x-forwarded]\n",
	"grafana/index":      "headers: grafana\n",
	"none/index":         "headers: []\n",
	"public/_middleware": "authenticate: []\n",
	"edited/index":       "request_headers: {set: {X-Tenant: red, Accept-Language: de}}\n",
	"basic/index":        "authorization: {basic: {username: username, password: file:password}}\n",
}

// throughEachNamed runs test through every front, each with its own gateway and with
// the lines that edgeward check prints for it.
func throughEachNamed(t *testing.T, test func(t *testing.T, s *namedSite)) {
	t.Parallel()
	for _, way := range fronts {
		t.Run(way.name, func(t *testing.T) {
			isAtHand(t, way.name)
			u, s := newUpstream(t), &namedSite{name: way.name, secret: edgeward.NewSecret(rand.Text() + rand.Text())}
			g := &gateway{t: t, dir: t.TempDir(), proxy: loopback(freePort(t)), verify: loopback(freePort(t)), admin: loopback(freePort(t))}
			g.write("edgeward.yaml", `
proxy: {listen: "`+g.proxy+`", upstream: "`+u.url+`"}
forward_auth: {listen: "`+g.verify+`"}
admin: {listen: "`+g.admin+`"}
trusted_proxies: ["127.0.0.1/32"]
routes: routes
issuers:
  - {issuer: https://issuer.example/, audiences: ["`+audience+`"], algorithms: [HS256], secret: file:key, username: preferred_username, email: email, display_name: name, groups: groups}
`)
			for name, content := range map[string]string{"key": s.secret.Reveal(), "password": "the application's"} {
				if err := os.WriteFile(filepath.Join(g.dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for name, statement := range namedRoutes {
				g.write("routes/"+name+".yaml", statement)
			}
			g.start()
			if f := frontlines.Of(way.name); f != nil {
				g.edits = f.Replacer(named)
			}
			s.address = way.start(t, g, u)
			test(t, s)
		})
	}
}

// token is zoe's, a member of groups.
func (s *namedSite) token(t *testing.T, groups ...string) string {
	t.Helper()
	key, err := jwt.HMACKey("", jwt.HS256, s.secret)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jwt.HMACSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(map[string]any{
		"iss": "https://issuer.example/", "aud": audience, "sub": "7", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(), "jti": fmt.Sprint(len(groups)),
		"preferred_username": "zoé", "email": "zoe@example.com", "email_verified": true, "name": "Zoë Ünal 名", "groups": groups,
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Sign(t.Context(), signer, "at+jwt", payload)
	if err != nil {
		t.Fatal(err)
	}
	return bearer(token)
}

// want compares fields that the application saw, octet by octet; "" is none, or an
// empty one.
func (s *namedSite) want(t *testing.T, a answer, want map[string]string) {
	t.Helper()
	if a.report == nil {
		t.Fatalf("status %d: not forwarded: %s", a.status, a.body)
	}
	for name, value := range want {
		if got := strings.Join(a.report.Header[name], "; "); got != value {
			t.Errorf("the application saw %s: %q, want %q", name, got, value)
		}
	}
}

func TestEveryFrontNamesTheUserByTheFieldsOfTheRoute(t *testing.T) {
	throughEachNamed(t, func(t *testing.T, s *namedSite) {
		token := s.token(t, "admins", "größe", "a,b")
		s.want(t, say(t, s.address, "GET /x", token), map[string]string{
			"X-Auth-Subject": "7", "Remote-User": "zoé", "Remote-Email": "zoe@example.com", "Remote-Name": "Zoë Ünal 名", "Remote-Groups": "admins,größe",
			"X-Forwarded-User": "7", "X-Forwarded-Preferred-Username": "zoé", "X-Forwarded-Groups": "admins,größe", "X-Webauth-User": "",
		})
		s.want(t, say(t, s.address, "GET /grafana", token), map[string]string{"X-Webauth-User": "zoé", "X-Webauth-Name": "Zoë Ünal 名", "Remote-User": "", "X-Forwarded-User": ""})
		s.want(t, say(t, s.address, "GET /none", token, "Remote-User: attacker", "X-Webauth-User: attacker"), map[string]string{"X-Auth-Subject": "7", "Remote-User": "", "X-Webauth-User": ""})
		s.want(t, say(t, s.address, "GET /edited", token, "X-Tenant: blue", "Accept-Language: fr"), map[string]string{"X-Tenant": "red", "Accept-Language": "de"})
		s.want(t, say(t, s.address, "GET /x", token, "X-Tenant: blue", "Accept-Language: fr"), map[string]string{"X-Tenant": "", "Accept-Language": "fr"})
		s.want(t, say(t, s.address, "GET /public/x"), map[string]string{"X-Tenant": "", "Accept-Language": "", "Remote-User": ""})
		s.want(t, say(t, s.address, "GET /basic", token), map[string]string{"Authorization": "Basic em/DqTp0aGUgYXBwbGljYXRpb24ncw=="})
	})
}

// Two hundred groups pass every front, in two fields of 7 KB together: as long as
// fields may be.
func TestEveryFrontPassesTwoHundredGroups(t *testing.T) {
	var groups []string
	for i := range 200 {
		groups = append(groups, fmt.Sprintf("department-%06d", i))
	}
	throughEachNamed(t, func(t *testing.T, s *namedSite) {
		all := strings.Join(groups, ",")
		s.want(t, say(t, s.address, "GET /x", s.token(t, groups...)), map[string]string{"Remote-Groups": all, "X-Forwarded-Groups": all})
	})
}

// A forged field of every configured name in every spelling reaches no application.
func TestNoFrontLetsAClientNameItselfByAnyField(t *testing.T) {
	throughEachNamed(t, func(t *testing.T, s *namedSite) {
		token := s.token(t, "admins")
		for _, name := range named {
			if name == "Accept-Language" { // a client's own
				continue
			}
			for _, spelled := range []string{name, strings.ToUpper(name), strings.ReplaceAll(name, "-", "_"), strings.Replace(name, "-", "_", 1), strings.Replace(name, "-", ".", 1), strings.Replace(name, "-", "~", 1)} {
				for _, path := range []string{"/x", "/grafana", "/none", "/public/x"} {
					for _, lines := range [][]string{{spelled + ": attacker"}, {spelled + ": attacker", spelled + ": attacker"}, {spelled + ": attacker", "Connection: close, " + spelled}, {"Connection: close, " + spelled}} {
						a := say(t, s.address, "GET "+path, append(lines, token)...)
						if a.report == nil {
							if a.status != 400 && !(a.status == 403 && s.name == "nginx") {
								t.Errorf("%q to %s: status %d", lines, path, a.status)
							}
							continue
						}
						for field, values := range a.report.Header {
							if strings.Contains(strings.Join(values, " "), "attacker") && field != "Connection" {
								t.Errorf("%q to %s: the application saw %s: %q", lines, path, field, values)
							}
						}
						if path == "/x" && !slices.Equal(a.report.Header["Remote-User"], []string{"zoé"}) {
							t.Errorf("%q to %s: the application saw the user %q", lines, path, a.report.Header["Remote-User"])
						}
					}
				}
			}
		}
	})
}
