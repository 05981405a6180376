package door_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/door"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/store"
)

// A told host is one object of revocations, which tells one row at a time.
type told struct {
	rows  []string // by version - 1; "" is absent
	polls int
}

// Perform implements [runtime.Host].
func (h *told) Perform(kind string, args ...string) (runtime.Frame, error) {
	if kind != "store" || args[1] != "changes" {
		return runtime.Frame{"not_found"}, nil
	}
	h.polls++
	since, _ := strconv.Atoi(args[3])
	for i := since; i < len(h.rows); i++ {
		if h.rows[i] != "" {
			return runtime.Frame{"done", "more", fmt.Sprint(store.RevocationPrefix, "token/", i), h.rows[i], fmt.Sprint(i + 1), "0"}, nil
		}
	}
	return runtime.Frame{"done", "end"}, nil
}

// TestAnUnreadableRevocation: as long as a row cannot be read, nobody knows what
// it takes back, however often the instance has asked what is new.
func TestAnUnreadableRevocation(t *testing.T) {
	for rule, behind := range map[string]int{
		"it is the last one": 0, "there are others behind it": 5, "there are more behind it than a poll reads": 45,
	} {
		t.Run(rule, func(t *testing.T) {
			h := &told{rows: []string{`{"v":2}`}}
			for range behind {
				h.rows = append(h.rows, `{"v":3}`)
			}
			handle, token := hmacWorker(t, "")
			ctx := runtime.WithHost(t.Context(), h)
			for range 4 {
				if got := handle(ctx, token); got[1] != "503" {
					t.Fatalf("%q after %d polls, want 503", got[:2], h.polls)
				}
			}
			clear(h.rows) // mended, or swept
			if got := handle(ctx, token); got[0] != "forward" {
				t.Errorf("the rows have gone: %q", got[:3])
			}
		})
	}
}

// TestTheFeedIsToldInPieces: what Go can read of an answer has a bound, and a
// feed that were never read to its end would close every route.
func TestTheFeedIsToldInPieces(t *testing.T) {
	b := &bridge{start(t, bridged(t)), "pieces/"}
	long := strings.Repeat("x", 900<<10)
	const rows = 6
	for i := range rows {
		if _, err := b.Perform("store", "revoked", "create", fmt.Sprint(store.RevocationPrefix, i), "0", long, "0"); err != nil {
			t.Fatal(err)
		}
	}
	since, seen := "0", 0
	for more := true; more; {
		f, err := b.Perform("store", "revoked", "changes", store.RevocationPrefix, since, "1000")
		if err != nil || len(f) < 2 || len(f)%4 != 2 {
			t.Fatalf("%d strings, %v", len(f), err)
		}
		more = f[1] == "more"
		for row := f[2:]; len(row) > 0; row = row[4:] {
			since, seen = row[2], seen+1
		}
	}
	if seen != rows {
		t.Errorf("told of %d rows, want %d", seen, rows)
	}
}

// hmacWorker returns a Worker whose route asks for a bearer token and for certain
// knowledge of what is revoked, and a request that it lets through.
func hmacWorker(t *testing.T, failures string) (runtime.Handler, runtime.Frame) {
	t.Helper()
	secret := edgeward.NewSecret("a-secret-of-thirty-two-bytes-or-so")
	config, err := door.ParseConfiguration(`{"proxy": {"listen": ":0", "upstream": "https://origin.example"}, "store": {"path": "EDGEWARD_STORE"}, `+failures+`
		"routes": {"_middleware": {"authenticate": ["bearer"]}}, "revocation": {"when_stale": "deny"},
		"issuers": [{"issuer": "`+own+`", "audiences": ["`+audience+`"], "secret": "env:SECRET"}]}`, map[string]edgeward.Secret{"SECRET": secret})
	if err != nil {
		t.Fatal(err)
	}
	s, err := door.NewSystem(config, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	key, err := jwt.HMACKey("", jwt.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jwt.HMACSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c := jwt.Claims{Issuer: own, Subject: "alice", Audience: []string{audience}, IssuedAt: now, Expires: now.Add(time.Hour)}
	token, err := jwt.Sign(context.Background(), signer, "at+jwt", c.AppendJSON(nil))
	if err != nil {
		t.Fatal(err)
	}
	return s.Handle, runtime.Frame{"GET", "https://edge.example/x", "192.0.2.1", "", "authorization", "Bearer " + token}
}
