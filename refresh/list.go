package refresh

import (
	"context"

	"github.com/edgeward/edgeward/internal/keep/table"
)

// List returns up to limit families whose ids come after after, in the order of
// their ids' bytes, revoked and expired ones too, and the place to go on from,
// "" at the end. The limit is 1 to [store.MaxList]. Errors wrap [store.ErrNoList],
// or [edgeward.RefreshUnknown] when after is no id, or mean: could not tell.
func (f *Families) List(ctx context.Context, after string, limit int) (page []Family, next string, err error) {
	if _, ok := table.ParseID(after); !ok && after != "" {
		return nil, "", errNoFamily
	}
	rows, next, err := f.rows.Page(ctx, after, limit)
	if err != nil {
		return nil, "", err
	}
	for _, row := range rows {
		id, _ := table.ParseID(row.Key) // one that is none makes no family that parses
		family, err := parseRow(id, row.Value)
		if err != nil {
			return nil, "", f.rows.Unavailable(err)
		}
		page = append(page, family)
	}
	return page, next, nil
}
