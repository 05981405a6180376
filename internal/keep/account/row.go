package account

import (
	"fmt"
	"slices"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/store"
)

const (
	rowVersion = 1
	// maxRow bounds a row in bytes: a profile of [edgeward.MaxProfile] with signs that
	// JSON escapes, and permissions.
	maxRow = 128 << 10
)

// row returns the account as it is kept.
func (a *Account) row() []byte {
	w := record.New(rowVersion)
	w.String("issuer", a.Issuer)
	w.String("subject", a.Subject)
	w.Strings("permissions", a.Permissions)
	w.Optional("username", a.Profile.Username)
	w.Optional("email", a.Profile.Email)
	w.Optional("name", a.Profile.Name)
	w.Strings("groups", a.Profile.Groups)
	if len(a.Profile.Claims) > 0 {
		w.Raw("claims", claims(a.Profile.Claims))
	}
	w.Int("changed", a.Changed)
	w.Time("checked", a.Checked)
	w.Time("told", a.told)
	if a.lost != 0 {
		w.Int("lost", a.lost)
	}
	return w.End()
}

// claims writes them in the order of their names.
func claims(all map[string][]string) []byte {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	var w strictjson.Writer
	for _, name := range names {
		w.Strings(name, all[name])
	}
	return w.End()
}

// open reads a row. It was sealed for its key: one that was moved to another user's is
// refused. Errors mean: could not tell.
func (a *Accounts) open(e store.Entry) (Account, error) {
	plain, err := a.seal.Open(e.Key, e.Value)
	if err != nil {
		return Account{}, err
	}
	return parse(plain)
}

// parse reads what row wrote.
func parse(plain []byte) (Account, error) {
	r, err := record.Read(plain, rowVersion)
	if err != nil {
		return Account{}, fmt.Errorf("account: row: %w", err)
	}
	p := edgeward.Profile{Groups: r.Strings("groups")}
	for _, field := range [...]struct {
		name string
		to   *string
	}{{"username", &p.Username}, {"email", &p.Email}, {"name", &p.Name}} {
		if r.Has(field.name) {
			*field.to = r.String(field.name)
		}
	}
	if r.Has("claims") {
		p.Claims = r.Lists("claims")
	}
	a := Account{
		Issuer: r.String("issuer"), Subject: r.String("subject"), Changed: r.Time("changed").UnixMilli(),
		Checked: r.Time("checked"), told: r.Time("told"),
	}
	permissions := r.Strings("permissions")
	if r.Has("lost") {
		a.lost = r.Time("lost").UnixMilli()
	}
	r.Require("changed", a.Changed > 0)
	r.Require("told", !a.told.IsZero())
	r.Require("checked", !a.Checked.IsZero())
	if err := r.Err(); err != nil {
		return Account{}, fmt.Errorf("account: row: %w", err)
	}
	a.Permissions, a.Profile, err = sealed(a.Issuer, a.Subject, permissions, &p)
	return a, err
}
