package devidp_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/devsystem/devidp"
	"github.com/edgeward/edgeward/jwt"
)

const (
	callback  = "http://app.example/auth/callback"
	signedOut = "http://app.example/auth/signed-out"
	verifier  = "a-verifier-of-at-least-forty-three-characters"
)

// A browser has one visitor's cookies.
type browser struct {
	t       testing.TB
	p       *devidp.Provider
	clock   *clock
	cookies map[string]*http.Cookie
}

// visitor opens a browser at a provider that tells heard of logouts.
func visitor(t testing.TB, heard string) *browser {
	t.Helper()
	c := &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	p, err := devidp.New(devidp.Config{
		Issuer: issuer, Audience: "edgeward-dev", Now: c.Now, Unheard: func(err error) { t.Error(err) },
		Client: devidp.Client{
			ID: "dev", Secret: edgeward.NewSecret("s3cret"), Scopes: []string{"read"},
			RedirectURIs: []string{callback}, PostLogoutURIs: []string{signedOut}, BackchannelLogout: heard,
		},
		People: []devidp.Person{
			{Subject: "alice", Name: "Alice <Liddell>", Email: "alice@dev.example", Roles: []string{"editor", "reader"}, Groups: []string{"team-blue"}},
			{Subject: "bob", Name: "Bob"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, p, c, map[string]*http.Cookie{}}
}

func (b *browser) send(method, target, form string) *httptest.ResponseRecorder {
	b.t.Helper()
	hr := httptest.NewRequest(method, target, strings.NewReader(form))
	if method == http.MethodPost {
		hr.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		hr.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, c := range b.cookies {
		hr.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.p.Handler().ServeHTTP(w, hr)
	for _, c := range w.Result().Cookies() {
		if b.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return w
}

// question is a sound authentication request, with some parameters replaced;
// "" removes one.
func question(changed map[string]string) string {
	sum := sha256.Sum256([]byte(verifier))
	all := map[string]string{
		"response_type": "code", "client_id": "dev", "redirect_uri": callback, "scope": "openid profile email", "state": "st", "nonce": "no",
		"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method": "S256",
	}
	maps.Copy(all, changed)
	query := url.Values{}
	for name, value := range all {
		if value != "" {
			query.Set(name, value)
		}
	}
	return "/authorize?" + query.Encode()
}

// sentBack returns what the client gets at its redirect URI.
func (b *browser) sentBack(w *httptest.ResponseRecorder) url.Values {
	b.t.Helper()
	u, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther || !strings.HasPrefix(u.String(), callback+"?") {
		b.t.Fatalf("%d, to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	if u.Query().Get("iss") != issuer || u.Query().Get("state") != "st" {
		b.t.Errorf("sent back with %v", u.Query())
	}
	return u.Query()
}

// signIn returns a code for person.
func (b *browser) signIn(person string) string {
	b.t.Helper()
	code := b.sentBack(b.send("POST", question(nil), "person="+person)).Get("code")
	if code == "" {
		b.t.Fatal("no code")
	}
	return code
}

// exchange sends a code to the token endpoint, with some parameters replaced.
func (b *browser) exchange(code string, changed map[string]string) (status int, answer map[string]any) {
	b.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}, "client_id": {"dev"}, "client_secret": {"s3cret"}}
	for name, value := range changed {
		form.Set(name, value)
	}
	w := b.send("POST", "/token", form.Encode())
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		b.t.Fatal(err)
	}
	return w.Code, answer
}

// idToken signs person in and returns the ID token, verified.
func (b *browser) idToken(person string) (raw, access string, u *jwt.Unverified) {
	b.t.Helper()
	status, answer := b.exchange(b.signIn(person), nil)
	raw, _ = answer["id_token"].(string)
	access, _ = answer["access_token"].(string)
	u, err := jwt.Parse(raw)
	if err != nil {
		b.t.Fatal(status, answer, err)
	}
	b.sound(u, "dev", "jwt")
	return raw, access, u
}

// sound fails the test where u is no token of the provider for audience.
func (b *browser) sound(u *jwt.Unverified, audience, typ string) {
	b.t.Helper()
	key, err := published(b.t, b.p).Select(u.Header.KeyID, u.Header.HasKeyID, u.Header.Algorithm)
	if err == nil {
		err = u.Verify(b.t.Context(), key)
	}
	if err == nil {
		rules := jwt.Rules{Issuer: issuer, Audiences: []string{audience}, Types: []string{typ}}
		err = rules.Check(u, b.clock.now)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func claim(t *testing.T, u *jwt.Unverified, name string) string {
	t.Helper()
	value, ok := u.Claims.Lookup(name)
	if !ok {
		t.Errorf("no claim %s", name)
	}
	return value.JSON()
}

func TestASignInGivesAnIDToken(t *testing.T) {
	b := visitor(t, "")
	_, access, u := b.idToken("alice")
	half := sha256.Sum256([]byte(access))
	for name, want := range map[string]string{
		"sub": `"alice"`, "nonce": `"no"`, "at_hash": `"` + base64.RawURLEncoding.EncodeToString(half[:16]) + `"`,
		"name": `"Alice <Liddell>"`, "email": `"alice@dev.example"`, "email_verified": "true", "roles": `["editor","reader"]`, "groups": `["team-blue"]`, "preferred_username": `"alice"`, "auth_time": "1767323045",
	} {
		if got := claim(t, u, name); strings.ReplaceAll(strings.ReplaceAll(got, `\u003c`, "<"), `\u003e`, ">") != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if _, err := verify(t, published(t, b.p), access, b.clock.now); err != nil {
		t.Errorf("the access token beside it: %v", err)
	}
}

func TestASecondSignInIsSilent(t *testing.T) {
	b := visitor(t, "")
	if w := b.send("GET", question(nil), ""); w.Code != 200 || !strings.Contains(w.Body.String(), "Sign in as Alice &lt;Liddell&gt;") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if got := b.sentBack(b.send("GET", question(map[string]string{"prompt": "none"}), "")).Get("error"); got != "login_required" {
		t.Errorf("nobody is there, and prompt=none hears %q", got)
	}
	b.signIn("alice")
	code := b.sentBack(b.send("GET", question(nil), "")).Get("code")
	if status, answer := b.exchange(code, nil); status != 200 {
		t.Error(status, answer)
	}
	for _, prompt := range []string{"login", "select_account"} {
		if w := b.send("GET", question(map[string]string{"prompt": prompt}), ""); w.Code != 200 {
			t.Errorf("prompt=%s: %d, want the page", prompt, w.Code)
		}
	}
	b.clock.now = b.clock.now.Add(12 * time.Hour)
	if w := b.send("GET", question(nil), ""); w.Code != 200 {
		t.Errorf("after twelve hours: %d, want the page", w.Code)
	}
}

func TestAuthorizationRefusals(t *testing.T) {
	page := map[string]map[string]string{
		"another client":                  {"client_id": "other"},
		"no redirect URI":                 {"redirect_uri": ""},
		"a longer redirect URI":           {"redirect_uri": callback + "/"},
		"a redirect URI in another case":  {"redirect_uri": strings.ToUpper(callback)},
		"a redirect URI with a parameter": {"redirect_uri": callback + "?x=1"},
	}
	back := map[string]struct {
		changed map[string]string
		code    string
	}{
		"another response type": {map[string]string{"response_type": "id_token"}, "unsupported_response_type"},
		"no openid":             {map[string]string{"scope": "profile"}, "invalid_scope"},
		"no PKCE":               {map[string]string{"code_challenge": "", "code_challenge_method": ""}, "invalid_request"},
		"plain PKCE":            {map[string]string{"code_challenge_method": "plain"}, "invalid_request"},
		"no PKCE method":        {map[string]string{"code_challenge_method": ""}, "invalid_request"},
	}
	b := visitor(t, "")
	for _, method := range []string{"GET", "POST"} {
		for rule, changed := range page {
			if w := b.send(method, question(changed), "person=alice"); w.Code != 400 || w.Header().Get("Location") != "" {
				t.Errorf("%s, %s: %d to %q", rule, method, w.Code, w.Header().Get("Location"))
			}
		}
		for rule, row := range back {
			if got := b.sentBack(b.send(method, question(row.changed), "person=alice")); got.Get("error") != row.code || got.Has("code") {
				t.Errorf("%s, %s: %v", rule, method, got)
			}
		}
	}
	if got := b.sentBack(b.send("GET", question(nil)+"&nonce=another", "")); got.Get("error") != "invalid_request" {
		t.Errorf("a parameter that is there twice: %v", got)
	}
	if got := b.sentBack(b.send("POST", question(nil), "cancel=1")); got.Get("error") != "access_denied" {
		t.Errorf("cancel: %v", got)
	}
	if got := b.sentBack(b.send("POST", question(nil), "person=mallory")); got.Get("error") != "access_denied" {
		t.Errorf("somebody who is not known: %v", got)
	}
}

func TestNoOtherSiteSignsAnybodyIn(t *testing.T) {
	b := visitor(t, "")
	hr := httptest.NewRequest("POST", question(nil), strings.NewReader("person=alice"))
	hr.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	hr.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	if b.p.Handler().ServeHTTP(w, hr); w.Code != http.StatusForbidden {
		t.Errorf("%d", w.Code)
	}
}

func TestACodeIsForOneUseByWhoeverAskedForIt(t *testing.T) {
	b := visitor(t, "")
	for rule, row := range map[string]struct {
		changed map[string]string
		status  int
		code    string
	}{
		"another verifier":     {map[string]string{"code_verifier": verifier + "x"}, 400, "invalid_grant"},
		"no verifier":          {map[string]string{"code_verifier": ""}, 400, "invalid_grant"},
		"another redirect URI": {map[string]string{"redirect_uri": callback + "/"}, 400, "invalid_grant"},
		"another code":         {map[string]string{"code": "guessed"}, 400, "invalid_grant"},
		"a wrong secret":       {map[string]string{"client_secret": "guessed"}, 401, "invalid_client"},
	} {
		if status, answer := b.exchange(b.signIn("alice"), row.changed); status != row.status || answer["error"] != row.code || answer["id_token"] != nil {
			t.Errorf("%s: %d %v", rule, status, answer)
		}
	}
	code := b.signIn("alice")
	if status, answer := b.exchange(code, nil); status != 200 {
		t.Fatal(answer)
	}
	if status, _ := b.exchange(code, nil); status != 400 {
		t.Error("a code was taken twice")
	}
	code = b.signIn("alice")
	b.exchange(code, map[string]string{"code_verifier": "wrong"})
	if status, _ := b.exchange(code, nil); status != 400 {
		t.Error("a code survived a wrong verifier")
	}
	code = b.signIn("alice")
	b.clock.now = b.clock.now.Add(time.Minute)
	if status, _ := b.exchange(code, nil); status != 400 {
		t.Error("a code was taken after a minute")
	}
	first := b.signIn("alice")
	for range 1000 {
		b.signIn("bob")
	}
	if status, _ := b.exchange(first, nil); status != 400 {
		t.Error("codes are not bounded")
	}
}

func TestThePagesAreInert(t *testing.T) {
	b := visitor(t, "")
	w := b.send("GET", question(nil), "")
	policy := w.Header().Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self' http://app.example;"} {
		if !strings.Contains(policy, part) {
			t.Errorf("policy %q lacks %q", policy, part)
		}
	}
	_, rest, _ := strings.Cut(w.Body.String(), "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	if sum := sha256.Sum256([]byte(style)); !strings.Contains(policy, base64.StdEncoding.EncodeToString(sum[:])) {
		t.Error("the policy does not allow the style")
	}
	if w.Header().Get("Cache-Control") != "no-store" || strings.Contains(w.Body.String(), "<script") {
		t.Errorf("%v", w.Header())
	}
}
