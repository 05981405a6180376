package admin

import (
	"context"
	"net/netip"

	"github.com/edgeward/edgeward/internal/issuance"
)

// listBans is GET /v1/bans.
func listBans(_ context.Context, c *call) (result, error) {
	after, limit := c.query.page()
	if err := c.end(); err != nil {
		return result{}, err
	}
	rows, next, err := c.Authority.ListBans(after, limit)
	if err != nil {
		return result{}, err
	}
	return result{document: page("bans", rows, next, showBan)}, nil
}

func showBan(b *issuance.Ban) []byte {
	var d document
	d.String("id", b.Source.Addr().String())
	d.String("source", b.Source.String())
	d.time("until", b.Until)
	return d.End()
}

// clearBan is DELETE /v1/bans/{id}. Any address of the source will do.
func clearBan(ctx context.Context, c *call) (result, error) {
	if err := c.end(); err != nil {
		return result{}, err
	}
	source, ok := sourceOf(c.id)
	if !ok {
		return result{}, errUnknown
	}
	return result{}, c.Authority.ClearBan(ctx, c.by, source)
}

// sourceOf returns the source that an address belongs to, as it is counted.
func sourceOf(text string) (netip.Prefix, bool) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	bits := 64
	if a = a.Unmap(); a.Is4() {
		bits = 32
	}
	source, err := a.Prefix(bits)
	return source, err == nil
}
