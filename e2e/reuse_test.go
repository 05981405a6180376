package e2e

import (
	"fmt"
	"sync"
	"testing"

	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/revocation"
)

// Row 31: without a grace window the second use of a refresh token is theft.
// It ends the family for good, whoever has its newest token, and the access
// tokens that it gave; it ends nothing else of the same user.
func TestReuseEndsTheFamily(t *testing.T) {
	t.Parallel()
	h := prepareHybrid(t, newUpstream(t), "edgeward.db", "")
	h.configure("refresh_grace: 300s", "refresh_grace: 0s")
	h.start()
	h.ready()
	robbed, elsewhere := h.issue("ada"), h.issue("ada")
	second := h.refresh(robbed.refresh)
	third := h.newest(second.Refresh)
	h.wants(200, "the access token of a refresh", bearer(second.Access))

	for _, when := range []string{"at first", "again"} {
		for what, token := range map[string]string{"the first token": robbed.refresh, "the second": second.Refresh, "the newest": third} {
			if status, code := h.refresh(robbed.refresh).outcome(); status != 400 || code != "invalid_grant" {
				t.Errorf("%s: status %d %s", when, status, code)
			}
			if status, code := h.refresh(token).outcome(); status != 400 || code != "invalid_grant" {
				t.Errorf("%s: %s: status %d %s", when, what, status, code)
			}
		}
		h.wants(401, when+": the access token of the sign-in", robbed.bearer)
		h.wants(401, when+": that of the refresh", bearer(second.Access))
		h.wants(200, when+": the same user's session", robbed.session)
		h.wants(200, when+": the same user's API key", robbed.apiKey)
		if when == "at first" {
			h.restart()
		}
	}
	elsewhere.refresh = h.newest(elsewhere.refresh)
	h.expect("the same user's other device", elsewhere, nil)

	if thefts := h.audited("reused"); len(thefts) != 1 || thefts[0].Object != "family/"+robbed.family || thefts[0].Reason != "refresh_reused" {
		t.Errorf("audited as theft: %+v, want family/%s once", thefts, robbed.family)
	}
	h.soundAudit()
	entries, err := h.api.Revocations(t.Context(), revocation.Family, client.Page{})
	h.must(err)
	if len(entries.Revocations) != 1 || entries.Revocations[0].Value != robbed.family {
		t.Errorf("revoked families: %+v", entries.Revocations)
	}
}

// Without a grace window one of parallel duplicates at most gets a successor.
// What the others hear depends on when they came; none of them gets a second
// one, and when somebody was called a thief nothing of the family is left.
func TestParallelReuseGivesOneSuccessor(t *testing.T) {
	t.Parallel()
	h := prepareHybrid(t, newUpstream(t), "edgeward.db", "")
	h.configure("refresh_grace: 300s", "refresh_grace: 0s")
	h.start()
	h.ready()
	for round := range 10 {
		pair, err := h.api.MintPair(t.Context(), client.NewPair{Subject: fmt.Sprint("user-", round)})
		h.must(err)
		answers := make([]tokenAnswer, 16)
		var tabs sync.WaitGroup
		for i := range answers {
			tabs.Go(func() { answers[i] = h.refresh(pair.RefreshToken.Reveal()) })
		}
		tabs.Wait()
		var given []tokenAnswer
		stolen := false
		for _, a := range answers {
			switch {
			case a.status == 200:
				given = append(given, a)
			case a.status == 400 && a.Error == "invalid_grant":
				stolen = true
			default:
				h.retryable("a duplicate", a)
			}
		}
		if len(given) != 1 {
			t.Fatalf("%d successors", len(given))
		}
		want := 200
		if stolen {
			want = 401
		}
		h.wants(want, "the successor's access token", bearer(given[0].Access))
		if status, _ := h.refresh(given[0].Refresh).outcome(); (status == 200) == stolen {
			t.Errorf("the successor: status %d, theft: %v", status, stolen)
		}
	}
}
