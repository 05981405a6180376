package refresh

import (
	"context"
	"errors"
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/store"
)

const maxBecause = 64

// Revoke ends a family for good. nil means that the row says so; a family that
// was revoked before keeps its first reason. because is a code of up to 64
// bytes, as in scope-tokens ("logout"). An error that wraps
// [edgeward.RefreshUnknown] says that there is no such family; any other means
// that it may live on.
func (f *Families) Revoke(ctx context.Context, family, because string) error {
	if len(because) > maxBecause || !edgeward.IsScopeToken(because) {
		return errors.New("refresh: revoking needs a code that says why")
	}
	id, ok := table.ParseID(family)
	if !ok {
		return errNoFamily
	}
	var lost error
	for range attempts {
		version, row, err := f.load(ctx, id)
		if err != nil || row.isRevoked() {
			return err
		}
		if lost != nil {
			return f.rows.Unavailable(lost) // unknown, and nothing shows that it happened
		}
		next := row.revoked(because, f.clock.Now())
		_, err = f.rows.Replace(ctx, f.rows.Key(family), version, next.row(), next.keptUntil())
		if err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			lost = err
		}
	}
	return f.rows.Unavailable(store.ErrContended)
}

var errNoFamily = fmt.Errorf("refresh: no such family: %w", edgeward.RefreshUnknown)

// Peek returns a family as it stands, revoked and expired ones too. Errors are
// those of [Families.Revoke].
func (f *Families) Peek(ctx context.Context, family string) (Family, error) {
	id, ok := table.ParseID(family)
	if !ok {
		return Family{}, errNoFamily
	}
	_, row, err := f.load(ctx, id)
	return row, err
}

// Introspect returns the family of a token that [Families.Refresh] would give a
// successor for now (RFC 7662). It writes nothing, and nothing it sees revokes.
// Errors are those of Refresh.
func (f *Families) Introspect(ctx context.Context, token edgeward.Secret) (Family, error) {
	id, generation, err := f.open(token)
	if err != nil {
		return Family{}, err
	}
	_, family, err := f.load(ctx, id)
	if err != nil {
		return Family{}, err
	}
	class, err := f.judge(&family, generation)
	if err != nil {
		return Family{}, err
	}
	if !class.grants() {
		return Family{}, class.refusal()
	}
	return family, nil
}
