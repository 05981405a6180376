package console

import (
	"context"

	"github.com/edgeward/edgeward/internal/telemetry"
)

type refusalsData struct {
	Filter   string // a reason; "" for all
	Reasons  []string
	Refusals []telemetry.Refusal
	Live     string // where the list is asked for again
}

// showRefusals is GET /console/refusals.
func showRefusals(_ context.Context, x *exchange) (answer, error) {
	return x.refusals("refusals")
}

// refusalsLive is GET /console/refusals/live: the list alone.
func refusalsLive(_ context.Context, x *exchange) (answer, error) {
	return x.refusals("refusals-live")
}

func (x *exchange) refusals(template string) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	d := refusalsData{Filter: f["reason"], Live: link(liveRefusalsPath, "reason", f["reason"])}
	seen := map[string]bool{}
	for _, r := range x.Traffic.Refusals() {
		code := r.Reason.Error()
		if !seen[code] {
			seen[code] = true
			d.Reasons = append(d.Reasons, code)
		}
		if d.Filter == "" || d.Filter == code {
			d.Refusals = append(d.Refusals, r)
		}
	}
	return answer{name: template, title: "Refusals", data: d}, nil
}
