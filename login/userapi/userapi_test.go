package userapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/devsystem/devgithub"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/login/userapi"
)

func TestAUserOfGitHub(t *testing.T) {
	g := devgithub.New(octocat())
	c := of(t, g)
	u, err := c.User(t.Context(), exchange(t, g, c).Access)
	if err != nil {
		t.Fatal(err)
	}
	const want = `sub: "9007199254740993"
preferred_username: "octocat"
name: "Mona"
email: "mona@example.com"
email_verified: true
groups: ["acme","umbrella","acme/ops","acme/web"]
organization_ids: ["1","2"]
team_ids: ["11","12"]`
	if got := claims(t, u); got != want || u.Subject != "9007199254740993" || len(u.Notes) > 0 {
		t.Errorf("%s\n%v", got, u)
	}
	if c.Issuer() != server {
		t.Errorf("issuer %s", c.Issuer())
	}
}

// An address that is not verified, or not the primary one, is none.
func TestOnlyTheVerifiedPrimaryAddressIsOne(t *testing.T) {
	for _, addresses := range [][]devgithub.Email{
		nil,
		{{Email: "a@example.com", Primary: true}},
		{{Email: "a@example.com", Primary: true}, {Email: "b@example.com", Verified: true}},
	} {
		g := devgithub.New(&devgithub.User{ID: 1, Login: "a", Email: addresses})
		c := of(t, g)
		u, err := c.User(t.Context(), exchange(t, g, c).Access)
		if _, found := u.Claims.Lookup("email"); err != nil || found {
			t.Errorf("%v: %v, %v", addresses, claims(t, u), err)
		}
	}
}

// What no scope permits is not asked for.
func TestTheScopesSayWhatIsAsked(t *testing.T) {
	for _, row := range []struct{ scopes, want []string }{
		{nil, []string{"/api/v3/user", "/api/v3/user/emails", "/api/v3/user/orgs", "/api/v3/user/teams"}},
		{[]string{"user:email"}, []string{"/api/v3/user", "/api/v3/user/emails"}},
		{[]string{}, []string{"/api/v3/user"}},
	} {
		g := devgithub.New(octocat())
		c, err := userapi.New(userapi.Provider{Name: "g", Kind: "github", BaseURL: server, ClientID: g.ClientID, ClientSecret: edgeward.NewSecret(g.ClientSecret), Scopes: row.scopes}, network{server: g})
		if err != nil {
			t.Fatal(err)
		}
		access := exchange(t, g, c).Access
		g.Asked()
		if _, err := c.User(t.Context(), access); err != nil {
			t.Error(err)
		}
		if got := paths(g.Asked()); !slices.Equal(got, row.want) {
			t.Errorf("%q: %q", row.scopes, got)
		}
	}
}

// All pages are read, or nothing is: a part of a user's groups is another user's.
func TestAllPagesOfAListAreRead(t *testing.T) {
	u := octocat()
	u.Orgs = nil
	for i := range 350 {
		u.Orgs = append(u.Orgs, devgithub.Org{ID: int64(i + 1), Login: fmt.Sprintf("org-%03d", i), Teams: []devgithub.Team{{ID: int64(i), Slug: "t"}}})
	}
	g := devgithub.New(u)
	c := of(t, g)
	access := exchange(t, g, c).Access
	got, err := c.User(t.Context(), access)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := got.Claims.Lookup("groups")
	if groups, _ := v.Texts(); len(groups) != 700 || groups[349] != "org-349" || groups[699] != "org-349/t" {
		t.Errorf("%d groups", len(groups))
	}
	for i := range 2000 {
		u.Orgs = append(u.Orgs, devgithub.Org{ID: int64(1000 + i), Login: fmt.Sprintf("more-%04d", i)})
	}
	if got, err := c.User(t.Context(), access); !errors.Is(err, openid.ErrAnswer) || got.Claims != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// What GitHub leaves out is said.
func TestOrganizationsThatAreLeftOutAreSaid(t *testing.T) {
	g := devgithub.New(octocat())
	g.Hide("21955855,20582480")
	c := of(t, g)
	u, err := c.User(t.Context(), exchange(t, g, c).Access)
	if err != nil || len(u.Notes) != 2 || !strings.Contains(u.Notes[0], "21955855,20582480") || !strings.Contains(u.Notes[0], "single sign-on") {
		t.Errorf("%q, %v", u.Notes, err)
	}
}

// A code is for the browser that began, and for one use.
func TestACodeOfGitHub(t *testing.T) {
	g := devgithub.New(octocat())
	c := of(t, g)
	code := authorize(t, g, c)
	try := func(code, verifier string) error {
		_, err := c.Exchange(t.Context(), openid.Code{Code: code, Verifier: verifier, RedirectURI: asked.RedirectURI})
		return err
	}
	if err := try(code, "another"); !errors.Is(err, openid.ErrCode) {
		t.Errorf("another verifier: %v", err)
	}
	if err := try(code, "verifier"); err != nil {
		t.Error(err)
	}
	if err := try(code, "verifier"); !errors.Is(err, openid.ErrCode) {
		t.Errorf("twice: %v", err)
	}
	if err := try("made-up-code", "verifier"); !errors.Is(err, openid.ErrCode) || strings.Contains(err.Error(), "made-up-code") {
		t.Errorf("made up: %v", err)
	}
	wrong, err := userapi.New(userapi.Provider{Name: "g", Kind: "github", BaseURL: server, ClientID: g.ClientID, ClientSecret: edgeward.NewSecret("wrong-secret")}, network{server: g})
	if err != nil {
		t.Fatal(err)
	}
	_, err = wrong.Exchange(t.Context(), openid.Code{Code: authorize(t, g, c), Verifier: "verifier"})
	if !errors.Is(err, openid.ErrAnswer) || errors.Is(err, openid.ErrCode) || strings.Contains(err.Error(), "wrong-secret") {
		t.Errorf("a wrong secret: %v", err)
	}
}

// answers are what an API may say that is no answer about a user, and what that means.
func TestWhatTheAPIAnswers(t *testing.T) {
	json := http.Header{"Content-Type": {"application/json"}}
	for rule, row := range map[string]struct {
		status int
		header http.Header
		body   string
		want   error // nil: could not tell
		wait   time.Duration
	}{
		"trouble":                           {502, json, `{}`, nil, 5 * time.Second},
		"too many requests":                 {429, http.Header{"Content-Type": {"application/json"}, "Retry-After": {"60"}}, `{}`, nil, time.Minute},
		"the rate, by 403":                  {403, http.Header{"Content-Type": {"application/json"}, "X-Ratelimit-Remaining": {"0"}}, `{}`, nil, 5 * time.Second},
		"a secondary limit":                 {403, http.Header{"Content-Type": {"application/json"}, "Retry-After": {"99999999999"}}, `{}`, nil, time.Hour},
		"a limit of a day":                  {403, http.Header{"Content-Type": {"application/json"}, "Retry-After": {"86400"}}, `{}`, nil, time.Hour},
		"not permitted":                     {403, http.Header{"Content-Type": {"application/json"}, "X-Ratelimit-Remaining": {"4999"}}, `{"message":"Resource not accessible by integration"}`, openid.ErrAnswer, 0},
		"a token that it does not take":     {401, json, `{"message":"Bad credentials"}`, userapi.ErrToken, 0},
		"a page":                            {200, http.Header{"Content-Type": {"text/html"}}, `<html>`, openid.ErrAnswer, 0},
		"no JSON":                           {200, json, `{"id":1`, openid.ErrAnswer, 0},
		"two documents":                     {200, json, `{"id":1},"id":{}`, openid.ErrAnswer, 0},
		"a name twice":                      {200, json, `{"id":1,"id":2}`, openid.ErrAnswer, 0},
		"no id":                             {200, json, `{"login":"octocat"}`, openid.ErrAnswer, 0},
		"an id that is no whole number":     {200, json, `{"id":1.5}`, openid.ErrAnswer, 0},
		"an id that is null":                {200, json, `{"id":null}`, openid.ErrAnswer, 0},
		"a redirect":                        {302, http.Header{"Location": {"https://evil.example/"}}, ``, openid.ErrAnswer, 0},
		"more than a MiB":                   {200, json, `{"id":1,"x":"` + strings.Repeat("x", 1<<20) + `"}`, openid.ErrAnswer, 0},
		"more members than an answer has":   {200, json, `{"id":1,"x":[` + strings.Repeat(`{"a":1},`, 60_000) + `1]}`, openid.ErrAnswer, 0},
		"an id, and lists that are no list": {200, json, `{"id":1}`, openid.ErrAnswer, 0},
	} {
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for name, values := range row.header {
				w.Header()[name] = values
			}
			w.WriteHeader(row.status)
			fmt.Fprint(w, row.body)
		})
		c, err := userapi.New(userapi.Provider{Name: "g", Kind: "github", ClientID: "c", ClientSecret: edgeward.NewSecret("s")}, network{"https://api.github.com": handler})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.User(t.Context(), edgeward.NewSecret("gho_access-token"))
		if row.want != nil && !errors.Is(err, row.want) || row.want == nil && edgeward.ReasonOf(err) != edgeward.Unavailable {
			t.Errorf("%s: %v", rule, err)
			continue
		}
		if down, ok := errors.AsType[*edgeward.UnavailableError](err); ok != (row.want == nil) || ok && down.RetryAfter != row.wait {
			t.Errorf("%s: %v", rule, err)
		}
		if strings.Contains(err.Error(), "gho_access") || strings.Contains(err.Error(), "octocat") {
			t.Errorf("%s: %v holds what no log may have", rule, err)
		}
	}
}

// A network that does not answer proves nothing.
func TestAnAPIThatIsDownIsNoRefusal(t *testing.T) {
	g := devgithub.New(octocat())
	c := of(t, g)
	access := exchange(t, g, c).Access
	for _, status := range []int{403, 429, 500, 503} {
		g.Down(status)
		if _, err := c.User(t.Context(), access); edgeward.ReasonOf(err) != edgeward.Unavailable {
			t.Errorf("%d: %v", status, err)
		}
	}
	g.Down(0)
	g.Withdraw()
	if _, err := c.User(t.Context(), access); !errors.Is(err, userapi.ErrToken) {
		t.Error(err)
	}
}

// What is asked for in the browser: nothing of OpenID, PKCE always, and another account
// by the provider's own word for it.
func TestWhatABrowserAsksFor(t *testing.T) {
	for _, row := range []struct{ kind, at, scope, prompt string }{
		{"github", "https://github.com/login/oauth/authorize", "user:email read:org", "select_account"},
		{"discord", "https://discord.com/oauth2/authorize", "identify email guilds", "consent"},
		{"bitbucket", "https://bitbucket.org/site/oauth2/authorize", "account email", ""},
	} {
		c, err := userapi.New(userapi.Provider{Name: "p", Kind: row.kind, ClientID: "c", ClientSecret: edgeward.NewSecret("s")}, network{})
		if err != nil {
			t.Fatal(err)
		}
		for _, prompt := range []string{"", "login", "select_account"} {
			a := asked
			a.Prompt = prompt
			u, err := url.Parse(c.AuthorizationURL(a))
			if err != nil {
				t.Fatal(err)
			}
			want := url.Values{
				"response_type": {"code"}, "client_id": {"c"}, "redirect_uri": {asked.RedirectURI}, "scope": {row.scope}, "state": {"s"},
				"code_challenge": {challenge}, "code_challenge_method": {"S256"},
			}
			if prompt != "" && row.prompt != "" {
				want.Set("prompt", row.prompt)
			}
			if got := u.Scheme + "://" + u.Host + u.Path; got != row.at || u.Query().Encode() != want.Encode() {
				t.Errorf("%s: %s", row.kind, u)
			}
		}
		if c.Switches() != (row.prompt != "") {
			t.Errorf("%s: switches", row.kind)
		}
	}
}

func TestWhereTheAPIIs(t *testing.T) {
	for _, row := range []struct{ kind, base, issuer, api string }{
		{"github", "", "https://github.com", "https://api.github.com"},
		{"github", "https://github.example.com", "https://github.example.com", "https://github.example.com/api/v3"},
		{"github", "https://octocorp.ghe.com", "https://octocorp.ghe.com", "https://api.octocorp.ghe.com"},
		{"github", "http://127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v3"},
		{"github", "http://github.example.com", "", ""},
		{"github", "https://github.example.com/", "", ""},
		{"github", "https://GitHub.example.com", "", ""},
		{"github", "https://github.com", "", ""},
		{"github", "https://api.github.com", "", ""},
		{"github", "github.example.com", "", ""},
		{"discord", "https://discord.example.com", "", ""},
		{"gitlab", "", "", ""},
	} {
		var reached string
		at := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { reached = r.URL.String() })
		everywhere := network{"https://api.github.com": at, row.base: at, "https://api.octocorp.ghe.com": at}
		c, err := userapi.New(userapi.Provider{Name: "p", Kind: row.kind, BaseURL: row.base, ClientID: "c", ClientSecret: edgeward.NewSecret("s")}, everywhere)
		if (err == nil) != (row.issuer != "") {
			t.Errorf("%+v: %v", row, err)
			continue
		}
		if err != nil {
			continue
		}
		_, _ = c.User(t.Context(), edgeward.NewSecret("t"))
		if c.Issuer() != row.issuer || reached != row.api+"/user" {
			t.Errorf("%+v: %s, %s", row, c.Issuer(), reached)
		}
	}
}

func TestAClientWithoutASecretIsRefused(t *testing.T) {
	for _, p := range []userapi.Provider{
		{}, {Kind: "github", ClientID: "c"}, {Kind: "github", ClientSecret: edgeward.NewSecret("s")},
		{Kind: "github", ClientID: "c", ClientSecret: edgeward.NewSecret("s"), Scopes: []string{"two words"}},
	} {
		if _, err := userapi.New(p, network{}); err == nil {
			t.Errorf("%+v was taken", p)
		}
	}
	if _, err := userapi.New(userapi.Provider{Kind: "github", ClientID: "c", ClientSecret: edgeward.NewSecret("s")}, nil); err == nil {
		t.Error("a client without a fetcher")
	}
}

// One provider that hangs does not hold a connection for everyone.
func TestHowManyAreAskedAboutAtATimeIsBounded(t *testing.T) {
	c := of(t, devgithub.New(octocat()))
	for range 64 {
		if err := c.Enter(); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Enter(); edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Error(err)
	}
	c.Leave()
	if err := c.Enter(); err != nil {
		t.Error(err)
	}
}

// The table is as its readers need it.
func TestTheKinds(t *testing.T) {
	for _, k := range userapi.Kinds() {
		if k.Name == "" || k.Label == "" || k.Issuer == "" || len(k.Scopes) == 0 {
			t.Errorf("%+v", k)
		}
	}
	if k := userapi.Kinds()[0]; k.Name != "github" || !slices.Equal(k.Claims, []string{"organization_ids", "team_ids"}) || !k.SelfHosted {
		t.Errorf("%+v", k)
	}
}

// The user is the one of the access token, whichever user is at the browser since.
func TestTheUserIsTheOneOfTheToken(t *testing.T) {
	g := devgithub.New(octocat())
	c := of(t, g)
	first := exchange(t, g, c).Access
	g.Switch(&devgithub.User{ID: 2, Login: "hubot"})
	second := exchange(t, g, c).Access
	for access, want := range map[string]string{first.Reveal(): "9007199254740993", second.Reveal(): "2"} {
		if u, err := c.User(t.Context(), edgeward.NewSecret(access)); err != nil || u.Subject != want {
			t.Errorf("%s: %+v, %v", want, u, err)
		}
	}
}
