package account

import (
	"context"
	"errors"
	"slices"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/store"
)

// How many sign-ins live at a time, counted by what they gave: with the outcome
// "both" each counts twice. The oldest end where there are more. Without a bound
// one person, at a provider that asks for nothing the second time, makes more
// sessions than a back-channel logout can end before the provider gives up.
const (
	maxLinked = 20  // of one session at the provider: most have one browser
	maxOf     = 200 // of one person
	maxPushed = 20  // that end by one sign-in, where there are more from before
)

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
	if err := h.push(ctx, who, of, maxOf, given); err != nil || s.SID == "" {
		return err
	}
	linked, err := h.Login.Linked(ctx, s.Issuer, s.SID)
	if err != nil {
		return err
	}
	return h.push(ctx, who, linked, maxLinked, given)
}

// push ends the first of ids beyond most.
func (h *handler) push(ctx context.Context, who issuance.By, ids []string, most int, given []string) error {
	surplus := slices.DeleteFunc(ids[:max(len(ids)-most, 0)], func(id string) bool { return slices.Contains(given, id) })
	for _, id := range surplus[:min(len(surplus), maxPushed)] {
		if err := h.end(ctx, who, "crowded_out", id); err != nil {
			return err
		}
	}
	return nil
}
