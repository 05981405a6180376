package policy_test

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/policy"
	"github.com/rs/cors"
)

// Deliberate differences from rs/cors, which is the oracle here:
//
//   - it lower-cases the Origin that it was sent; ours is exact;
//   - it allows a preflight for OPTIONS always; ours when OPTIONS is named;
//   - its "*" for headers covers Authorization; ours does not, as in Fetch;
//   - without AllowedHeaders it allows three; ours allows none;
//   - it wants request headers sorted and in lower case, as browsers send
//     them; ours takes any order and case;
//   - it echoes the method and headers asked for; ours lists what is allowed,
//     so that the answer can be made once;
//   - it withholds the fields of an actual request for a method that is not
//     named; ours cannot keep a browser from sending what needs no preflight,
//     so it does not pretend to;
//   - it builds "*" with credentials; ours is refused.

// A corsCase is a configuration that both can express and a request.
type corsCase struct {
	config      policy.CORS
	origin      string
	method      string
	headers     []string // as a browser sends them: sorted, unique, lower case
	credentials bool     // the request's mode
}

func randomCORS(rng *rand.Rand) (c corsCase) {
	some := func(pool ...string) (picked []string) {
		for _, s := range pool {
			if rng.IntN(2) == 0 {
				picked = append(picked, s)
			}
		}
		return picked
	}
	one := func(pool ...string) string { return pool[rng.IntN(len(pool))] }
	c.config.Credentials = rng.IntN(2) == 0
	c.config.Origins = append(some("https://b.example", "http://localhost:3000"), app)
	c.config.Methods = some("GET", "PUT", "DELETE", "POST")
	c.config.Headers = append(some("Authorization", "Content-Type"), "X-One")
	c.config.Expose = some("X-Request-Id", "Etag")
	c.config.MaxAge = time.Duration(rng.IntN(3)) * time.Minute
	if !c.config.Credentials && rng.IntN(3) == 0 {
		c.config.Origins = []string{"*"}
	}
	if !c.config.Credentials && rng.IntN(3) == 0 {
		c.config.Headers = append(c.config.Headers, "*")
	}
	c.origin = one(app, app, "https://b.example", "http://localhost:3000", "null", "https://APP.example", "https://app.example.evil.test", "")
	c.method = one("GET", "PUT", "PUT", "DELETE", "PATCH", "OPTIONS", "put")
	c.headers = some("authorization", "content-type", "x-one", "x-two")
	c.credentials = rng.IntN(2) == 0
	return c
}

func (c corsCase) rival() *cors.Cors {
	return cors.New(cors.Options{
		AllowedOrigins: c.config.Origins, AllowedMethods: c.config.Methods, AllowedHeaders: c.config.Headers, ExposedHeaders: c.config.Expose,
		AllowCredentials: c.config.Credentials, MaxAge: int(c.config.MaxAge / time.Second),
	})
}

func (c corsCase) ask(method string, set map[string]string) http.Header {
	r, w := httptest.NewRequest(method, "/", nil), httptest.NewRecorder()
	for name, value := range set {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	c.rival().HandlerFunc(w, r)
	return w.Header()
}

func (c corsCase) differs() bool {
	named := func(name string) bool { return slices.Contains(c.config.Headers, name) }
	return c.origin != strings.ToLower(c.origin) && c.config.Origins[0] != "*" ||
		c.method == "OPTIONS" ||
		named("*") && !named("Authorization") && slices.Contains(c.headers, "authorization")
}

// checkPreflight compares what a browser would conclude from both answers.
func (c corsCase) checkPreflight(t *testing.T, ours *policy.CORS) {
	t.Helper()
	headers := strings.Join(c.headers, ",")
	theirs := c.ask("OPTIONS", map[string]string{"Origin": c.origin, "Access-Control-Request-Method": c.method, "Access-Control-Request-Headers": headers})
	answer := http.Header(ours.Preflight(c.origin, c.method, headers))
	we, they := c.browserAllows(answer), c.browserAllows(theirs)
	if we && !they || they && !we && !c.differs() {
		t.Fatalf("%+v: we say %v: %v; rs/cors says %v: %v", c, we, answer, they, theirs)
	}
	if c.differs() && we {
		t.Fatalf("%+v: a difference that is none: %v", c, answer)
	}
	if we && they {
		c.checkSame(t, answer, theirs, "Vary", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Max-Age")
	}
}

func (c corsCase) checkActual(t *testing.T, ours *policy.CORS) {
	t.Helper()
	if c.origin != strings.ToLower(c.origin) && c.config.Origins[0] != "*" {
		return
	}
	method := "GET"
	if len(c.config.Methods) > 0 {
		method = c.config.Methods[0]
	}
	theirs := c.ask(method, map[string]string{"Origin": c.origin})
	c.checkSame(t, http.Header(ours.Actual(c.origin)), theirs,
		"Vary", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers")
}

func (c corsCase) checkSame(t *testing.T, ours, theirs http.Header, names ...string) {
	t.Helper()
	for _, name := range names {
		if !slices.Equal(ours[name], theirs[name]) {
			t.Fatalf("%+v: %s: ours %q, rs/cors %q", c, name, ours[name], theirs[name])
		}
	}
}

// browserAllows is the other side: Fetch §4.8, CORS-preflight fetch, step 7,
// and §4.9, CORS check.
func (c corsCase) browserAllows(h http.Header) bool {
	origin := h.Get("Access-Control-Allow-Origin")
	if c.origin == "" || origin != c.origin && (origin != "*" || c.credentials) {
		return false
	}
	if c.credentials && h.Get("Access-Control-Allow-Credentials") != "true" {
		return false
	}
	listed := func(field, name string, wildcard bool) bool {
		for member := range strings.SplitSeq(h.Get(field), ",") {
			member = strings.TrimSpace(member)
			if strings.EqualFold(member, name) || member == "*" && wildcard && !c.credentials {
				return true
			}
		}
		return false
	}
	for _, name := range c.headers {
		if !listed("Access-Control-Allow-Headers", name, name != "authorization") {
			return false
		}
	}
	return slices.Contains([]string{"GET", "HEAD", "POST"}, c.method) || listed("Access-Control-Allow-Methods", c.method, true)
}

func FuzzCORS(f *testing.F) {
	for seed := range uint64(2000) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		c := randomCORS(rand.New(rand.NewPCG(seed, 0)))
		ours := corsOf(t, c.config)
		c.checkPreflight(t, ours)
		c.checkActual(t, ours)
	})
}

// FuzzCORSRequest sends anything: ours allows no request that rs/cors refuses
// once its headers are spelt as a browser spells them.
func FuzzCORSRequest(f *testing.F) {
	f.Add(uint64(1), app, "PUT", "X-One, content-type")
	f.Add(uint64(2), "null", "GET", ",,*,")
	f.Fuzz(func(t *testing.T, seed uint64, origin, method, headers string) {
		c := randomCORS(rand.New(rand.NewPCG(seed, 0)))
		answer := corsOf(t, c.config).Preflight(origin, method, headers)
		if answer["Access-Control-Allow-Origin"] == nil {
			return
		}
		var names []string
		for name := range strings.SplitSeq(strings.ToLower(headers), ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		theirs := c.ask("OPTIONS", map[string]string{
			"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": strings.Join(slices.Compact(names), ","),
		})
		if theirs.Get("Access-Control-Allow-Origin") == "" {
			t.Fatalf("%+v: origin %q, method %q, headers %q: only we allow it: %v", c.config, origin, method, headers, answer)
		}
	})
}
