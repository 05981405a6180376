package console_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/console"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/revocation"
)

const provider = "https://id.example"

// A desklogin is a provider's word, as a test wants it.
type desklogin struct {
	signIn login.SignIn
	err    error

	kept     map[string]time.Time
	keeps    error  // of Keep
	cookie   string // that Begin and Finish were shown
	returnTo string
	as       login.Account
	callback login.Callback
}

func (l *desklogin) Providers() []login.Choice {
	return []login.Choice{{Name: "corp", Label: "Corp <SSO>", Issuer: provider}}
}

func (l *desklogin) BeginAs(_ context.Context, name string, cookie edgeward.Secret, returnTo string, as login.Account) (login.Begun, error) {
	l.cookie, l.returnTo, l.as = cookie.Reveal(), returnTo, as
	if name != "corp" {
		return login.Begun{}, fmt.Errorf("%w: %s", login.ErrProvider, name)
	}
	return login.Begun{Location: provider + "/authorize?state=s", Cookie: "begun"}, l.err
}

func (l *desklogin) Finish(_ context.Context, cookie edgeward.Secret, c login.Callback) (login.SignIn, error) {
	l.cookie, l.callback = cookie.Reveal(), c
	if l.err != nil {
		return login.SignIn{Cookie: "finished"}, l.err
	}
	return l.signIn, nil
}

func (l *desklogin) Keep(_ context.Context, id string, s login.SignIn, expires time.Time, _ ...string) error {
	l.kept = map[string]time.Time{id: expires}
	return l.keeps
}

func (l *desklogin) Forget(_ context.Context, id string) error {
	delete(l.kept, id)
	return nil
}

func openWith(t *testing.T, l *desklogin) *desk {
	return open(t, func(c *console.Config) { c.Login = l })
}

// ada is an operator, by her provider's word.
func ada() *desklogin {
	return &desklogin{signIn: login.SignIn{
		Provider: "corp", Issuer: provider, Subject: "ada", Permissions: []string{"admin", "read"}, Name: "Ada <b>", ReturnTo: "/console/sessions?q=a", Cookie: "finished",
	}}
}

func TestSignInAtAProvider(t *testing.T) {
	l := ada()
	d := openWith(t, l)
	status(t, d.get("/console/sign-in?next=/console/audit"), 200, "Continue with Corp &lt;SSO&gt;", "/console/login?next=%2Fconsole%2Faudit&amp;provider=corp", `name="key"`)
	d.cookie = "ew_console_login=before"
	w := d.get("/console/login?provider=corp&next=/console/audit")
	if to := w.Header().Get("Location"); w.Code != 303 || to != provider+"/authorize?state=s" || l.cookie != "before" || l.returnTo != "/console/audit" {
		t.Errorf("%d to %q with %+v", w.Code, to, l)
	}
	if c := w.Header().Values("Set-Cookie"); !slices.Equal(c, []string{
		"ew_console_login=; Path=/; Max-Age=0; Secure; Partitioned", "ew_console_login=begun; Path=/; Max-Age=600; HttpOnly; SameSite=Lax",
	}) {
		t.Errorf("cookie %q", c)
	}
	d.cookie = "ew_console_login=begun"
	w = d.get("/console/callback?state=s&code=c&iss=")
	if to := w.Header().Get("Location"); w.Code != 303 || to != "/console/sessions?q=a" || l.callback != (login.Callback{State: "s", Code: "c", HasIssuer: true}) {
		t.Errorf("%d to %q with %+v", w.Code, to, l.callback)
	}
	if c := strings.Join(w.Header()["Set-Cookie"], "\n"); !strings.Contains(c, "ew_console_login=finished;") {
		t.Errorf("cookies %q", c)
	}
	d.take(w)
	status(t, d.get("/console"), 200, "Ada &lt;b&gt;")
	_, id := d.session("alice")
	status(t, d.post("/console/sessions/end", "id", id), 303)
	who := "operator:https://id.example ada"
	if got := d.deeds(); !slices.Equal(got, []issuance.Record{
		{Actor: who, Action: "console.sign_in", Object: "console"}, {Actor: who, Action: "session.end", Object: "session/" + id},
	}) {
		t.Errorf("%+v", got)
	}
	status(t, d.post("/console/api-keys/new", "subject", "a", "permissions", "admin"), 200, "shown this once") // bound by no key
}

func TestWhoseProviderDoesNotLetThemIn(t *testing.T) {
	for rule, row := range map[string]struct {
		change func(*desklogin)
		status int
		says   string
	}{
		"no administrator":             {func(l *desklogin) { l.signIn.Permissions = []string{"administrator", "read"} }, 403, "no operator"},
		"no permission at all":         {func(l *desklogin) { l.signIn.Permissions = nil }, 403, "no operator"},
		"nobody":                       {func(l *desklogin) { l.signIn.Subject = "" }, 502, "cannot be trusted"},
		"a state that is not theirs":   {func(l *desklogin) { l.err = login.ErrState }, 400, "begin again"},
		"a logout that came meanwhile": {func(l *desklogin) { l.keeps = login.ErrLeft }, 400, "begin again"},
		"they said no":                 {func(l *desklogin) { l.err = login.ErrDenied }, 403, "did not let you in"},
		"an answer without proof":      {func(l *desklogin) { l.err = fmt.Errorf("%w: %s", login.ErrAnswer, hostile) }, 502, "cannot be trusted"},
		"a provider that is down": {func(l *desklogin) {
			l.err = &edgeward.UnavailableError{RetryAfter: time.Second, Err: errors.New(hostile)}
		}, 503, "does not answer"},
		"one who comes back too often": {func(l *desklogin) { l.err = login.ErrLoop }, 400, "several times in a row"},
	} {
		l := ada()
		row.change(l)
		d := openWith(t, l)
		w := d.get("/console/callback?state=s&code=c")
		status(t, w, row.status, row.says)
		if c := strings.Join(w.Header()["Set-Cookie"], "\n"); strings.Contains(c, "ew_console=") || !strings.Contains(c, "ew_console_login=finished") {
			t.Errorf("%s: %q", rule, c)
		}
		if len(d.deeds()) > 0 {
			t.Errorf("%s: %+v", rule, d.deeds())
		}
	}
	d := openWith(t, ada())
	status(t, d.get("/console/login?provider=other"), 400, "no such provider")
	status(t, open(t).get("/console/login?provider=corp"), 404)
	status(t, open(t).get("/console/callback?state=s&code=c"), 404)
}

// Who makes up codes waits; what the provider gave meanwhile is good afterwards,
// and a key is good at once.
func TestWhoMakesUpCodes(t *testing.T) {
	l := ada()
	l.err = login.ErrCode
	d := openWith(t, l)
	status(t, d.get("/console/callback?state=s&code=made-up"), 400, "begin again")
	if told := d.Limits.Told(here); !slices.Equal(told, []edgeward.Reason{edgeward.CodeInvalid}) {
		t.Errorf("the limits were told %v", told)
	}
	l.err, l.callback = nil, login.Callback{}
	d.Limits.Block(here)
	w := d.get("/console/callback?state=s&code=c")
	if status(t, w, 429, "Wait 6 minutes", "API key"); l.callback.Code != "" || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("%+v went on, with %q", l.callback, w.Header())
	}
	if w.Header().Get("Retry-After") != "360" {
		t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
	}
}

// What takes a person's sign-ins back closes the console for them.
func TestAPersonsSignInEnds(t *testing.T) {
	begin := func(t *testing.T) *desk {
		d := openWith(t, ada())
		d.take(d.get("/console/callback?state=s&code=c"))
		status(t, d.get("/console"), 200)
		return d
	}
	t.Run("logged out everywhere", func(t *testing.T) {
		d := begin(t)
		d.Clock.Forward(2 * time.Second)
		if _, err := d.RevokeSubject(t.Context(), issuance.By{Actor: "test"}, issuance.Target{Issuer: provider, Subject: "ada", Scope: revocation.Subject, Force: true}); err != nil {
			t.Fatal(err)
		}
		out(t, d.get("/console"))
	})
	t.Run("somebody of the same name elsewhere", func(t *testing.T) {
		d := begin(t)
		d.Clock.Forward(2 * time.Second)
		if _, err := d.RevokeSubject(t.Context(), issuance.By{Actor: "test"}, issuance.Target{Issuer: "https://other.example", Subject: "ada", Scope: revocation.Subject, Force: true}); err != nil {
			t.Fatal(err)
		}
		status(t, d.get("/console"), 200)
	})
	t.Run("the provider is not configured any more", func(t *testing.T) {
		var signIns console.SignIns
		d := open(t, func(c *console.Config) { c.Login, c.SignIns = ada(), &signIns })
		d.take(d.get("/console/callback?state=s&code=c"))
		status(t, d.get("/console"), 200)
		later := open(t, func(c *console.Config) { c.SignIns = &signIns })
		later.cookie = d.cookie
		out(t, later.get("/console"))
	})
}

// What a provider says of its own session finds the console's.
func TestAPersonsSignInLeavesARecord(t *testing.T) {
	l := ada()
	d := openWith(t, l)
	d.take(d.get("/console/callback?state=s&code=c"))
	status(t, d.get("/console"), 200)
	name := slices.Collect(maps.Keys(l.kept))
	if len(name) != 1 || !strings.HasPrefix(name[0], issuance.ConsoleObject) || !l.kept[name[0]].Equal(d.Clock.Now().Add(12*time.Hour)) {
		t.Fatalf("kept %v", l.kept)
	}
	if err := d.EndObject(t.Context(), issuance.By{Actor: "provider/corp"}, name[0], "backchannel"); err != nil {
		t.Fatal(err)
	}
	out(t, d.get("/console"))
	if got, want := d.deeds()[1], (issuance.Record{Actor: "provider/corp", Action: "console.end", Object: name[0], Reason: "backchannel"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	d.cookie = ""
	d.take(d.get("/console/callback?state=s&code=c")) // their next sign-in is another one
	status(t, d.get("/console"), 200)
	status(t, d.post("/console/sign-out"), 303)
	if len(l.kept) > 0 {
		t.Errorf("who left is still known: %v", l.kept)
	}
	l.keeps = &edgeward.UnavailableError{RetryAfter: time.Second, Err: errors.New(hostile)}
	d.cookie = ""
	w := d.get("/console/callback?state=s&code=c")
	status(t, w, 503, "does not answer")
	if c := strings.Join(w.Header()["Set-Cookie"], "\n"); strings.Contains(c, "ew_console=") {
		t.Errorf("what is not kept is given: %q", c)
	}
}
