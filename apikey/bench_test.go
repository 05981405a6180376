package apikey_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/store/memstore"
)

// What the cache says it holds must not be less than what it costs the process.
func TestTheCacheCountsWhatItCosts(t *testing.T) {
	const keys = 5_000
	c := config(memstore.New(memstore.Config{}), nil)
	c.CacheBytes = 64 << 20
	k, err := apikey.New(c)
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]edgeward.Secret, keys)
	for i := range texts {
		g := robot
		g.Subject, g.Name = fmt.Sprintf("3f0e7a9c-0000-4000-8000-%012d", i), strings.Repeat("n", 500)
		g.Permissions = []string{"orders:read", "orders:write"}
		if texts[i], _, err = k.Create(ctx, g); err != nil {
			t.Fatal(err)
		}
	}
	before := liveHeap()
	for _, text := range texts {
		if _, err := k.Verify(ctx, &edgeward.Request{ClientIP: client}, edgeward.Credential{Value: text}); err != nil {
			t.Fatal(err)
		}
	}
	cost, said := liveHeap()-before, k.Cache().Bytes
	t.Logf("%d keys: %d bytes each in the heap, %d counted", k.Cache().Entries, cost/keys, said/keys)
	if k.Cache().Entries != keys || cost > int64(said) {
		t.Errorf("the cache costs %d bytes and counts %d", cost, said)
	}
	runtime.KeepAlive(texts)
	runtime.KeepAlive(k)
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkGuessTiming compares the time that an unknown id takes with that of
// a wrong secret by Welch's t-test over 100,000 samples of each, in random order
// over 2,000 ids of each, without the slowest tenth, where the machine speaks and
// not the code. It prints |t|; above 4.5 the two can be told apart (attack 32).
// As a control it compares the wrong secrets of two halves of the keys, which
// nothing but their place in memory tells apart. Run it with -benchtime=1x
// -count=10.
func BenchmarkGuessTiming(b *testing.B) {
	const samples, ids = 100_000, 2_000
	c := config(memstore.New(memstore.Config{}), nil)
	c.CacheBytes = 256 << 20
	here, err := apikey.New(c)
	if err != nil {
		b.Fatal(err)
	}
	elsewhere, err := apikey.New(config(memstore.New(memstore.Config{}), nil))
	if err != nil {
		b.Fatal(err)
	}
	guesses := func(k *apikey.Keys) (list []edgeward.Credential) {
		for range ids {
			text, _, err := k.Create(ctx, robot)
			if err != nil {
				b.Fatal(err)
			}
			list = append(list, edgeward.Credential{Value: summed(text.Reveal()[:25] + strings.Repeat("abcdefgh", 5))})
		}
		return list
	}
	unknown, wrong, control := guesses(elsewhere), guesses(here), guesses(here)
	for b.Loop() {
		times := measure(b, here, samples, unknown, wrong, control)
		t, meanUnknown, meanWrong := welch(times[0], times[1])
		null, _, _ := welch(times[1], times[2])
		b.ReportMetric(math.Abs(t), "|t|")
		b.ReportMetric(math.Abs(null), "|t|-control")
		b.ReportMetric(meanUnknown, "ns/unknown")
		b.ReportMetric(meanWrong, "ns/wrong")
		b.ReportMetric(0, "ns/op")
	}
}

// measure takes the time of so many guesses of each class, in random order.
func measure(b *testing.B, k *apikey.Keys, samples int, classes ...[]edgeward.Credential) [][]float64 {
	r := &edgeward.Request{ClientIP: client}
	times := make([][]float64, len(classes))
	for range samples * len(classes) {
		class := rand.IntN(len(classes))
		guess := classes[class][rand.IntN(len(classes[class]))]
		start := time.Now()
		_, err := k.Verify(ctx, r, guess)
		elapsed := time.Since(start)
		if err == nil {
			b.Fatal("a guess was right")
		}
		times[class] = append(times[class], float64(elapsed))
	}
	return times
}

// welch returns Welch's t of two samples without their common slowest tenth,
// and their means.
func welch(x, y []float64) (t, meanX, meanY float64) {
	all := slices.Sorted(slices.Values(slices.Concat(x, y)))
	limit := all[len(all)*9/10]
	meanX, varX, nX := moments(x, limit)
	meanY, varY, nY := moments(y, limit)
	return (meanX - meanY) / math.Sqrt(varX/nX+varY/nY), meanX, meanY
}

func moments(sample []float64, limit float64) (mean, variance, n float64) {
	for _, v := range sample {
		if v <= limit {
			n++
			mean += v
		}
	}
	mean /= n
	for _, v := range sample {
		if v <= limit {
			variance += (v - mean) * (v - mean)
		}
	}
	return mean, variance / (n - 1), n
}

// The test itself can tell apart what differs by a hundredth.
func TestWelch(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	x, y, z := make([]float64, 100_000), make([]float64, 100_000), make([]float64, 100_000)
	for i := range x {
		x[i], y[i], z[i] = 1000+100*random.NormFloat64(), 1000+100*random.NormFloat64(), 1010+100*random.NormFloat64()
	}
	if s, _, _ := welch(x, y); math.Abs(s) > 4.5 {
		t.Errorf("equal times are told apart: %v", s)
	}
	if s, _, _ := welch(x, z); math.Abs(s) < 4.5 {
		t.Errorf("different times are not told apart: %v", s)
	}
}

// BenchmarkDecide is the whole decision with everything warm, by JWT and by API
// key in either field.
func BenchmarkDecide(b *testing.B) {
	tree, err := policy.Build([]policy.File{{Path: "_middleware", Statement: policy.Require(apikey.Method, bearer.Method).Permissions("orders:read")}})
	if err != nil {
		b.Fatal(err)
	}
	tokens, token := jwts(b)
	c := config(memstore.New(memstore.Config{}), nil)
	c.CacheBytes = 64 << 20
	keys, err := apikey.New(c)
	if err != nil {
		b.Fatal(err)
	}
	e, err := engine.New(engine.Config{Hosts: policy.AllHosts(tree), Strategies: []engine.Strategy{
		{Name: apikey.Method, Source: credential.APIKey, Verifier: keys},
		{Name: bearer.Method, Source: credential.Bearer, Verifier: tokens},
	}})
	if err != nil {
		b.Fatal(err)
	}
	text, _, err := keys.Create(ctx, robot)
	if err != nil {
		b.Fatal(err)
	}
	for name, r := range map[string]*edgeward.Request{
		"by=jwt":           request("Authorization", "Bearer "+token),
		"by=key/in=field":  request("X-Api-Key", text.Reveal()),
		"by=key/in=bearer": request("Authorization", "Bearer "+text.Reveal()),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d := e.Decide(ctx, r); !d.Allow {
					b.Fatal(d.Err)
				}
			}
		})
	}
}

func request(name, value string) *edgeward.Request {
	return &edgeward.Request{Method: "GET", Path: "/api/orders", ClientIP: client, Header: edgeward.Header{name: {value}}}
}

// jwts returns a verifier of JWTs and one.
func jwts(b *testing.B) (*bearer.Verifier, string) {
	key, err := jwt.HMACKey("k", jwt.HS256, edgeward.NewSecret(strings.Repeat("s", 32)))
	if err != nil {
		b.Fatal(err)
	}
	keys, err := jwks.NewStatic(key)
	if err != nil {
		b.Fatal(err)
	}
	v, err := bearer.New(bearer.Config{Issuers: []bearer.Issuer{{
		Rules: jwt.Rules{Issuer: "https://issuer.example/", Audiences: []string{"api"}}, Algorithms: []jwt.Algorithm{jwt.HS256}, Keys: keys,
	}}})
	if err != nil {
		b.Fatal(err)
	}
	signer, err := jwt.HMACSigner(key)
	if err != nil {
		b.Fatal(err)
	}
	claims := jwt.Claims{ // what RFC 9068 §2.2 demands
		Issuer: "https://issuer.example/", Subject: "robot", Audience: []string{"api"}, Expires: time.Now().Add(time.Hour),
		IssuedAt: time.Now(), TokenID: "7c0f8f3e-5b1d-4c47-9d55-0f6f1c0a9b1e",
	}
	token, err := jwt.Sign(context.Background(), signer, "at+jwt", claims.AppendJSON(nil, jwt.StringClaim("scope", "orders:read"), jwt.StringClaim("client_id", "web")))
	if err != nil {
		b.Fatal(err)
	}
	return v, token
}
