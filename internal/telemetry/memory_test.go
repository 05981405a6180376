package telemetry_test

import (
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/telemetry"
)

func TestWhatIsRememberedIsAskedAtScrape(t *testing.T) {
	m := telemetry.NewMetrics("test", func() telemetry.State {
		return telemetry.State{Blocked: 3, Memory: &telemetry.Memory{
			Revocations: 7, Staleness: 1500 * time.Millisecond, Synced: true,
			Sessions:    telemetry.Cache{Hits: 1, Misses: 2, Evictions: 3, Bytes: 4},
			StoreErrors: map[string]uint64{"get": 5, "watch": 0},
			Unaudited:   6,
		}}
	})
	m.PropagationDelay(20 * time.Millisecond)
	m.Refreshed("rotated")
	m.Refreshed("reused")
	m.Refreshed("rotated")
	m.SignedIn("example", "ok")
	m.SignedIn("", "login_mismatch")
	m.Arrived("ticket_used")
	m.CrowdedOut("example")
	m.Unread("https://id.example.com/", "groups")
	text := scrape(t, m)
	for _, line := range []string{
		`edgeward_revocation_entries 7`,
		`edgeward_revocation_staleness_seconds 1.5`,
		`edgeward_revocation_lag_seconds_count 1`,
		`edgeward_revocation_lag_seconds_bucket{le="0.01"} 0`,
		`edgeward_revocation_lag_seconds_bucket{le="0.05"} 1`,
		`edgeward_sessions_cache_hits_total 1`,
		`edgeward_sessions_cache_misses_total 2`,
		`edgeward_sessions_cache_evictions_total 3`,
		`edgeward_sessions_cache_bytes 4`,
		`edgeward_store_errors_total{operation="get"} 5`,
		`edgeward_store_errors_total{operation="watch"} 0`,
		`edgeward_audit_failures_total 6`,
		`edgeward_refreshes_total{class="rotated"} 2`,
		`edgeward_refreshes_total{class="reused"} 1`,
		`edgeward_logins_total{provider="example",result="ok"} 1`,
		`edgeward_logins_total{provider="",result="login_mismatch"} 1`,
		`edgeward_arrivals_total{result="ticket_used"} 1`,
		`edgeward_logins_crowded_out_total{provider="example"} 1`,
		`edgeward_unread_claims_total{claim="groups",issuer="https://id.example.com/"} 1`,
		`edgeward_blocked_clients 3`,
	} {
		wantLine(t, text, line)
	}
}

// An alarm on staleness has to sound for a node that knows nothing.
func TestANodeThatWasNeverToldIsInfinitelyStale(t *testing.T) {
	m := telemetry.NewMetrics("test", func() telemetry.State { return telemetry.State{Memory: &telemetry.Memory{}} })
	wantLine(t, scrape(t, m), `edgeward_revocation_staleness_seconds +Inf`)
}

func TestWithoutAStoreNothingIsRemembered(t *testing.T) {
	text := scrape(t, telemetry.NewMetrics("test", noState))
	for _, name := range []string{"edgeward_revocation_entries", "edgeward_sessions_cache", "edgeward_store_errors"} {
		if strings.Contains(text, name) {
			t.Errorf("%s is there", name)
		}
	}
}
