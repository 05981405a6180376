// Package devgithub is GitHub as far as a sign-in sees it, for tests: the web
// application flow of OAuth apps, and the requests about a user. It was written after
// GitHub's documentation, and is strict where that is: a client without User-Agent, a
// scope that is missing, a code that is used twice or with another verifier are refused.
// Errors of the token endpoint have status 200, lists have pages.
//
// It answers as a GitHub Enterprise Server does, with the API below /api/v3.
package devgithub

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A User is one of GitHub's.
type User struct {
	ID    int64
	Login string
	Name  string // "" is null, as for most users
	Email []Email
	Orgs  []Org
}

// An Email is an address of a user's.
type Email struct {
	Email    string `json:"email"`
	Primary  bool   `json:"primary"`
	Verified bool   `json:"verified"`
}

// An Org is an organization that the user is a member of, with the user's teams in it.
type Org struct {
	ID    int64
	Login string
	Teams []Team
}

// A Team is one of an organization.
type Team struct {
	ID   int64
	Slug string
}

// GitHub is a server with one OAuth app. It is safe for concurrent use.
type GitHub struct {
	ClientID, ClientSecret, RedirectURI string

	mu     sync.Mutex
	user   *User // at the browser
	codes  map[string]grant
	tokens map[string]grant
	down   int    // a status that the API answers, 0 for none
	sso    string // of X-GitHub-SSO
	asked  []string
}

type grant struct {
	user      *User
	scopes    []string
	challenge string
}

// New returns a GitHub whose user is signed in at the browser.
func New(user *User) *GitHub {
	return &GitHub{user: user, ClientID: "Iv1.edgeward", ClientSecret: "github-secret", codes: map[string]grant{}, tokens: map[string]grant{}}
}

// Switch makes another user the one at the browser.
func (g *GitHub) Switch(user *User) { g.locked(func() { g.user = user }) }

// Down makes the API answer with a status from now on; 0 ends it.
func (g *GitHub) Down(status int) { g.locked(func() { g.down = status }) }

// Hide makes the API leave out organizations that enforce single sign-on.
func (g *GitHub) Hide(organizations string) { g.locked(func() { g.sso = organizations }) }

// Withdraw makes all access tokens void, as a user does on the page of authorized apps.
func (g *GitHub) Withdraw() { g.locked(func() { clear(g.tokens) }) }

// Asked returns the paths that were asked for since the last call.
func (g *GitHub) Asked() (all []string) {
	g.locked(func() { all, g.asked = g.asked, nil })
	return all
}

func (g *GitHub) locked(do func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	do()
}

// ServeHTTP implements [http.Handler].
func (g *GitHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, r.URL.RequestURI())
	switch path := strings.TrimPrefix(r.URL.Path, "/api/v3"); path {
	case "/login/oauth/authorize":
		g.authorize(w, r)
	case "/login/oauth/access_token":
		g.token(w, r)
	case "/user", "/user/emails", "/user/orgs", "/user/teams":
		g.api(w, r, path)
	default:
		fail(w, 404, "Not Found")
	}
}

func (g *GitHub) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if q.Get("client_id") != g.ClientID || err != nil || g.RedirectURI != "" && q.Get("redirect_uri") != g.RedirectURI {
		http.Error(w, "404", http.StatusNotFound)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	switch {
	case g.user == nil:
		answer.Set("error", "access_denied")
		answer.Set("error_description", "The user has denied your application access.")
	case q.Get("code_challenge") != "" && q.Get("code_challenge_method") != "S256":
		http.Error(w, "only S256", http.StatusBadRequest)
		return
	default:
		code := random()
		g.codes[code] = grant{g.user, strings.Fields(q.Get("scope")), q.Get("code_challenge")}
		answer.Set("code", code)
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (g *GitHub) token(w http.ResponseWriter, r *http.Request) {
	if r.Method != "POST" || r.ParseForm() != nil {
		fail(w, 404, "Not Found")
		return
	}
	code := r.PostForm.Get("code")
	given, found := g.codes[code]
	verifier := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	answer := url.Values{}
	switch {
	case r.PostForm.Get("client_id") != g.ClientID || r.PostForm.Get("client_secret") != g.ClientSecret:
		answer.Set("error", "incorrect_client_credentials")
		answer.Set("error_description", "The client_id and/or client_secret passed are incorrect.")
	case !found, given.challenge != "" && given.challenge != base64.RawURLEncoding.EncodeToString(verifier[:]):
		answer.Set("error", "bad_verification_code")
		answer.Set("error_description", "The code passed is incorrect or expired.")
	default:
		delete(g.codes, code)
		token := "gho_" + random()
		g.tokens[token] = given
		answer.Set("access_token", token)
		answer.Set("token_type", "bearer")
		answer.Set("scope", strings.Join(given.scopes, ","))
	}
	if r.Header.Get("Accept") != "application/json" {
		w.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		fmt.Fprint(w, answer.Encode())
		return
	}
	flat := map[string]string{}
	for name := range answer {
		flat[name] = answer.Get(name)
	}
	write(w, 200, flat)
}

func (g *GitHub) api(w http.ResponseWriter, r *http.Request, path string) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	given, found := g.tokens[token]
	switch {
	case r.Header.Get("User-Agent") == "":
		http.Error(w, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.", http.StatusForbidden)
		return
	case g.down == 403:
		w.Header().Set("X-RateLimit-Remaining", "0")
		fail(w, 403, "API rate limit exceeded")
		return
	case g.down != 0:
		fail(w, g.down, "Server Error")
		return
	case !found:
		fail(w, 401, "Bad credentials")
		return
	}
	w.Header().Set("X-OAuth-Scopes", strings.Join(given.scopes, ", "))
	has := func(scope string) bool { return slices.Contains(given.scopes, scope) }
	u := given.user
	switch {
	case path == "/user":
		write(w, 200, map[string]any{
			"login": u.Login, "id": u.ID, "node_id": "MDQ6VXNlcjE=", "avatar_url": "https://avatars.example/" + u.Login, "type": "User", "site_admin": false,
			"name": null(u.Name), "company": nil, "email": nil, "public_repos": 2, "created_at": "2008-01-14T04:33:35Z", "plan": map[string]any{"name": "pro", "space": 1, "private_repos": 2},
		})
	case path == "/user/emails" && has("user:email"):
		write(w, 200, append([]Email{}, u.Email...))
	case path == "/user/orgs" && has("read:org"):
		g.page(w, r, len(u.Orgs), func(i int) any {
			return map[string]any{"login": u.Orgs[i].Login, "id": u.Orgs[i].ID, "node_id": "x", "description": nil}
		})
	case path == "/user/teams" && has("read:org"):
		var all []any
		for _, o := range u.Orgs {
			for _, t := range o.Teams {
				all = append(all, map[string]any{
					"id": t.ID, "name": strings.ToUpper(t.Slug), "slug": t.Slug, "privacy": "closed", "parent": nil,
					"organization": map[string]any{"login": o.Login, "id": o.ID, "name": nil},
				})
			}
		}
		g.page(w, r, len(all), func(i int) any { return all[i] })
	default:
		fail(w, 403, "Resource not accessible")
	}
}

// page answers one page of a list, and says where the next one is (RFC 8288).
func (g *GitHub) page(w http.ResponseWriter, r *http.Request, n int, item func(int) any) {
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("per_page"))
	if size < 1 {
		size = 30
	}
	size = min(size, 100)
	page, _ := strconv.Atoi(q.Get("page"))
	page = max(page, 1)
	all := []any{}
	for i := (page - 1) * size; i < min(page*size, n); i++ {
		all = append(all, item(i))
	}
	if page*size < n {
		q.Set("page", strconv.Itoa(page+1))
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next", <http://%s%s?page=9>; rel="last"`, r.Host, r.URL.Path, q.Encode(), r.Host, r.URL.Path))
	}
	if g.sso != "" {
		w.Header().Set("X-GitHub-SSO", "partial-results; organizations="+g.sso)
	}
	write(w, 200, all)
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func fail(w http.ResponseWriter, status int, message string) {
	write(w, status, map[string]string{"message": message, "documentation_url": "https://docs.github.com/rest"})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func random() string {
	raw := make([]byte, 20)
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}
