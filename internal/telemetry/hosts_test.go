package telemetry_test

import (
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/telemetry"
)

// A host is a label by the name that the configuration gives it; all others are
// one series, whatever a client asks for.
func TestHostsAreBoundedLabels(t *testing.T) {
	m, traffic := telemetry.NewMetrics("v1", noState), telemetry.NewTraffic()
	doors := telemetry.Doors{Metrics: m, Traffic: traffic}
	for _, d := range []edgeward.Decision{
		{Allow: true, Reason: edgeward.Public, Host: "grafana.example.com", Route: "/*"},
		{Reason: edgeward.NoRoute, Host: "*.preview.example.com"},
	} {
		doors.Decided(t.Context(), &edgeward.Request{Method: "GET", Host: "a.preview.example.com"}, &d, time.Millisecond)
	}
	for _, host := range []string{"x.example", "y.example", strings.Repeat("z", 253)} {
		doors.Decided(t.Context(), &edgeward.Request{Method: "GET", Host: host}, &edgeward.Decision{Reason: edgeward.UnknownHost}, time.Millisecond)
	}
	text := scrape(t, m)
	wantLine(t, text, `edgeward_decisions_total{host="grafana.example.com",method="GET",reason="public",route="/*"} 1`)
	wantLine(t, text, `edgeward_decisions_total{host="*.preview.example.com",method="GET",reason="no_route",route=""} 1`)
	wantLine(t, text, `edgeward_decisions_total{host="other",method="GET",reason="unknown_host",route=""} 3`)
	if n := strings.Count(text, "edgeward_decisions_total{"); n != 3 {
		t.Errorf("%d series", n)
	}
	if last := traffic.Refusals(); last[len(last)-1].Host != "*.preview.example.com" {
		t.Errorf("%+v", last)
	}
}

func TestTheLogNamesTheHost(t *testing.T) {
	line := through(t, telemetry.JSON, "/api/x", edgeward.Decision{Reason: edgeward.InsufficientScope, Host: "*.preview.example.com", Route: "/api/*"})
	if !strings.Contains(line, `"host":"*.preview.example.com","route":"/api/*"`) {
		t.Error(line)
	}
	line = through(t, telemetry.Pretty, "/api/x", edgeward.Decision{Reason: edgeward.InsufficientScope, Host: "*.preview.example.com", Route: "/api/*"})
	if !strings.Contains(line, " *.preview.example.com/api/x ") {
		t.Error(line)
	}
}
