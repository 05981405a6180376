package refresh

import (
	"context"
	"errors"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/store"
)

// attempts bounds how often a request tries against others who change the same
// family. Every conflict means that somebody else succeeded.
const attempts = 64

// errOvertaken says that the token was current when the request read the row,
// and two generations old when it came to write. A client that gave up waiting
// and went on does that, so it is no evidence of theft.
var errOvertaken = errors.New("refresh: overtaken by later refreshes of the family")

// An Result is what became of a refresh. Family is zero when Class is
// Undecided, Invalid or Unknown; Token is zero unless Class is Rotated or
// Repeated.
type Result struct {
	Class  Class
	Family Family
	Token  edgeward.Secret
}

// Refresh gives the successor of token. Errors wrap [edgeward.RefreshInvalid],
// RefreshUnknown, RefreshExpired, RefreshRevoked, RefreshReused or
// RefreshRolledBack, which are all one to the client; the outcome then says
// whose token it was. Any other error means: could not tell. Asking again with
// the same token is right then.
func (f *Families) Refresh(ctx context.Context, token edgeward.Secret, c edgeward.Client) (Result, error) {
	id, generation, err := f.open(token)
	if err != nil {
		return Result{Class: Invalid}, err
	}
	t := try{families: f, id: id, generation: generation, client: c}
	for range attempts {
		outcome, err := t.once(ctx)
		if outcome.Class != Undecided || err != nil {
			return outcome, err
		}
	}
	return Result{}, f.rows.Unavailable(store.ErrContended)
}

// A try is one request that reads and writes until nobody interferes.
type try struct {
	families   *Families
	id         familyID
	generation uint64
	client     edgeward.Client

	last Class // what it wanted to write last; Undecided when nothing
	lost error // how that write failed, when its outcome is unknown
}

// once reads, judges, and writes at most once. Without outcome and error it
// wants to be called again.
func (t *try) once(ctx context.Context) (Result, error) {
	f := t.families
	version, family, err := f.load(ctx, t.id)
	if errors.Is(err, edgeward.RefreshUnknown) {
		return Result{Class: Unknown}, err
	}
	if err != nil {
		return Result{}, err
	}
	class, err := f.judge(&family, t.generation)
	if err != nil {
		return Result{}, err
	}
	if t.lost != nil && class == Revoked && t.last.revokes() && family.RevocationReason == t.last.String() {
		class = t.last // our write got through after all: audited as what it was
		return f.answer(class, family)
	}
	if class != Rotated && !class.revokes() {
		return f.answer(class, family)
	}
	return t.write(ctx, version, family, class)
}

// write brings the family to the state that class asks for.
func (t *try) write(ctx context.Context, version store.Version, family Family, class Class) (Result, error) {
	if t.lost != nil {
		return Result{}, t.families.rows.Unavailable(t.lost) // nothing shows that it happened; the store is in trouble
	}
	if t.last == Rotated && class == Reused {
		return Result{}, t.families.rows.Unavailable(errOvertaken)
	}
	f := t.families
	t.last = class
	next := family.after(class, t.client, f.clock.Now())
	_, err := f.rows.Replace(ctx, f.rows.Key(family.ID), version, next.row(), next.keptUntil())
	if err == nil {
		return f.answer(class, next)
	}
	if !errors.Is(err, store.ErrConflict) {
		t.lost = err // unknown outcome: the row tells
	}
	return Result{}, nil
}

// answer makes an outcome of what is known for good.
func (f *Families) answer(class Class, family Family) (Result, error) {
	if !class.grants() {
		return Result{Class: class, Family: family}, class.refusal()
	}
	id, _ := table.ParseID(family.ID)
	return Result{class, family, f.token(id, family.Generation)}, nil
}

// judge is [Family.judge] with what others know.
func (f *Families) judge(family *Family, generation uint64) (Class, error) {
	class := family.judge(generation, f.clock.Now(), f.grace)
	if class == Revoked || class == Expired {
		return class, nil
	}
	revoked, err := f.revoked(family)
	switch {
	case err != nil:
		return Undecided, f.rows.Unavailable(err)
	case revoked:
		return Revoked, nil
	}
	return class, nil
}

// load reads a family's row. The error wraps RefreshUnknown, or means: could
// not tell.
func (f *Families) load(ctx context.Context, id familyID) (store.Version, Family, error) {
	entry, err := f.rows.Read(ctx, id.String(), errNoFamily)
	if err != nil {
		return 0, Family{}, err
	}
	family, err := parseRow(id, entry.Value)
	if err != nil {
		return 0, Family{}, f.rows.Unavailable(err)
	}
	return entry.Version, family, nil
}
