package openid_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login/openid"
)

// noKeys are those of a key set that cannot be fetched.
type noKeys struct{}

func (noKeys) Key(context.Context, string, bool, jwt.Algorithm) (*jwt.Key, error) {
	return nil, &edgeward.UnavailableError{What: "keys", Err: errors.New("connection refused")}
}

func (noKeys) Holds(*jwt.Key, time.Time) bool { return false }

// full is a whole answer of a token endpoint, changed.
func full(change ...func(object)) object {
	o := object{"token_type": "Bearer", "access_token": "the-access-token", "refresh_token": "the-next-token", "expires_in": 300, "id_token": idToken()}
	for _, c := range change {
		c(o)
	}
	return o
}

func TestRefresh(t *testing.T) {
	refused := func(status int, code string) openid.Response {
		return document(status, "application/json", encode(object{"error": code, "error_description": "the-refresh-token is not good"}))
	}
	for rule, row := range map[string]struct {
		answer  openid.Response
		err     error
		refresh string
		expires time.Time
	}{
		"rotated":                                 {answer(full()), nil, "the-next-token", start.Add(5 * time.Minute)},
		"not rotated":                             {answer(full(with("refresh_token", nil))), nil, "the-refresh-token", start.Add(5 * time.Minute)},
		"without an ID token":                     {answer(full(with("id_token", nil))), nil, "the-next-token", start.Add(5 * time.Minute)},
		"without an end":                          {answer(full(with("expires_in", nil))), nil, "the-next-token", time.Time{}},
		"an end that is no number":                {answer(full(with("expires_in", "300"))), nil, "the-next-token", time.Time{}},
		"an end before now":                       {answer(full(with("expires_in", -5))), nil, "the-next-token", time.Time{}},
		"an end that overflows":                   {answer(full(with("expires_in", 1e300))), nil, "the-next-token", start.Add(31 * 24 * time.Hour)},
		"ended":                                   {refused(400, "invalid_grant"), openid.ErrGrantEnded, "", time.Time{}},
		"ended, says a lax one":                   {refused(403, "invalid_grant"), openid.ErrGrantEnded, "", time.Time{}},
		"the client is refused":                   {refused(401, "invalid_client"), openid.ErrAnswer, "", time.Time{}},
		"a scope is refused":                      {refused(400, "invalid_scope"), openid.ErrAnswer, "", time.Time{}},
		"ended, with a status that is no refusal": {refused(418, "invalid_grant"), openid.ErrAnswer, "", time.Time{}},
		"no JSON":                                 {document(400, "text/html", []byte("invalid_grant")), openid.ErrAnswer, "", time.Time{}},
		"trouble":                                 {refused(503, "invalid_grant"), unavailable, "", time.Time{}},
		"no access token":                         {answer(full(with("access_token", nil))), openid.ErrAnswer, "", time.Time{}},
		"another kind of token":                   {answer(full(with("token_type", "DPoP"))), openid.ErrAnswer, "", time.Time{}},
	} {
		p := &idp{token: func(url.Values) openid.Response { return row.answer }}
		c, m := newClient(t, p)
		got, err := c.Refresh(t.Context(), m, edgeward.NewSecret("the-refresh-token"))
		want(t, rule, err, row.err)
		if errors.Is(err, openid.ErrGrantEnded) != (row.err == openid.ErrGrantEnded) || errors.Is(err, openid.ErrCode) {
			t.Errorf("%s: %v", rule, err)
		}
		if got.Refresh.Reveal() != row.refresh || !got.Expires.Equal(row.expires) {
			t.Errorf("%s: refresh token %q until %v", rule, got.Refresh.Reveal(), got.Expires)
		}
		r, form := p.last(t)
		if form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != "the-refresh-token" || !strings.HasPrefix(r.Header.First("Authorization"), "Basic ") {
			t.Errorf("%s: asked %v", rule, form)
		}
	}
}

// A refreshed ID token is about the user that signed in (OpenID Connect Core §12.2).
func TestRefreshedIDToken(t *testing.T) {
	for rule, row := range map[string]struct {
		token string
		err   error
	}{
		"the same user":             {idToken(), nil},
		"without a nonce":           {idToken(with("nonce", nil)), nil},
		"another user":              {idToken(with("sub", "bob")), openid.ErrSubject},
		"no user":                   {idToken(with("sub", nil)), openid.ErrAnswer},
		"another issuer":            {idToken(with("iss", "https://evil.example")), openid.ErrAnswer},
		"for another client":        {idToken(with("aud", "other")), openid.ErrAnswer},
		"expired":                   {idToken(with("exp", start.Add(-time.Hour).Unix())), openid.ErrAnswer},
		"the hash of another token": {idToken(with("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")), openid.ErrAnswer},
		"an access token":           {signed("at+jwt"), openid.ErrAnswer},
		"issued to another":         {idToken(with("azp", "other")), openid.ErrAnswer},
	} {
		c, _ := newClient(t, &idp{})
		_, err := c.VerifyRefreshed(t.Context(), openid.Tokens{ID: row.token, Access: edgeward.NewSecret("the-access-token")}, "alice")
		want(t, rule, err, row.err)
	}
}

func TestAnIDTokenWith200Groups(t *testing.T) {
	groups := make([]string, 200)
	for i := range groups {
		groups[i] = strings.Repeat("g", 36)
	}
	token := idToken(with("groups", groups))
	if len(token) <= jwt.MaxToken {
		t.Fatal("the token is short")
	}
	c, _ := newClient(t, &idp{})
	_, err := c.VerifyIDToken(t.Context(), openid.Tokens{ID: token, Access: edgeward.NewSecret("the-access-token")}, "n")
	want(t, "an ID token of 200 groups", err, nil)
	_, err = c.VerifyLogoutToken(t.Context(), token)
	want(t, "a logout token of 200 groups", err, openid.ErrLogoutToken)
}

// hd is in a URL, where users can change it: the account itself has to be of that
// domain.
func TestHostedDomain(t *testing.T) {
	for rule, row := range map[string]struct {
		hd    string
		claim any
		err   error
	}{
		"the domain":              {"example.com", "example.com", nil},
		"the domain in capitals":  {"example.com", "Example.com", nil},
		"another one":             {"example.com", "evil.example", openid.ErrAnswer},
		"a private account":       {"example.com", nil, openid.ErrAnswer},
		"any domain":              {"*", "example.org", nil},
		"any domain, and private": {"*", nil, openid.ErrAnswer},
		"no text":                 {"*", true, openid.ErrAnswer},
	} {
		c, _ := newClient(t, &idp{}, func(p *openid.Provider) { p.Params = []openid.Param{{"hd", row.hd}} })
		got := openid.Tokens{ID: idToken(with("hd", row.claim)), Access: edgeward.NewSecret("the-access-token")}
		_, err := c.VerifyIDToken(t.Context(), got, "n")
		want(t, rule, err, row.err)
		_, err = c.VerifyRefreshed(t.Context(), got, "alice")
		want(t, rule+", refreshed", err, row.err)
	}
}

func TestAuthorizationParameters(t *testing.T) {
	p := &idp{token: func(url.Values) openid.Response { return answer(full()) }}
	c, m := newClient(t, p, func(p *openid.Provider) {
		p.Params = []openid.Param{{"prompt", "consent"}, {"login_hint", "a@example.com"}, {"audience", "https://api.example"}, {"resource", "https://one.example"}, {"resource", "urn:two"}, {"access_type", "offline"}}
	})
	query := func(a openid.Authorization) url.Values {
		a.State, a.Nonce = "s", "n"
		u, err := url.Parse(c.AuthorizationURL(m, a))
		if err != nil {
			t.Fatal(err)
		}
		return u.Query()
	}
	q := query(openid.Authorization{})
	if q.Get("prompt") != "consent" || q.Get("login_hint") != "a@example.com" || q.Get("audience") != "https://api.example" || q.Get("access_type") != "offline" ||
		!slices.Equal(q["resource"], []string{"https://one.example", "urn:two"}) || !slices.Equal(q["state"], []string{"s"}) {
		t.Errorf("asked %v", q)
	}
	// What a request asks for replaces what the configuration has.
	q = query(openid.Authorization{Prompt: "login", LoginHint: "b@example.com"})
	if !slices.Equal(q["prompt"], []string{"login"}) || !slices.Equal(q["login_hint"], []string{"b@example.com"}) {
		t.Errorf("asked %v", q)
	}
	for grant, ask := range map[string]func() error{
		"authorization_code": func() error { _, err := c.Exchange(t.Context(), m, openid.Code{Code: "the-code"}); return err },
		"refresh_token":      func() error { _, err := c.Refresh(t.Context(), m, edgeward.NewSecret("the-token")); return err },
	} {
		want(t, grant, ask(), nil)
		_, form := p.last(t)
		if form.Get("grant_type") != grant || !slices.Equal(form["resource"], []string{"https://one.example", "urn:two"}) || form.Has("audience") || form.Has("prompt") {
			t.Errorf("%s: asked %v", grant, form)
		}
	}
}

func TestRefusedParameters(t *testing.T) {
	for _, name := range strings.Fields(`client_id redirect_uri response_type response_mode scope state nonce code_challenge code_challenge_method code_verifier
		Client_ID REDIRECT_URI Request client_secret client_assertion client_assertion_type request request_uri id_token_hint registration code error iss acr_values max_age`) {
		if err := openid.CheckParam(openid.Param{Name: name, Value: "x"}); err == nil {
			t.Errorf("%s can be chosen", name)
		}
	}
	for rule, p := range map[string][]openid.Param{
		"no name":                            {{"", "x"}},
		"a name with a sign":                 {{"a&b", "x"}},
		"a long name":                        {{strings.Repeat("a", 65), "x"}},
		"no value":                           {{"a", ""}},
		"a control character":                {{"a", "x\ny"}},
		"a long value":                       {{"a", strings.Repeat("a", 513)}},
		"a name twice":                       {{"a", "x"}, {"a", "y"}},
		"a resource twice":                   {{"resource", "https://a.example"}, {"resource", "https://a.example"}},
		"a resource with a fragment":         {{"resource", "https://a.example/#x"}},
		"a resource that is no absolute one": {{"resource", "/api"}},
		"a domain that no answer is held to": {{"HD", "example.com"}},
		"a second prompt":                    {{"Prompt", "login"}},
		"a prompt that lets no user sign in": {{"prompt", "none"}},
		"the same among others":              {{"prompt", "login none"}},
		"too many":                           slices.Repeat([]openid.Param{{"resource", "https://a.example"}}, 21),
	} {
		if openid.CheckParams(p) == nil {
			t.Errorf("%s is taken", rule)
		}
		if _, err := openid.New(provider(func(o *openid.Provider) { o.Params = p }), &idp{}, nil); err == nil {
			t.Errorf("%s: a client", rule)
		}
	}
}

func TestLoginHint(t *testing.T) {
	for hint, ok := range map[string]bool{
		"a@example.com": true, "Ælfred": true, "": false, "a\r\nb": false, "a\x00": false, strings.Repeat("a", 320): true, strings.Repeat("a", 321): false,
	} {
		if openid.IsLoginHint(hint) != ok {
			t.Errorf("%.20q: %v", hint, !ok)
		}
	}
}
