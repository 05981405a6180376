package devsystem

import (
	"context"
	"errors"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
)

const (
	// devKeyName marks the API keys that die with dev.
	devKeyName = "made by edgeward dev"
	devMachine = "robot"
	// devFarewell bounds how long dev takes to take its credentials back.
	devFarewell = 3 * time.Second
)

var devBy = issuance.By{Actor: "cli"}

// ownCredentials are those that the gateway itself gave, in clear: dev shows
// them to whoever started it.
type ownCredentials struct {
	adminKey, apiKey string
	session          string // name=value
	refresh          string

	sessions, families []string // public ids, of all that were made
}

// open makes all of them. Keys that a killed dev left behind end first.
func (o *ownCredentials) open(ctx context.Context, d *system) error {
	a := d.authority()
	err := endKeys(ctx, a)
	if err == nil {
		o.adminKey, err = makeKey(ctx, a, "operator", []string{adminscope.Admin})
	}
	if err == nil {
		o.apiKey, err = makeKey(ctx, a, devMachine, devScopes)
	}
	if err == nil {
		err = o.renew(ctx, d)
	}
	return err
}

func makeKey(ctx context.Context, a *issuance.Authority, subject string, scopes []string) (string, error) {
	key, _, err := a.CreateAPIKey(ctx, devBy, apikey.Grant{Subject: subject, Name: devKeyName, Permissions: scopes})
	return key.Reveal(), err
}

// renew makes another session and another pair for alice; the old ones live on.
func (o *ownCredentials) renew(ctx context.Context, d *system) error {
	a := d.authority()
	value, s, err := a.CreateSession(ctx, devBy, session.Grant{Subject: devSubject, Permissions: devScopes})
	if err != nil {
		return err
	}
	o.session = d.gateway.System().Config.Sessions.Cookie + "=" + value.Reveal()
	o.sessions = append(o.sessions, s.ID)
	pair, err := a.MintPair(ctx, devBy, issuance.Grant{Subject: devSubject, Permissions: devScopes}, edgeward.Client{})
	if err != nil {
		return err
	}
	o.refresh = pair.RefreshToken.Reveal()
	o.families = append(o.families, pair.Family)
	return nil
}

// end takes all of them back: what was on the screen dies with dev.
func (o *ownCredentials) end(d *system) error {
	ctx, cancel := context.WithTimeout(context.Background(), devFarewell)
	defer cancel()
	a := d.authority()
	err := endKeys(ctx, a)
	for _, id := range o.sessions {
		err = errors.Join(err, ended(a.EndSession(ctx, devBy, id, "")))
	}
	for _, id := range o.families {
		err = errors.Join(err, ended(a.RevokeFamily(ctx, devBy, id, "")))
	}
	return err
}

// ended says that what is not there has ended.
func ended(err error) error {
	if errors.Is(err, issuance.ErrUnknown) {
		return nil
	}
	return err
}

func endKeys(ctx context.Context, a *issuance.Authority) error {
	for after := ""; ; {
		page, next, err := a.ListAPIKeys(ctx, after, store.MaxList)
		if err != nil {
			return err
		}
		for i := range page {
			if page[i].Name != devKeyName || !page[i].Revoked.IsZero() {
				continue
			}
			if err := a.RevokeAPIKey(ctx, devBy, page[i].ID, ""); err != nil {
				return err
			}
		}
		if after = next; next == "" {
			return nil
		}
	}
}

func (d *system) authority() *issuance.Authority { return d.gateway.System().Authority }
