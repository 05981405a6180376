package e2e

import (
	"encoding/base64"
	"os/exec"
	"strings"
	"testing"
)

// A user makes a personal token in the browser, a program uses it in each of its
// places, at every door, and it ends with the button, with no script on any page.
func TestAPersonalTokenIsMadeUsedAndEnded(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{routes: `
  api: {authenticate: [session, personal_token]}
  api-edit: {authenticate: [session, personal_token], permissions: ["articles:write"]}
  tv: {authenticate: [personal_token]}
personal_tokens: {per_user: 2, max_lifetime: 2160h}
`})
	b := s.visit(t, "ada", "/a")
	b.open(s.origin + "/auth/sessions")
	b.shows("Personal tokens")
	b.inert()
	script[bool](b, `document.querySelector('details').open = true`)
	b.audits("tokens-form")
	limited := b.makesToken(t, s, "nightly backup", true)
	b.open(s.origin + "/auth/sessions")
	b.shows("nightly backup")
	if strings.Contains(script[string](b, "document.body.innerText"), "ew_live_") {
		t.Error("a token is shown a second time")
	}
	bare := b.makesToken(t, s, "tv", false)

	basic := func(pair string) string {
		return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
	}
	for what, field := range map[string]string{
		"as bearer token": "Authorization: Bearer " + limited, "as API key": "X-API-Key: " + limited, "as password": basic("ada:" + limited), "without a user name": basic(":" + limited),
	} {
		s.wantsAtEachDoor(200, what, "/api", field)
		s.wantsAtEachDoor(200, what+", with a permission", "/api-edit", field)
		s.wantsAtEachDoor(401, what+", where none is taken", "/a", field)
	}
	s.wantsAtEachDoor(401, "with the name of another user", "/api", basic("bob:"+limited))
	s.wantsAtEachDoor(403, "without the permission that it was not given", "/api-edit", basic("ada:"+bare))
	s.wantsAtEachDoor(401, "an operator's key in its place", "/tv", "X-API-Key: "+s.key)

	if curl, err := exec.LookPath("curl"); err != nil {
		t.Log("without curl: nothing tried with it")
	} else {
		out, err := exec.Command(curl, "-sS", "-w", "%{http_code}", "-o", "/dev/null", "-u", "ada:"+bare, "http://"+s.proxy+"/tv").CombinedOutput()
		if err != nil || string(out) != "200" {
			t.Errorf("curl -u: %s %v", out, err)
		}
	}
	if a := s.get("/tv"); a.status != 401 || len(a.header["Www-Authenticate"]) != 2 || a.header["Www-Authenticate"][1] != `Basic realm="edgeward", charset="UTF-8"` {
		t.Errorf("a program is asked: %d %q", a.status, a.header["Www-Authenticate"])
	}

	b.open(s.origin + "/auth/sessions")
	b.shows("as many personal tokens as are possible")
	b.audits("tokens-full")
	script[bool](b, `(() => { document.querySelector('button[name=token]').click(); return true })()`)
	b.lands(s.origin + "/auth/sessions?ended=1")
	s.wantsAtEachDoor(401, "ended", "/api", "X-API-Key: "+limited)
	s.wantsAtEachDoor(200, "the other one", "/api", "X-API-Key: "+bare)
	b.open(s.origin + "/auth/logout")
	b.audits("tokens-logout")
	b.press("Sign out")
	b.lands(s.origin + "/auth/signed-out")
	s.wantsAtEachDoor(200, "after its user has left", "/api", "X-API-Key: "+bare)
	if got := s.auditLog(); strings.Count(got, "personal_token.create") != 2 || strings.Count(got, "personal_token.end") != 1 || strings.Contains(got, limited) {
		t.Errorf("audit log:\n%s", got)
	}
}

// makesToken fills in the form and returns the token that the next page shows.
func (b *tab) makesToken(t *testing.T, s *site, name string, ticked bool) string {
	t.Helper()
	b.open(s.origin + "/auth/sessions")
	script[bool](b, `document.querySelector('details').open = true`)
	b.fill("name", name)
	if ticked {
		script[bool](b, `document.querySelector('[name="p.articles:write"]').checked = true`)
	}
	b.press("Make it")
	b.shows("shown this once")
	b.inert()
	b.audits("tokens-made")
	return script[string](b, "document.querySelector('.secret code').innerText")
}
