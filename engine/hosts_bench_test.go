package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
)

const (
	manyHosts = 200
	perHost   = 50 // routes
)

// hostedEngine takes bearer tokens at hosts of perHost routes each, or at any host
// by all of these routes in one tree. It returns a request with the token to each
// route, at its host.
func hostedEngine(tb testing.TB, hosts int, oneTree bool) (*engine.Engine, []*edgeward.Request) {
	tb.Helper()
	guard := policy.File{Path: "_middleware", Statement: policy.Require(bearer.Method).Permissions("orders:read")}
	verifier, signer := tokens(tb)
	token := mint(tb, signer, "alice")
	var all []policy.Host
	var requests []*edgeward.Request
	for h := range hosts {
		name := fmt.Sprintf("app%d.example.com", h)
		files := []policy.File{guard}
		for i := range perHost {
			files = append(files, policy.File{Path: fmt.Sprintf("api/h%d/[id]/part%d", h, i)})
			requests = append(requests, &edgeward.Request{
				Method: "GET", Host: name, Path: fmt.Sprintf("/api/h%d/7/part%d", h, i), Header: edgeward.Header{"Authorization": {"Bearer " + token}},
			})
		}
		if all = append(all, policy.Host{Name: name, Files: files}); oneTree && h > 0 {
			all[0].Files = append(all[0].Files, files[1:]...)
			all = all[:1]
		}
	}
	if oneTree {
		all[0].Name = ""
	} else {
		all = append(all, policy.Host{Name: "*.preview.example.com", Files: []policy.File{guard}}, policy.Host{Files: []policy.File{guard}})
	}
	built, err := policy.BuildHosts(all)
	must(tb, err)
	e, err := engine.New(engine.Config{Hosts: built, Strategies: []engine.Strategy{{Name: bearer.Method, Source: credential.Bearer, Verifier: verifier}}})
	must(tb, err)
	for _, r := range requests {
		if d := e.Decide(tb.Context(), r); !d.Allow {
			tb.Fatal(d.Err)
		}
	}
	return e, requests
}

// TestHostsAllocateNothing: a decision on a token that is known costs no allocation,
// whatever the number of hosts, and by whichever kind of entry.
func TestHostsAllocateNothing(t *testing.T) {
	e, requests := hostedEngine(t, manyHosts, false)
	for _, host := range []string{"", "a.b.preview.example.com:8443", "nowhere.example"} {
		r := *requests[0]
		if host != "" {
			r.Host = host
		}
		if n := testing.AllocsPerRun(100, func() {
			if d := e.Decide(t.Context(), &r); !d.Allow {
				t.Error(d.Err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", r.Host, n)
		}
	}
}

// BenchmarkHostsRatio is what a decision on a warm token costs with 200 hosts of 50
// routes each beside one with one tree for every host, by turns as
// BenchmarkDecideRatio takes them: to one route all the time, beside a tree of 50
// routes, and to all 10,000 one after the other, beside a tree of them all. The
// target is at most 1.1.
func BenchmarkHostsRatio(b *testing.B) {
	small, _ := hostedEngine(b, 1, true)
	large, _ := hostedEngine(b, manyHosts, true)
	many, requests := hostedEngine(b, manyHosts, false)
	for _, row := range []struct {
		name string
		one  *engine.Engine
		to   []*edgeward.Request
	}{{"one route", small, requests[:1]}, {"all routes", large, requests}} {
		b.Run(row.name, func(b *testing.B) {
			one, to := row.one, row.to
			var ratios []float64
			rounds := max(1, b.N/turn)
			b.ReportAllocs()
			b.ResetTimer()
			for round := range rounds {
				var cost [2]float64
				for k := range cost {
					i := (round + k) % 2 // neither is always first
					began := time.Now()
					for j := range turn {
						if d := []*engine.Engine{one, many}[i].Decide(b.Context(), to[(round*turn+i*len(to)/2+j)%len(to)]); !d.Allow {
							b.Fatal(d.Err)
						}
					}
					cost[i] = float64(time.Since(began))
				}
				ratios = append(ratios, cost[1]/cost[0])
			}
			b.StopTimer()
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "hosts/tree")
		})
	}
}
