package console

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/telemetry"
)

// overviewData is what the live part of the overview shows.
type overviewData struct {
	At       time.Time
	Trouble  []string // what requests wait for; empty when ready
	Degraded []string // what does not make the node unready, but the routes of an issuer
	State    telemetry.State
	Rate     rates
	Chart    chart
	Reasons  []reasonRow
	Lag      lag
	Store    []storeRow
}

// rates are decisions a second over the last ten seconds.
type rates struct {
	All, Allowed, Refused, Unavailable float64
	Known                              bool // two samples were taken
}

// A lag is how late this node heard of revocations.
type lag struct {
	Known       bool
	Last, Worst time.Duration // of the last few
}

// A reasonRow is a reason with its share of the largest.
type reasonRow struct {
	telemetry.ReasonCount
	Code, Text, Kind string
	Share            float64 // 0 to 100, for the bar
}

// A storeRow is one operation of the store that could not tell.
type storeRow struct {
	Operation string
	Errors    uint64
}

// overview is GET /console.
func overview(_ context.Context, x *exchange) (answer, error) {
	return answer{name: "overview", title: "Overview", data: x.overview()}, nil
}

// overviewLive is GET /console/live: the part of the overview that moves.
func overviewLive(_ context.Context, x *exchange) (answer, error) {
	return answer{name: "overview-live", data: x.overview()}, nil
}

func (x *exchange) overview() overviewData {
	flow := x.Traffic.Flow()
	d := overviewData{At: x.Now(), State: x.State(), Rate: ratesOf(flow.Seconds), Chart: chartOf(flow.Seconds), Reasons: reasonRows(flow.Reasons)}
	if err := x.Ready(); err != nil {
		d.Trouble = strings.Split(err.Error(), "\n") // as errors.Join joins them
	} else if x.Degraded != nil {
		for _, err := range x.Degraded() {
			d.Degraded = append(d.Degraded, err.Error())
		}
	}
	if n := len(flow.Lags); n > 0 {
		d.Lag = lag{Known: true, Last: flow.Lags[n-1], Worst: slices.Max(flow.Lags)}
	}
	if m := d.State.Memory; m != nil {
		for operation, n := range m.StoreErrors {
			if n > 0 {
				d.Store = append(d.Store, storeRow{operation, n})
			}
		}
		slices.SortFunc(d.Store, func(a, b storeRow) int { return cmp.Compare(a.Operation, b.Operation) })
	}
	return d
}

func ratesOf(all []telemetry.Second) (r rates) {
	last := all[max(len(all)-10, 0):]
	if len(last) == 0 {
		return r
	}
	var sum telemetry.Second
	for _, s := range last {
		sum.Allowed += s.Allowed
		sum.Refused += s.Refused
		sum.Unavailable += s.Unavailable
	}
	n := float64(len(last))
	return rates{float64(sum.Total()) / n, float64(sum.Allowed) / n, float64(sum.Refused) / n, float64(sum.Unavailable) / n, true}
}

func reasonRows(counts []telemetry.ReasonCount) []reasonRow {
	rows := make([]reasonRow, len(counts))
	var most uint64 = 1
	for _, c := range counts {
		most = max(most, c.Ever)
	}
	for i, c := range counts {
		rows[i] = reasonRow{c, c.Reason.Error(), c.Reason.Explanation(), kindOf(c), 100 * float64(c.Ever) / float64(most)}
	}
	slices.SortStableFunc(rows, func(a, b reasonRow) int { return cmp.Compare(b.Ever, a.Ever) })
	return rows
}

// kindOf names what a reason comes to, also as the class that colours it.
func kindOf(c telemetry.ReasonCount) string {
	switch status := c.Reason.Status(); {
	case status < 400:
		return "allowed"
	case status < 500:
		return "refused"
	default:
		return "unknown"
	}
}
