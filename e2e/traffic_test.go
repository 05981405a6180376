package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// traffic asks for /api/orders with token from several clients until the
// returned function is called, which fails the test when any request was not
// answered by the upstream.
func traffic(t *testing.T, g *gateway, token string) (stop func()) {
	t.Helper()
	const clients = 4
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	end := make(chan struct{})
	var asked, refused atomic.Int64
	var last atomic.Value
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for {
				select {
				case <-end:
					return
				case <-time.After(2 * time.Millisecond):
				}
				asked.Add(1)
				if status, err := fetch(client, g, token); err != nil || status != 200 {
					refused.Add(1)
					last.Store(fmt.Sprintf("status %d, error %v", status, err))
				}
			}
		})
	}
	stop = sync.OnceFunc(func() {
		close(end)
		wg.Wait()
		client.CloseIdleConnections()
		if refused.Load() > 0 {
			t.Errorf("%d of %d requests were not answered by the upstream, the last with %v", refused.Load(), asked.Load(), last.Load())
		}
		if asked.Load() == 0 {
			t.Error("no traffic flowed")
		}
	})
	t.Cleanup(stop)
	return stop
}

func fetch(client *http.Client, g *gateway, token string) (status int, err error) {
	req, err := http.NewRequest("GET", "http://"+g.proxy+"/api/orders", nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	var ignored json.RawMessage
	return res.StatusCode, json.NewDecoder(res.Body).Decode(&ignored)
}

func split(token string) (header, payload, signature string) {
	parts := strings.Split(token, ".")
	return parts[0], parts[1], parts[2]
}

// flip changes one bit in the middle of a base64url segment.
func flip(segment string) string {
	raw, _ := base64.RawURLEncoding.DecodeString(segment)
	raw[len(raw)/2] ^= 1
	return base64.RawURLEncoding.EncodeToString(raw)
}
