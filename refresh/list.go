package refresh

import (
	"context"
	"errors"
	"strings"

	"github.com/edgeward/edgeward/store"
)

// ErrNoList says that the store cannot list.
var ErrNoList = errors.New("refresh: the store cannot list families")

// List returns up to limit families whose ids come after after, in the order of
// their ids' bytes, revoked and expired ones too, and the place to go on from,
// "" at the end. The limit is 1 to [store.MaxList]. Errors wrap [ErrNoList], or
// [edgeward.RefreshUnknown] when after is no id, or mean: could not tell.
func (f *Families) List(ctx context.Context, after string, limit int) (page []Family, next string, err error) {
	lister, can := f.store.(store.Lister)
	if !can {
		return nil, "", ErrNoList
	}
	if after != "" {
		id, ok := parseID(after)
		if !ok {
			return nil, "", errNoFamily
		}
		after = id.key()
	}
	rows, err := lister.List(ctx, prefix, after, limit)
	if err != nil {
		return nil, "", unavailable(err)
	}
	for _, row := range rows {
		id, _ := parseID(strings.TrimPrefix(row.Key, prefix)) // one that is none makes no family that parses
		family, err := parseRow(id, row.Value)
		if err != nil {
			return nil, "", unavailable(err)
		}
		page = append(page, family)
	}
	if len(rows) == limit {
		next = page[limit-1].ID
	}
	return page, next, nil
}
