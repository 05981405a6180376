package issuance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
)

// A search finds what a target holds, and counts what of it is alive.
type search struct {
	a *Authority
	Target
	accounts []named
	known    bool // something of theirs was found, dead or alive: a revocation that broke off is repeated
	Ended
}

// run looks through the store. A session of the subject whose issuer is none
// that is accepted adds an account, unless the target names an issuer. What the
// store cannot list is neither found nor counted.
func (s *search) run(ctx context.Context) error {
	return errors.Join(s.sessions(ctx), s.families(ctx), s.apiKeys(ctx), s.consoles(ctx))
}

func (s *search) names(issuer, subject string) bool {
	named := slices.Contains(s.accounts, named{issuer, subject})
	s.known = s.known || named
	return named
}

func (s *search) sessions(ctx context.Context) error {
	if s.a.Sessions == nil {
		return nil
	}
	page := func(after string) ([]session.Session, string, error) {
		if s.Issuer != "" {
			return s.a.Sessions.ListBySubject(ctx, s.Issuer, s.Subject, after, store.MaxList)
		}
		return s.a.Sessions.List(ctx, after, store.MaxList)
	}
	return each(page, func(found *session.Session) error {
		if s.Issuer == "" && found.Subject == s.Subject && !s.names(found.Issuer, found.Subject) {
			s.accounts = append(s.accounts, named{found.Issuer, found.Subject})
		}
		if !s.names(found.Issuer, found.Subject) {
			return nil
		}
		gone, err := s.a.revoked(found)
		if err == nil && !gone {
			s.Sessions++
		}
		return err
	})
}

func (s *search) families(ctx context.Context) error {
	if s.a.Families == nil {
		return nil
	}
	now, gone := s.a.clock.Now(), FamilyRevoked(s.a.Revocations)
	page := func(after string) ([]refresh.Family, string, error) {
		return s.a.Families.List(ctx, after, store.MaxList)
	}
	return each(page, func(f *refresh.Family) error {
		if !s.names(f.Issuer, f.Subject) || !f.RevokedAt.IsZero() || !now.Before(f.Expires) {
			return nil
		}
		over, err := gone(f)
		if err == nil && !over {
			s.Families++
		}
		return err
	})
}

func (s *search) apiKeys(ctx context.Context) error {
	if s.a.APIKeys == nil {
		return nil
	}
	now, issuer := s.a.clock.Now(), s.a.APIKeys.Issuer()
	page := func(after string) ([]apikey.Key, string, error) {
		return s.a.APIKeys.List(ctx, after, store.MaxList)
	}
	return each(page, func(k *apikey.Key) error {
		vouches := cmp.Or(k.Issuer, issuer) // of a personal token its user's provider
		if !s.names(vouches, k.Subject) || !k.Revoked.IsZero() || !k.Expires.IsZero() && !now.Before(k.Expires) {
			return nil
		}
		method := apikey.Method
		if k.Personal() {
			method = apikey.MethodPersonal
		}
		return s.count(&s.APIKeys, edgeward.Identity{
			Issuer: vouches, Subject: k.Subject, Method: method, Permissions: k.Permissions, APIKey: k.ID, IssuedAt: k.Created,
		})
	})
}

// consoles counts sign-ins at the console, by the records that they have left.
func (s *search) consoles(ctx context.Context) error {
	now := s.a.clock.Now()
	for _, who := range s.accounts {
		objects, err := s.a.consolesOf(ctx, who)
		if err != nil {
			return err
		}
		for _, object := range objects {
			s.known = true
			id := edgeward.Identity{Issuer: who.issuer, Subject: who.subject, Method: MethodConsole, Session: object, IssuedAt: now}
			if err := s.count(&s.Consoles, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// consolesOf names the sign-ins of a user at the console, as far as the store
// can list them.
func (a *Authority) consolesOf(ctx context.Context, who named) ([]string, error) {
	if a.SignIns == nil {
		return nil, nil
	}
	all, err := a.SignIns.Of(ctx, who.issuer, who.subject)
	if errors.Is(err, store.ErrNoList) {
		return nil, nil
	}
	all = slices.DeleteFunc(all, func(object string) bool { return !strings.HasPrefix(object, ConsoleObject) })
	slices.Sort(all)
	return slices.Compact(all), err
}

// count adds one to n if what is alive, and is about to end.
func (s *search) count(n *int, what edgeward.Identity) error {
	id, err := edgeward.NewIdentity(what)
	if err != nil {
		return fmt.Errorf("issuance: %s%s: %v", what.APIKey, what.Session, err) // its Reason speaks of tokens: not wrapped
	}
	switch err := s.a.Revocations.Check(id); {
	case errors.Is(err, edgeward.CredentialRevoked):
		return nil
	case err != nil:
		return err
	}
	if s.Scope != revocation.Logout || !ExemptFromLogout(id) {
		*n++
	}
	return nil
}

// each calls do for every member of a list that comes in pages. A store that
// cannot list has none.
func each[T any](page func(after string) ([]T, string, error), do func(*T) error) error {
	for after := ""; ; {
		all, next, err := page(after)
		if errors.Is(err, store.ErrNoList) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range all {
			if err := do(&all[i]); err != nil {
				return err
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}
