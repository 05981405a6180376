package revocation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward/store"
)

// ErrPlace says that no page of a list ended there.
var ErrPlace = errors.New("revocation: no place in the list")

// List returns up to limit entries of a scope, of all scopes when that is "",
// from the store. It goes on after the place that the page before ended with;
// an empty next is the end; a place where no page can end is [ErrPlace], or who
// mistook it would see nothing revoked. A page can be shorter than limit, also when it is
// not the last. A store that cannot list is [store.ErrNoList].
func (l *Log) List(ctx context.Context, scope Scope, after string, limit int) (page []Entry, next string, err error) {
	lister, can := l.store.(store.Lister)
	if !can {
		return nil, "", fmt.Errorf("revocation: list: %w", store.ErrNoList)
	}
	under := prefix
	if scope != "" {
		if !scope.revokes() {
			return nil, "", fmt.Errorf("%w: scope %q is unknown", ErrEntry, scope)
		}
		under += string(scope) + "/"
	}
	if after != "" && (store.CheckKey(after) != nil || !strings.HasPrefix(after, under)) {
		return nil, "", ErrPlace
	}
	rows, err := lister.List(ctx, under, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("revocation: list: %w", err)
	}
	for _, row := range rows {
		if strings.HasPrefix(row.Key, beatPrefix) {
			continue
		}
		e, err := parse(row.Key, row.Value)
		if err != nil {
			return nil, "", err
		}
		if e.Scope.revokes() {
			page = append(page, e)
		}
	}
	if len(rows) == limit {
		next = rows[limit-1].Key
	}
	return page, next, nil
}
