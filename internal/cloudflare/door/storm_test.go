package door_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestStorm: twelve clients with everything at once, and not one wrong answer.
func TestStorm(t *testing.T) {
	l := newLab(t, nil, nil)
	now := time.Now()
	token, stale := l.issuer.token(t, now), l.issuer.token(t, now.Add(-2*time.Hour))
	session := l.admin(t, "POST", "/v1/sessions", `{"issuer":"https://edge.example/","subject":"bob"}`)
	pair := l.admin(t, "POST", "/v1/tokens", `{"subject":"carol"}`)
	key := l.admin(t, "POST", "/v1/api-keys", `{"subject":"robot","name":"r"}`)
	kinds := []struct {
		name   string
		fields []string
		status int
	}{
		{"RS256", []string{"Authorization: Bearer " + token}, 200},
		{"HS256", []string{"Authorization: Bearer " + pair["access_token"]}, 200},
		{"session", []string{"Cookie: " + session["cookie"]}, 200},
		{"API key", []string{"X-API-Key: " + key["secret"]}, 200},
		{"nothing", nil, 401},
		{"expired", []string{"Authorization: Bearer " + stale}, 401},
		{"tampered", []string{"Authorization: Bearer " + tampered(token)}, 401},
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 12}}
	var done atomic.Int64
	var clients sync.WaitGroup
	until := now.Add(time.Duration(seconds()) * time.Second)
	for c := range 12 {
		clients.Go(func() {
			for i := c; time.Now().Before(until); i++ {
				if i%10 == 0 && time.Since(now) < 20*time.Second { // after 30 s it would be theft
					if _, err := l.successor(pair["refresh_token"]); err != nil {
						t.Errorf("refresh: %v", err)
					}
				}
				kind := kinds[i%len(kinds)]
				method, body := "GET", "" // miniflare resets connections where it compresses the answer to a body that nobody read
				if kind.status == 200 {
					method, body = "POST", fmt.Sprint("body ", c, " ", i)
				}
				a, err := ask(client, method, l.url+"api/x", body, kind.fields...)
				if err != nil || a.StatusCode != kind.status || a.StatusCode == 200 && string(a.body) != "hello"+body {
					t.Errorf("%s: %v %s", kind.name, err, a.body)
				}
				done.Add(1)
			}
		})
	}
	clients.Wait()
	t.Logf("%d requests in %d s", done.Load(), seconds())
}

// TestTrap: a trap ends what is under way with a 500, and nothing else.
func TestTrap(t *testing.T) {
	l := newLab(t, nil, nil)
	options := l.options
	files := []string{parts + "/trapbridge.mjs"}
	folder := options["folder"].(string)
	addModules(t, folder, files...)
	options["modules"] = slices.Insert(slices.Clone(options["modules"].([]string)), 0, "trapbridge.mjs")
	r := start(t, options)
	at := &lab{workerd: r, issuer: l.issuer, origin: l.origin}
	token := "Authorization: Bearer " + l.issuer.token(t, time.Now())

	asked, release := make(chan struct{}, 8), make(chan struct{})
	l.issuer.held.Store(&hold{asked, release})
	var under sync.WaitGroup
	under.Go(func() {
		if a, err := at.ask("GET", "/api/x", "", token); err != nil || a.StatusCode != 500 {
			t.Errorf("in flight: %v %s", err, a.body)
		}
	})
	<-asked
	l.issuer.held.Store(nil)
	if a := at.get(t, "/trap"); a.StatusCode != 500 || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("the one that traps: %v %s", a.Response, a.body)
	}
	if a := at.get(t, "/api/x", token); a.StatusCode != 200 {
		t.Errorf("the next one: %v %s", a.Response, a.body)
	}
	close(release)
	under.Wait()
	if a := at.get(t, "/api/x", token); a.StatusCode != 200 {
		t.Errorf("and after it: %v %s", a.Response, a.body)
	}
}

// TestRevocationReachesAnotherIsolate: what one isolate takes back another one
// refuses within the bound.
func TestRevocationReachesAnotherIsolate(t *testing.T) {
	const bound = 2 * time.Second
	l := newLab(t, map[string]any{"revocation": map[string]any{"max_staleness": bound.String()}}, map[string]any{"twin": "two.example"})
	const there = "Host: two.example"
	session := l.admin(t, "POST", "/v1/sessions", `{"issuer":"https://edge.example/","subject":"bob"}`)
	key := l.admin(t, "POST", "/v1/api-keys", `{"subject":"robot","name":"r"}`)
	pair := l.admin(t, "POST", "/v1/tokens", `{"subject":"carol"}`)
	credentials := []string{"Cookie: " + session["cookie"], "X-API-Key: " + key["secret"], "Authorization: Bearer " + pair["access_token"]}
	for _, credential := range credentials {
		for range 2 {
			if a := l.get(t, "/api/x", there, credential); a.StatusCode != 200 {
				t.Fatalf("before: %d %s", a.StatusCode, a.body)
			}
		}
	}
	l.admin(t, "DELETE", "/v1/sessions/"+session["id"], "")
	l.admin(t, "DELETE", "/v1/api-keys/"+key["id"], "")
	l.admin(t, "POST", "/v1/revocations", `{"scope":"family","value":"`+pair["family"]+`"}`)
	time.Sleep(bound)
	for _, credential := range credentials {
		if a := l.get(t, "/api/x", there, credential); a.StatusCode != 401 {
			t.Errorf("%.12s: status %d after the bound: %s", credential, a.StatusCode, a.body)
		}
	}
}
