package console

import (
	"context"
	"net/netip"

	"github.com/edgeward/edgeward/internal/issuance"
)

type bansData struct {
	Bans []issuance.Ban
	Next string // link to what follows
}

// listBans is GET /console/bans.
func listBans(_ context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	page, next, err := x.Authority.ListBans(f["after"], pageSize)
	if err != nil {
		return answer{}, err
	}
	d := bansData{Bans: page}
	if next != "" {
		d.Next = link(bansPath, "after", next)
	}
	return answer{name: "bans", title: "Bans", data: d}, nil
}

// askClearBan is GET /console/bans/clear.
func askClearBan(_ context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	source, err := netip.ParsePrefix(f["source"])
	if err != nil {
		return answer{}, issuance.ErrUnknown
	}
	return ask(question{
		Head: "Lift this ban?", Text: "Clients behind that network may try credentials again at once, on this node and on those that share its counts.",
		Facts:  []fact{{"Network", source.String()}},
		Fields: []fact{{"source", source.String()}}, Do: "Lift ban", Back: bansPath, Action: bansPath + "/clear",
	}), nil
}

// clearBan is POST /console/bans/clear.
func clearBan(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.form()
	if err != nil {
		return answer{}, err
	}
	source, err := netip.ParsePrefix(f["source"])
	if err != nil {
		return answer{}, issuance.ErrUnknown
	}
	if err := x.Authority.ClearBan(ctx, x.by(), source); err != nil {
		return answer{}, err
	}
	return done(bansPath, "ban-cleared"), nil
}
