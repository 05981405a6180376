package login_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

const (
	origin   = "https://app.example"
	callback = origin + login.DefaultCallbackPath
	client   = "edge"
	secret   = "s&cret +/%"
)

var start = new(storetest.Clock).Now()

// rsaSigner signs by RS256 with a key that is made once.
var rsaSigner = sync.OnceValue(func() *stdcrypto.Signer { return newSigner("rsa", jwt.RS256) })

func newSigner(kid string, alg jwt.Algorithm) *stdcrypto.Signer {
	private, err := stdcrypto.GenerateKey(alg)
	if err != nil {
		panic(err)
	}
	s, err := stdcrypto.NewSigner(kid, alg, private)
	if err != nil {
		panic(err)
	}
	return s
}

// keysOf are the keys of some signers.
func keysOf(signers ...*stdcrypto.Signer) jwks.Keys {
	var all []*jwt.Key
	for _, s := range signers {
		public, err := stdcrypto.Import(s.Public())
		if err != nil {
			panic(err)
		}
		all = append(all, &jwt.Key{ID: s.KeyID(), Algorithm: s.Algorithm(), Public: public})
	}
	keys, err := jwks.NewStatic(all...)
	if err != nil {
		panic(err)
	}
	return keys
}

type object = map[string]any

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// An idp is an OpenID provider in memory that a test changes while it runs. It
// keeps codes and checks PKCE and the client as a real one does.
type idp struct {
	mu     sync.Mutex
	issuer string
	signer *stdcrypto.Signer
	typ    string
	now    func() time.Time

	about     func(object)                // changes the metadata
	claims    func(object)                // changes the ID token's claims
	sign      func(payload []byte) string // instead of the signer
	tokens    func(object)                // changes the token response
	media     string                      // Content-Type of JSON
	answer    func(openid.Request) (openid.Response, error)
	codes     map[string]url.Values // code → authentication request
	asked     int                   // for metadata
	redeemed  int
	lastToken openid.Request
}

func newIDP(issuer string, now func() time.Time) *idp {
	return &idp{issuer: issuer, signer: rsaSigner(), typ: "JWT", media: "application/json;charset=UTF-8", now: now, codes: map[string]url.Values{}}
}

// authorize is what happens at the provider while a person signs in; it returns
// the callback.
func (p *idp) authorize(t testing.TB, location string) login.Callback {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil || !strings.HasPrefix(location, p.issuer+"/authorize?") {
		t.Fatalf("sent to %s, %v", location, err)
	}
	q := u.Query()
	p.mu.Lock()
	defer p.mu.Unlock()
	code := "code-" + q.Get("state")
	p.codes[code] = q
	return login.Callback{State: q.Get("state"), Code: code, Issuer: p.issuer, HasIssuer: true}
}

func document(status int, contentType string, body []byte) openid.Response {
	return openid.Response{Status: status, Header: edgeward.Header{"Content-Type": {contentType}}, Body: body}
}

func (p *idp) fetch(r openid.Request) (openid.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	isMetadata := r.Method == "GET" && r.URL == strings.TrimSuffix(p.issuer, "/")+"/.well-known/openid-configuration"
	if isMetadata {
		p.asked++
	}
	if p.answer != nil {
		if answer, err := p.answer(r); err != nil || answer.Status != 0 {
			return answer, err
		}
	}
	switch {
	case isMetadata:
		return document(200, p.media, encode(p.metadata())), nil
	case r.Method == "POST" && r.URL == p.issuer+"/token":
		return p.redeem(r), nil
	}
	return document(404, "text/html", []byte("<h1>Not found</h1>")), nil
}

func (p *idp) metadata() object {
	m := object{
		"issuer": p.issuer, "authorization_endpoint": p.issuer + "/authorize", "token_endpoint": p.issuer + "/token",
		"end_session_endpoint": p.issuer + "/end?x=1", "jwks_uri": p.issuer + "/keys",
		"code_challenge_methods_supported": []string{"S256"}, "authorization_response_iss_parameter_supported": true,
	}
	if p.about != nil {
		p.about(m)
	}
	return m
}

func (p *idp) redeem(r openid.Request) openid.Response {
	p.redeemed++
	p.lastToken = r
	form, _ := url.ParseQuery(string(r.Body))
	asked, known := p.codes[form.Get("code")]
	delete(p.codes, form.Get("code"))
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	if !known || asked.Get("code_challenge_method") != "S256" || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) ||
		asked.Get("redirect_uri") != form.Get("redirect_uri") || form.Get("grant_type") != "authorization_code" {
		return document(400, "application/json", encode(object{"error": "invalid_grant"}))
	}
	access := "access-" + form.Get("code")
	hash := sha256.Sum256([]byte(access))
	claims := object{
		"iss": p.issuer, "sub": "alice", "aud": client, "exp": p.now().Add(time.Hour).Unix(), "iat": p.now().Unix(),
		"nonce": asked.Get("nonce"), "sid": "sid-1", "at_hash": base64.RawURLEncoding.EncodeToString(hash[:16]),
		"name": "Alice", "email": "alice@example.com", "roles": []string{"staff", "boss"},
	}
	if p.claims != nil {
		p.claims(claims)
	}
	response := object{"token_type": "Bearer", "access_token": access, "id_token": p.token(encode(claims))}
	if p.tokens != nil {
		p.tokens(response)
	}
	return document(200, p.media, encode(response))
}

func (p *idp) token(payload []byte) string {
	if p.sign != nil {
		return p.sign(payload)
	}
	token, err := jwt.Sign(context.Background(), p.signer, p.typ, payload)
	if err != nil {
		panic(err)
	}
	return token
}

// network is the Fetcher that reaches all providers.
type network []*idp

func (n network) Fetch(_ context.Context, r openid.Request) (openid.Response, error) {
	for _, p := range n {
		if strings.HasPrefix(r.URL, p.issuer+"/") {
			return p.fetch(r)
		}
	}
	return openid.Response{}, errors.New("no such host")
}

// world is one node with two providers.
type world struct {
	*login.Login
	config login.Config
	one    *idp // "one", with a secret
	two    *idp // "two", a public client
	store  *storetest.Faulty
	clock  *storetest.Clock
}

func newWorld(t testing.TB, change ...func(*login.Config)) *world {
	t.Helper()
	w := &world{clock: new(storetest.Clock)}
	w.one, w.two = newIDP("https://one.example", w.clock.Now), newIDP("https://two.example/realm", w.clock.Now)
	w.store = storetest.NewFaulty(memstore.New(memstore.Config{Now: w.clock.Now}))
	mapping := claim.Map{Permissions: claim.Permissions{Source: claim.Source{Name: "roles"}, Map: map[string][]string{"staff": {"orders:read", "app"}, "boss": {"app", "orders:write"}}}}
	w.config = login.Config{
		Origin: origin, Key: key("k"), Store: w.store, Fetcher: network{w.one, w.two}, Now: w.clock.Now,
		ReturnTo: []string{"https://docs.example/start?a=b"},
		Providers: []login.Provider{
			{Provider: openid.Provider{Name: "one", Issuer: w.one.issuer, ClientID: client, ClientSecret: edgeward.NewSecret(secret), Scopes: []string{"profile", "openid"}, Keys: keysOf(rsaSigner())}, Label: "One & only", Claims: mapping},
			{Provider: openid.Provider{Name: "two", Issuer: w.two.issuer, ClientID: client, Keys: keysOf(rsaSigner())}},
		},
	}
	for _, c := range change {
		c(&w.config)
	}
	l, err := login.New(w.config)
	if err != nil {
		t.Fatal(err)
	}
	w.Login = l
	return w
}

func key(letter string) edgeward.Secret { return edgeward.NewSecret(strings.Repeat(letter, 32)) }

// A browser has one transaction cookie for all its tabs.
type browser struct {
	*world
	cookie string
}

func (b *browser) begin(t testing.TB, provider, returnTo string) string {
	t.Helper()
	begun, err := b.Begin(t.Context(), provider, edgeward.NewSecret(b.cookie), returnTo)
	if err != nil {
		t.Fatal(err)
	}
	if len(begun.Cookie) > 3500 {
		t.Fatalf("a cookie of %d bytes", len(begun.Cookie))
	}
	b.cookie = begun.Cookie
	return begun.Location
}

func (b *browser) finish(t testing.TB, c login.Callback) (login.SignIn, error) {
	t.Helper()
	s, err := b.Finish(t.Context(), edgeward.NewSecret(b.cookie), c)
	if s.Cookie != "" {
		b.cookie = s.Cookie
	}
	if err != nil && (s.Subject != "" || s.Issuer != "" || s.Permissions != nil || !s.IDToken.IsZero() || s.SID != "" || s.Name != "") {
		t.Errorf("half logged in: %+v beside %v", s, err)
	}
	return s, err
}

// signIn goes all the way.
func (b *browser) signIn(t testing.TB, p *idp, provider string) (login.SignIn, error) {
	t.Helper()
	return b.finish(t, p.authorize(t, b.begin(t, provider, "/orders?page=2")))
}

// wantUnavailable demands a "could not tell".
func wantUnavailable(t testing.TB, rule string, err error) {
	t.Helper()
	unavailable, ok := errors.AsType[*edgeward.UnavailableError](err)
	if !ok || edgeward.ReasonOf(err) != edgeward.Unavailable || unavailable.RetryAfter < time.Second {
		t.Errorf("%s: %v, want could not tell", rule, err)
	}
}

// want demands a refusal that wraps nothing else, and nothing secret in it.
func want(t testing.TB, rule string, err, refusal error) {
	t.Helper()
	if !errors.Is(err, refusal) {
		t.Errorf("%s: %v, want %v", rule, err, refusal)
		return
	}
	if edgeward.ReasonOf(err) != edgeward.ReasonOf(refusal) {
		t.Errorf("%s: reason %v", rule, edgeward.ReasonOf(err))
	}
	if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "code-") || strings.Contains(err.Error(), "eyJ") {
		t.Errorf("%s: %v tells a secret", rule, err)
	}
}

// put returns a change of claims that sets one, or removes it for nil.
func put(name string, value any) func(object) {
	return func(o object) {
		if value == nil {
			delete(o, name)
		} else {
			maps.Copy(o, object{name: value})
		}
	}
}

// noKeys are those of a key set that cannot be fetched.
type noKeys struct{}

func (noKeys) Key(context.Context, string, bool, jwt.Algorithm) (*jwt.Key, error) {
	return nil, &edgeward.UnavailableError{What: "keys", Err: errors.New("connection refused")}
}

func (noKeys) Holds(*jwt.Key, time.Time) bool { return false }

// slowly tells of each request and waits until it may go on.
type slowly struct {
	openid.Fetcher
	arrived, release chan struct{}
}

func (s slowly) Fetch(ctx context.Context, r openid.Request) (openid.Response, error) {
	s.arrived <- struct{}{}
	<-s.release
	return s.Fetcher.Fetch(ctx, r)
}

type raw = json.RawMessage

// keysAsSigner signs what can be signed at all.
func keysAsSigner() func(payload []byte) (string, bool) {
	return func(payload []byte) (string, bool) {
		token, err := jwt.Sign(context.Background(), rsaSigner(), "logout+jwt", payload)
		return token, err == nil
	}
}
