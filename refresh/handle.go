package refresh

import (
	"context"
	"slices"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/hosthandle"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/store"
)

// Handle returns the cookie value by which a browser proves the family at one
// host, a name as in [edgeward.Request.Host]; its port means nothing, as to
// cookies. It gives access tokens and never rotates: it is no token, and
// [Families.Refresh] refuses it. It does no I/O: a handle is worth what the family
// is worth. ok is false for what is no id or no name.
func (f *Families) Handle(family, host string) (value edgeward.Secret, ok bool) {
	id, ok := table.ParseID(family)
	if !ok {
		return edgeward.Secret{}, false
	}
	return hosthandle.Make(f.keys[0], hosthandle.OfFamily, id, canonical.Hostname(host), f.clock.Now())
}

// FamilyAt is [Families.FamilyOf] for what a browser brought to host: also for a
// handle of that host.
func (f *Families) FamilyAt(value edgeward.Secret, host string) (string, error) {
	if !hosthandle.Is(value) {
		return f.FamilyOf(value)
	}
	id, ok := hosthandle.Open(f.keys, hosthandle.OfFamily, value, canonical.Hostname(host))
	if !ok {
		return "", errInvalid
	}
	return id.String(), nil
}

// IntrospectAt is [Families.Introspect] for what a browser brought to host: also
// for a handle of that host, whose use the row notes, once a host. Errors are those
// of Introspect.
func (f *Families) IntrospectAt(ctx context.Context, value edgeward.Secret, host string) (Family, error) {
	if !hosthandle.Is(value) {
		return f.Introspect(ctx, value)
	}
	id, err := f.FamilyAt(value, host)
	if err != nil {
		return Family{}, err
	}
	family, version, err := f.living(ctx, id)
	if err != nil {
		return Family{}, err
	}
	f.note(ctx, &family, version, canonical.Hostname(host))
	return family, nil
}

// Living returns a family that is alive: a refresh by its current token would
// succeed. Errors are those of [Families.Introspect].
func (f *Families) Living(ctx context.Context, family string) (Family, error) {
	living, _, err := f.living(ctx, family)
	return living, err
}

func (f *Families) living(ctx context.Context, family string) (Family, store.Version, error) {
	id, ok := table.ParseID(family)
	if !ok {
		return Family{}, 0, errNoFamily
	}
	version, living, err := f.load(ctx, id)
	if err != nil {
		return Family{}, 0, err
	}
	class, err := f.judge(&living, living.Generation)
	if err != nil {
		return Family{}, 0, err
	}
	if !class.grants() {
		return Family{}, 0, class.refusal()
	}
	return living, version, nil
}

// note writes down that a family is used at host, unless the row says so or is
// full. It refuses nothing: where another change is faster, the next use notes it.
func (f *Families) note(ctx context.Context, family *Family, version store.Version, host string) {
	if hosthandle.Noted(family.Hosts, host) {
		return
	}
	noted := *family
	noted.Hosts = append(slices.Clone(family.Hosts), host)
	if row := noted.row(); len(row) <= maxRow {
		if _, err := f.rows.Replace(ctx, f.rows.Key(family.ID), version, row, noted.keptUntil()); err == nil {
			*family = noted
		}
	}
}
