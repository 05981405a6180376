package account

import (
	"context"
	"errors"
	"slices"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/store"
)

// maxPushed is how many sign-ins end by one that is new, where there are more from
// before: the bounds were others then.
const maxPushed = 20

// most is how many rows n sign-ins have: with the outcome "both" each gives two
// things, and has a row for each. Without a bound one person, at a provider that
// asks for nothing the second time, makes more sessions than a back-channel logout
// can end before the provider gives up.
func (h *handler) most(n int) int {
	if h.Outcome == issuance.GivesBoth {
		return 2 * n
	}
	return n
}

// crowd ends the oldest sign-ins of a person beyond the bounds, but not what was
// given just now: with a shorter lifetime than before that expires before older
// ones. A store that cannot list knows none of them.
func (h *handler) crowd(ctx context.Context, who issuance.By, s *login.SignIn, given []string) error {
	of, err := h.Login.Of(ctx, s.Issuer, s.Subject)
	if errors.Is(err, store.ErrNoList) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := h.push(ctx, who, s.Provider, of, h.most(h.Bounds.PerUser), given); err != nil || s.SID == "" {
		return err
	}
	linked, err := h.Login.Linked(ctx, s.Issuer, s.SID)
	if err != nil {
		return err
	}
	return h.push(ctx, who, s.Provider, linked, h.most(h.Bounds.PerSession), given)
}

// push ends so many of ids as are beyond most, the first ones, but none that was given
// just now: two sign-ins of one moment expire at the same time, in any order.
func (h *handler) push(ctx context.Context, who issuance.By, provider string, ids []string, most int, given []string) error {
	surplus := len(ids) - most
	ids = slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(given, id) })
	for _, id := range ids[:max(min(surplus, len(ids), maxPushed), 0)] {
		h.CrowdedOut(provider)
		if err := h.end(ctx, who, "crowded_out", id); err != nil {
			return err
		}
	}
	return nil
}
