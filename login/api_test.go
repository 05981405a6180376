package login_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/devsystem/devgithub"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/policy/allow"
	"github.com/edgeward/edgeward/store/memstore"
)

const ghe = "https://github.example.com"

// atGitHub answers requests for a GitHub Enterprise Server.
type atGitHub struct{ *devgithub.GitHub }

func (g atGitHub) Fetch(ctx context.Context, r openid.Request) (openid.Response, error) {
	if !strings.HasPrefix(r.URL, ghe+"/") || r.Issuer != ghe {
		return openid.Response{}, errors.New("no such host")
	}
	hr := httptest.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	for name, values := range r.Header {
		hr.Header[name] = values
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, hr)
	return openid.Response{Status: w.Code, Header: edgeward.Header(w.Header()), Body: w.Body.Bytes()}, nil
}

// withGitHub returns a login at g, and what was noted.
func withGitHub(t *testing.T, g *devgithub.GitHub, change func(*login.Provider)) (*login.Login, *[]claim.Note) {
	t.Helper()
	var notes []claim.Note
	p := login.Provider{
		Provider: openid.Provider{Name: "github", ClientID: g.ClientID, ClientSecret: edgeward.NewSecret(g.ClientSecret)}, Type: "github", BaseURL: ghe,
		Claims: claim.Map{
			Username: claim.Source{Name: "preferred_username"}, Email: claim.Source{Name: "email"}, Groups: claim.Source{Name: "groups"},
			Permissions: claim.Permissions{Source: claim.Source{Name: "groups"}, Map: map[string][]string{"acme/ops": {"deploy"}}},
		},
	}
	if change != nil {
		change(&p)
	}
	l, err := login.New(login.Config{
		Origin: "https://app.example", Providers: []login.Provider{p}, Key: edgeward.NewSecret(strings.Repeat("k", 32)), Store: memstore.New(memstore.Config{}), Fetcher: atGitHub{g},
		Noted: func(_ string, n claim.Note) { notes = append(notes, n) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return l, &notes
}

// through signs in at g and returns what came of it.
func through(t *testing.T, l *login.Login, g *devgithub.GitHub, ask login.Ask) (login.SignIn, error) {
	t.Helper()
	begun, err := l.BeginWith(t.Context(), "github", edgeward.Secret{}, "/orders", ask)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequest("GET", begun.Location, nil))
	back, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	q := back.Query()
	return l.Finish(t.Context(), edgeward.NewSecret(begun.Cookie), login.Callback{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), ErrorDescription: q.Get("error_description")})
}

func mona() *devgithub.User {
	return &devgithub.User{
		ID: 583231, Login: "mona", Name: "Mona", Email: []devgithub.Email{{Email: "mona@example.com", Primary: true, Verified: true}},
		Orgs: []devgithub.Org{{ID: 1, Login: "acme", Teams: []devgithub.Team{{ID: 11, Slug: "ops"}}}},
	}
}

// A user of GitHub is the number of the account at that server, with organizations and
// teams as groups, and nothing of OpenID Connect.
func TestAUserSignsInAtGitHub(t *testing.T) {
	g := devgithub.New(mona())
	l, notes := withGitHub(t, g, nil)
	who, err := through(t, l, g, login.Ask{})
	if err != nil {
		t.Fatal(err)
	}
	if who.Issuer != ghe || who.Subject != "583231" || who.Provider != "github" || who.Name != "Mona" || who.ReturnTo != "/orders" || !who.IDToken.IsZero() || who.SID != "" {
		t.Errorf("%+v", who)
	}
	if p := who.Profile; p.Username != "mona" || p.Email != "mona@example.com" || !slices.Equal(p.Groups, []string{"acme", "acme/ops"}) || !slices.Equal(who.Permissions, []string{"deploy"}) {
		t.Errorf("%+v %v", p, who.Permissions)
	}
	if who.Grant.Access.IsZero() || !who.Grant.Refresh.IsZero() || !who.Grant.Expires.IsZero() {
		t.Errorf("grant %+v", who.Grant)
	}
	if errs := l.Check(t.Context()); errs != nil || len(*notes) != 0 {
		t.Error(errs, *notes)
	}
	if _, ok, err := l.EndSession(t.Context(), login.Record{Provider: "github", Issuer: ghe, Subject: "583231"}, "/auth/signed-out"); ok || err != nil {
		t.Errorf("GitHub has no page where a session ends: %v, %v", ok, err)
	}
	if _, err := l.Frontchannel(t.Context(), ghe, strings.Repeat("x", 32)); !errors.Is(err, login.ErrLogoutToken) {
		t.Errorf("front-channel logout: %v", err)
	}
	part := base64.RawURLEncoding.EncodeToString
	logout := part([]byte(`{"alg":"RS256"}`)) + "." + part([]byte(`{"iss":"`+ghe+`","aud":"c","jti":"j","iat":1,"exp":2,"events":{"http://schemas.openid.net/event/backchannel-logout":{}}}`)) + "." + part([]byte("s"))
	if _, err := l.Logout(t.Context(), logout, func(context.Context, login.Ended) error { return nil }); !errors.Is(err, login.ErrLogoutToken) {
		t.Errorf("back-channel logout: %v", err)
	}
	if errs := l.CheckClasses(t.Context(), nil); errs != nil {
		t.Error(errs)
	}
	if errs := l.CheckClasses(t.Context(), []string{"mfa"}); len(errs) != 1 {
		t.Errorf("a class that GitHub never names: %v", errs)
	}
	if c := l.Providers()[0]; c.Issuer != ghe {
		t.Errorf("%+v", c)
	}
}

// What binds the answer to the sign-in: the state, a code for one use, the verifier.
func TestAnotherBrowsersCodeOfGitHubIsWorthNothing(t *testing.T) {
	g := devgithub.New(mona())
	l, _ := withGitHub(t, g, nil)
	code := func() (login.Begun, url.Values) {
		begun, err := l.Begin(t.Context(), "github", edgeward.Secret{}, "/")
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest("GET", begun.Location, nil))
		back, _ := url.Parse(w.Header().Get("Location"))
		return begun, back.Query()
	}
	mine, myAnswer := code()
	_, theirs := code()
	if _, err := l.Finish(t.Context(), edgeward.NewSecret(mine.Cookie), login.Callback{State: myAnswer.Get("state"), Code: theirs.Get("code")}); !errors.Is(err, login.ErrCode) {
		t.Errorf("a code that was injected: %v", err)
	}
	if _, err := l.Finish(t.Context(), edgeward.Secret{}, login.Callback{State: theirs.Get("state"), Code: theirs.Get("code")}); !errors.Is(err, login.ErrState) {
		t.Errorf("a callback of another browser: %v", err)
	}
	mine, myAnswer = code()
	if _, err := l.Finish(t.Context(), edgeward.NewSecret(mine.Cookie), login.Callback{State: myAnswer.Get("state"), Code: myAnswer.Get("code"), Issuer: "https://evil.example", HasIssuer: true}); !errors.Is(err, login.ErrState) {
		t.Errorf("an iss of another: %v", err)
	}
	g.Switch(nil)
	if _, err := through(t, l, g, login.Ask{}); !errors.Is(err, login.ErrDenied) {
		t.Errorf("who refuses: %v", err)
	}
}

// A route that asks how the user authenticated is not satisfied by GitHub, which says
// nothing of it.
func TestGitHubSaysNothingOfAnAuthentication(t *testing.T) {
	g := devgithub.New(mona())
	l, _ := withGitHub(t, g, nil)
	if _, err := through(t, l, g, login.Ask{StepUp: edgeward.StepUp{ACR: []string{"mfa"}}}); !errors.Is(err, login.ErrClass) {
		t.Error(err)
	}
	if _, err := through(t, l, g, login.Ask{StepUp: edgeward.StepUp{MaxAge: time.Hour}}); !errors.Is(err, login.ErrAge) {
		t.Error(err)
	}
	if errs := l.CheckClasses(t.Context(), []string{"mfa"}); len(errs) != 1 || !strings.Contains(errs[0].Error(), "github") {
		t.Errorf("it is not said that no user can: %v", errs)
	}
	if errs := l.CheckClasses(t.Context(), nil); len(errs) != 0 || len(l.Check(t.Context())) != 0 {
		t.Errorf("something is said although no route asks: %v", errs)
	}
}

// Who leaves the organization may not sign in any more, and is found out at the next
// check.
func TestAllowAtGitHub(t *testing.T) {
	user := mona()
	g := devgithub.New(user)
	l, _ := withGitHub(t, g, func(p *login.Provider) {
		p.Allow = allow.Of(allow.Alternative{Groups: []string{"acme"}})
		p.Allow.Seal(func(member, detail string) { t.Fatal(member, detail) })
	})
	who, err := through(t, l, g, login.Ask{})
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := l.Refresh(t.Context(), "github", ghe, who.Subject, who.Grant)
	if err != nil || !fresh.Said || !slices.Equal(fresh.Permissions, []string{"deploy"}) || !slices.Equal(fresh.Profile.Groups, []string{"acme", "acme/ops"}) {
		t.Fatalf("%+v, %v", fresh, err)
	}
	user.Orgs[0].Teams = nil
	if fresh, err = l.Refresh(t.Context(), "github", ghe, who.Subject, who.Grant); err != nil || !fresh.Said || len(fresh.Permissions) != 0 || !slices.Equal(fresh.Profile.Groups, []string{"acme"}) {
		t.Errorf("a team was left: %+v, %v", fresh, err)
	}
	user.Orgs = nil
	if fresh, err = l.Refresh(t.Context(), "github", ghe, who.Subject, who.Grant); !errors.Is(err, login.ErrNotAllowed) || fresh.Said {
		t.Errorf("the organization was left: %+v, %v", fresh, err)
	}
	if who, err := through(t, l, g, login.Ask{}); !errors.Is(err, login.ErrNotAllowed) || who.Subject != "583231" || who.Cookie == "" || len(who.Permissions) > 0 {
		t.Errorf("%+v, %v", who, err)
	}
}

// A user loses nothing because GitHub is down, limits the rate, or answers nonsense; a
// token that the user has withdrawn ends the sign-in.
func TestGitHubIsAskedAgain(t *testing.T) {
	g := devgithub.New(mona())
	l, _ := withGitHub(t, g, nil)
	who, err := through(t, l, g, login.Ask{})
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{500, 503, 429, 403} {
		g.Down(status)
		if fresh, err := l.Refresh(t.Context(), "github", ghe, who.Subject, who.Grant); edgeward.ReasonOf(err) != edgeward.Unavailable || errors.Is(err, login.ErrGrantEnded) || fresh.Said || !fresh.Grant.Access.Equal(who.Grant.Access) {
			t.Errorf("%d: %+v, %v", status, fresh, err)
		}
	}
	g.Down(0)
	if _, err := l.Refresh(t.Context(), "github", ghe, "1", who.Grant); !errors.Is(err, login.ErrAnswer) || errors.Is(err, login.ErrGrantEnded) {
		t.Errorf("another user: %v", err)
	}
	g.Withdraw()
	if _, err := l.Refresh(t.Context(), "github", ghe, who.Subject, who.Grant); !errors.Is(err, login.ErrGrantEnded) {
		t.Errorf("withdrawn: %v", err)
	}
	old := who.Grant
	old.Expires = time.Now().Add(-time.Hour)
	if _, err := l.Refresh(t.Context(), "github", ghe, who.Subject, old); errors.Is(err, login.ErrGrantEnded) || err == nil {
		t.Errorf("a token that has merely expired: %v", err)
	}
}

// What GitHub leaves out is said where claims that give nothing are said.
func TestWhatGitHubLeavesOutIsNoted(t *testing.T) {
	g := devgithub.New(mona())
	g.Hide("99")
	l, notes := withGitHub(t, g, nil)
	if _, err := through(t, l, g, login.Ask{}); err != nil {
		t.Fatal(err)
	}
	if len(*notes) == 0 || !strings.Contains((*notes)[0].String(), "single sign-on") {
		t.Errorf("%v", *notes)
	}
}

// The subject can be another claim, but never what no identity can be called.
func TestAProviderOfATypeThatCannotBe(t *testing.T) {
	g := devgithub.New(mona())
	for rule, change := range map[string]func(*login.Provider){
		"no type of that name": func(p *login.Provider) { p.Type = "gitlab" },
		"no secret":            func(p *login.Provider) { p.ClientSecret = edgeward.Secret{} },
		"no name":              func(p *login.Provider) { p.Name = "a b" },
		"http":                 func(p *login.Provider) { p.BaseURL = "http://github.example.com" },
	} {
		p := login.Provider{Provider: openid.Provider{Name: "github", ClientID: "c", ClientSecret: edgeward.NewSecret("s")}, Type: "github", BaseURL: ghe}
		change(&p)
		if _, err := login.New(login.Config{Origin: "https://app.example", Providers: []login.Provider{p}, Key: edgeward.NewSecret(strings.Repeat("k", 32)), Store: memstore.New(memstore.Config{}), Fetcher: atGitHub{g}}); err == nil {
			t.Errorf("%s: taken", rule)
		}
	}
}

// A provider of a type has no client of OpenID Connect. What speaks with one asks first
// whether there is one, or comes after what does.
func TestEveryUseOfAClientKnowsThatThereMayBeNone(t *testing.T) {
	after := []string{"documents", "renew", "verifyLogout", "frames"} // of those that were found by Type, or after refresh and redeem
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, is := d.(*ast.FuncDecl)
			if !is {
				continue
			}
			client, api := false, false
			ast.Inspect(f, func(n ast.Node) bool {
				if s, is := n.(*ast.SelectorExpr); is {
					client, api = client || s.Sel.Name == "client", api || s.Sel.Name == "api" || s.Sel.Name == "Type"
				}
				return true
			})
			if client {
				found++
			}
			if client && !api && !slices.Contains(after, f.Name.Name) {
				t.Errorf("%s: %s speaks with a client of OpenID Connect, of which a provider of a type has none", name, f.Name.Name)
			}
		}
	}
	if found < 10 {
		t.Errorf("%d functions speak with a client: the package is not read as it is written", found)
	}
}
