package telemetry_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	edgeward "github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/telemetry"
	"github.com/edgeward/edgeward/policy/allow"
)

var moment = time.Unix(1_800_000_000, 0)

func decide(t *telemetry.Traffic, reason edgeward.Reason, r edgeward.Request) {
	t.Decided(&r, &edgeward.Decision{Allow: reason.Status() == 200, Reason: reason, Route: "/api/*"}, func() time.Time { return moment })
}

func TestTrafficTellsSecondsApart(t *testing.T) {
	traffic := telemetry.NewTraffic()
	if f := traffic.Flow(); len(f.Seconds) != 0 || len(f.Reasons) != 0 {
		t.Errorf("before the first sample: %+v", f)
	}
	traffic.Sample(moment)
	for range 3 {
		decide(traffic, edgeward.Authenticated, edgeward.Request{})
	}
	decide(traffic, edgeward.Preflight, edgeward.Request{})
	decide(traffic, edgeward.TokenExpired, edgeward.Request{})
	decide(traffic, edgeward.Unavailable, edgeward.Request{})
	traffic.Sample(moment.Add(time.Second))
	traffic.Sample(moment.Add(2 * time.Second))
	f := traffic.Flow()
	if len(f.Seconds) != 2 || f.Seconds[0] != (telemetry.Second{At: moment.Add(time.Second), Allowed: 4, Refused: 1, Unavailable: 1}) || f.Seconds[1].Total() != 0 {
		t.Errorf("seconds %+v", f.Seconds)
	}
	if len(f.Reasons) != 4 || f.Reasons[0] != (telemetry.ReasonCount{Reason: edgeward.Authenticated, Ever: 3, Minute: 3}) {
		t.Errorf("reasons %+v", f.Reasons)
	}
}

func TestTrafficForgetsWhatIsOld(t *testing.T) {
	traffic := telemetry.NewTraffic()
	traffic.Sample(moment)
	decide(traffic, edgeward.Public, edgeward.Request{})
	for i := range 1000 {
		traffic.Sample(moment.Add(time.Duration(i+1) * time.Second))
		traffic.PropagationDelay(time.Duration(i))
	}
	f := traffic.Flow()
	if len(f.Seconds) != 120 || len(f.Lags) != 64 || f.Lags[63] != 999 {
		t.Errorf("%d seconds, lags %v", len(f.Seconds), f.Lags)
	}
	if f.Reasons[0].Ever != 1 || f.Reasons[0].Minute != 0 {
		t.Errorf("reasons %+v", f.Reasons)
	}
}

func TestTheLastRefusalsAreKept(t *testing.T) {
	traffic := telemetry.NewTraffic()
	decide(traffic, edgeward.Authenticated, edgeward.Request{ID: "in"})
	for i := range 1000 {
		decide(traffic, edgeward.TokenExpired, edgeward.Request{ID: fmt.Sprint(i)})
	}
	list := traffic.Refusals()
	if len(list) != 200 || list[0].ID != "999" || list[199].ID != "800" {
		t.Errorf("%d refusals, from %s", len(list), list[0].ID)
	}
}

func TestARefusalIsSafeToShow(t *testing.T) {
	traffic := telemetry.NewTraffic()
	key := "ew_live_" + strings.Repeat("k", 60)
	decide(traffic, edgeward.APIKeyUnknown, edgeward.Request{
		ID: "id", Method: strings.Repeat("M", 99), Path: "/\u202e\n/" + key, RawQuery: "token=planted", ClientIP: netip.MustParseAddr("2001:db8::7"),
	})
	decide(traffic, edgeward.APIKeyUnknown, edgeward.Request{Path: strings.Repeat("/a", 5000), ClientIP: netip.MustParseAddr("192.0.2.7")})
	decide(traffic, edgeward.MalformedRequest, edgeward.Request{})
	list := traffic.Refusals()
	r := list[2]
	if r.Network.String() != "2001:db8::/64" || r.Path != `/\u202e\n/[secret]` || len(r.Method) > 40 || r.Route != "/api/*" {
		t.Errorf("%+v", r)
	}
	if len(list[1].Path) > 300 || list[1].Network.String() != "192.0.2.7/32" || list[0].Network.IsValid() {
		t.Errorf("%+v", list[:2])
	}
}

// The hot path pays one addition.
func TestTrafficCostsWhoIsLetInNothing(t *testing.T) {
	traffic := telemetry.NewTraffic()
	r, d := &edgeward.Request{Path: "/api"}, &edgeward.Decision{Allow: true, Reason: edgeward.Authenticated}
	if n := testing.AllocsPerRun(100, func() { traffic.Decided(r, d, time.Now) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestDoorsTellBoth(t *testing.T) {
	doors := telemetry.Doors{Metrics: telemetry.NewMetrics("test", noState), Traffic: telemetry.NewTraffic()}
	doors.Decided(t.Context(), &edgeward.Request{Method: "GET"}, &edgeward.Decision{Reason: edgeward.NoRoute}, time.Millisecond)
	doors.PropagationDelay(time.Second)
	doors.Traffic.Sample(moment)
	if f := doors.Traffic.Flow(); len(f.Reasons) != 1 || len(f.Lags) != 1 || len(doors.Traffic.Refusals()) != 1 {
		t.Errorf("%+v", f)
	}
	wantLine(t, scrape(t, doors.Metrics), `edgeward_decisions_total{host="",method="GET",reason="no_route",route=""} 1`)
	wantLine(t, scrape(t, doors.Metrics), "edgeward_revocation_lag_seconds_count 1")
}

// A refusal by a rule says what was missing, and nothing of what the user has.
func TestARefusalSaysWhatARuleMissed(t *testing.T) {
	rule := allow.Of(allow.Alternative{Groups: []string{"hr", strings.Repeat("\u202e", 80)}})
	rule.Seal(func(_, detail string) { t.Error(detail) })
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s", Profile: &edgeward.Profile{Groups: []string{"sales"}}})
	if err != nil {
		t.Fatal(err)
	}
	traffic := telemetry.NewTraffic()
	err = rule.Judge(id, netip.Addr{}, moment).Err()
	traffic.Decided(&edgeward.Request{}, &edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err}, time.Now)
	said := traffic.Refusals()[0].Rule
	if !strings.HasPrefix(said, "this is missing: groups: [hr, ") || strings.Contains(said, "sales") || strings.Contains(said, "\u202e") || len(said) > 600 {
		t.Errorf("%q", said)
	}
}
