package issuance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
)

// CreatePersonalToken makes a personal token for the user that g names, who is the
// one that asks, and returns it, once: see [apikey.Keys.CreatePersonal]. Tokens that
// were revoked by their user or issuer leave their places first. The error wraps
// ErrState where there are most already.
func (a *Authority) CreatePersonalToken(ctx context.Context, by By, g apikey.Grant, most int) (edgeward.Secret, apikey.Key, error) {
	if a.APIKeys == nil {
		return edgeward.Secret{}, apikey.Key{}, unsupported("API keys (key api_keys of the configuration)")
	}
	ctx, done := Detached(ctx)
	defer done()
	if err := a.clearPersonal(ctx, g.Issuer, g.Subject); err != nil {
		return edgeward.Secret{}, apikey.Key{}, err
	}
	secret, key, err := a.APIKeys.CreatePersonal(ctx, g, most)
	if err != nil {
		return edgeward.Secret{}, apikey.Key{}, translate(err)
	}
	a.record(ctx, by, Record{
		Action: "personal_token.create", Object: personalObject + key.ID, Subject: key.Subject, Scopes: strings.Join(key.Permissions, " "),
	})
	return secret, key, nil
}

// PersonalTokenRefused tells the audit log of a personal token that is genuine, of the
// user that limits name, and was refused: see [Authority.Refused].
func (a *Authority) PersonalTokenRefused(ctx context.Context, r *edgeward.Request, limits *edgeward.Identity, err error) {
	by := By{Actor: "client", RequestID: r.ID, Client: r.ClientIP, UserAgent: r.Header.First("User-Agent")}
	a.Refused(ctx, by, Record{Action: "personal_token.refused", Object: personalObject + limits.APIKey, Subject: limits.Subject}, err)
}

// personalObject is what the names of personal tokens begin with, in the audit log.
const personalObject = "personal_token/"

// PersonalTokens lists the personal tokens of a user that are alive.
func (a *Authority) PersonalTokens(ctx context.Context, issuer, subject string) ([]apikey.Key, error) {
	alive, _, err := a.personalTokens(ctx, issuer, subject)
	return alive, err
}

// personalTokens tells those that the revocation log has ended from the others.
func (a *Authority) personalTokens(ctx context.Context, issuer, subject string) (alive, ended []apikey.Key, err error) {
	if a.APIKeys == nil {
		return nil, nil, unsupported("API keys (key api_keys of the configuration)")
	}
	all, err := a.APIKeys.ListPersonal(ctx, issuer, subject)
	if err != nil {
		return nil, nil, translate(err)
	}
	for _, k := range all {
		id, err := edgeward.NewIdentity(edgeward.Identity{
			Issuer: k.Issuer, Subject: k.Subject, Method: apikey.MethodPersonal, APIKey: k.ID, IssuedAt: k.Created, Expires: k.Expires,
		})
		if err != nil {
			return nil, nil, fmt.Errorf("issuance: personal token %s: %v", k.ID, err) // its Reason speaks of tokens: not wrapped
		}
		switch err := a.Revocations.Check(id); {
		case errors.Is(err, edgeward.CredentialRevoked):
			ended = append(ended, k)
		case err != nil:
			return nil, nil, err
		default:
			alive = append(alive, k)
		}
	}
	return alive, ended, nil
}

// clearPersonal ends the rows of a user's tokens that are revoked already.
func (a *Authority) clearPersonal(ctx context.Context, issuer, subject string) error {
	_, ended, err := a.personalTokens(ctx, issuer, subject)
	for i := range ended {
		if err == nil {
			err = translate(a.APIKeys.Revoke(ctx, ended[i].ID))
		}
	}
	return err
}

// EndPersonalToken ends a personal token of that user on every node, for good. The
// error wraps ErrUnknown where the user has none of that id that is alive, or means
// that it may live on.
func (a *Authority) EndPersonalToken(ctx context.Context, by By, issuer, subject, id, reason string) error {
	all, err := a.PersonalTokens(ctx, issuer, subject)
	if err != nil {
		return err
	}
	for i := range all {
		if all[i].ID == id {
			return a.RevokeAPIKey(ctx, by, id, reason)
		}
	}
	return ErrUnknown
}

// maxPersonalRounds bounds how often one request looks again for tokens to end: one
// may be made meanwhile.
const maxPersonalRounds = 10

// EndPersonalTokens ends all personal tokens of a user on every node, and says how
// many were alive. Without an issuer it is the subject of every sign-in provider. An
// error means that some may live on.
func (a *Authority) EndPersonalTokens(ctx context.Context, by By, issuer, subject, reason string) (ended int, err error) {
	ctx, done := Detached(ctx)
	defer done()
	if issuer != "" {
		return a.endPersonal(ctx, by, issuer, subject, reason)
	}
	var issuers []string
	for _, p := range a.providers() {
		if slices.Contains(issuers, p.Issuer) {
			continue
		}
		issuers = append(issuers, p.Issuer)
		n, err := a.endPersonal(ctx, by, p.Issuer, subject, reason)
		if ended += n; err != nil {
			return ended, err
		}
	}
	return ended, nil
}

func (a *Authority) endPersonal(ctx context.Context, by By, issuer, subject, reason string) (ended int, err error) {
	for range maxPersonalRounds {
		all, err := a.PersonalTokens(ctx, issuer, subject)
		if err != nil || len(all) == 0 {
			return ended, err
		}
		for i := range all {
			if err := a.RevokeAPIKey(ctx, by, all[i].ID, reason); err != nil && !errors.Is(err, ErrUnknown) {
				return ended, err
			}
			ended++
		}
	}
	return ended, errors.New("issuance: personal tokens are made faster than they end")
}
