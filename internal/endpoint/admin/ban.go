package admin

import (
	"context"
	"net/netip"
	"time"
)

// A Ban is a source that guessed too often.
type Ban struct {
	ID     string       `json:"id"` // the first address of the source
	Source netip.Prefix `json:"source"`
	Until  time.Time    `json:"until"`
}

// Bans are a page of a list.
type Bans struct {
	Bans []Ban  `json:"bans"`
	Next string `json:"next,omitempty"` // where to go on; "" at the end
}

// listBans is GET /v1/bans.
func listBans(_ context.Context, c *call) (result, error) {
	after, limit := c.query.page()
	if err := c.end(); err != nil {
		return result{}, err
	}
	page, next, err := c.Authority.ListBans(after, limit)
	if err != nil {
		return result{}, err
	}
	list := Bans{Bans: make([]Ban, len(page)), Next: next}
	for i, b := range page {
		list.Bans[i] = Ban{ID: b.Source.Addr().String(), Source: b.Source, Until: b.Until.UTC()}
	}
	return result{document: list}, nil
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
