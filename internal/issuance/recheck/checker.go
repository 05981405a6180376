package recheck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/keep/account"
	"github.com/edgeward/edgeward/internal/keep/cache"
	"github.com/edgeward/edgeward/internal/keep/grant"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/store"
)

// A Fresh is what a provider says of a user now.
type Fresh struct {
	Permissions []string
	Profile     edgeward.Profile
	// Grant is what asks the provider the next time, the zero Grant: the same. It is kept
	// also beside an error: the provider may have rotated the refresh token before
	// something else went wrong.
	Grant grant.Grant
}

// A Provider asks providers by what they gave at a sign-in. It is safe for concurrent
// use.
type Provider interface {
	// Refresh asks the provider of that name what it says of the user now. The error wraps
	// [ErrEnded] where the provider has ended the sign-in, [ErrCannot] where g has nothing
	// to ask it by; [ErrAnswer] where it answered, and that says nothing of the user; any
	// other means that it did not answer.
	Refresh(ctx context.Context, provider, issuer, subject string, g grant.Grant) (Fresh, error)
}

var (
	ErrEnded  = errors.New("recheck: the provider has ended the sign-in")
	ErrCannot = errors.New("recheck: there is nothing to ask the provider by")
	ErrAnswer = errors.New("recheck: the provider's answer says nothing of the user")
)

// Config is what a Checker is made of.
type Config struct {
	Queue     *Queue
	Authority *issuance.Authority // with accounts and sign-ins
	Grants    *grant.Grants
	Provider  Provider
	// Observe is told how each check went, one of Results, and at which provider; err says
	// why it came to nothing. nil ignores it.
	Observe func(provider, result string, err error)
	Now     func() time.Time // nil means time.Now
}

// Results of a check.
const (
	Same    = "same"    // nothing is different
	Changed = "changed" // something is, and nothing was lost
	Lost    = "lost"
	Ended   = "ended"   // the provider has ended the sign-in
	Refused = "refused" // the provider's answer says nothing of the user: nothing changes
	Unable  = "unable"  // no sign-in of the user has a token to ask by: nothing changes
	Failed  = "failed"  // the provider, or the store, did not answer: nothing changes
)

// A Checker checks the users of a queue. It is safe for concurrent use, and starts
// nothing.
type Checker struct {
	Config
	access *cache.Cache[*held]
}

// New returns a Checker.
func New(cfg Config) *Checker {
	if cfg.Observe == nil {
		cfg.Observe = func(string, string, error) {}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Checker{cfg, cache.New[*held](accessBytes, 0)}
}

const (
	// retryAfter is when who could not be checked, although the provider answers, is
	// checked again.
	retryAfter = time.Minute
	// busyAfter is when who is being checked by another node is looked at again.
	busyAfter = 5 * time.Second
	// maxSignIns bounds the sign-ins of a user that one check looks at.
	maxSignIns = 20
)

// Work checks the user who waits longest, and reports whether there was one. It
// returns when that is done: the check takes at most half a minute.
func (c *Checker) Work(ctx context.Context) bool {
	w, ok := c.Queue.take()
	if !ok {
		return false
	}
	ctx, done := issuance.Detached(ctx)
	defer done()
	result, err := c.check(ctx, &w)
	interval := c.Queue.intervals[w.Issuer]
	switch {
	case errors.Is(err, grant.ErrBusy):
		c.Queue.done(w, unasked, busyAfter, true)
		return true
	case result == "":
		// Another node has checked the user meanwhile, or nothing is known of them.
		c.Queue.done(w, unasked, interval, false)
		return true
	case result == Failed:
		c.Queue.done(w, silent, 0, true)
	case result == Unable:
		c.Queue.done(w, unasked, max(retryAfter, interval), true)
	case result == Refused, result == Ended:
		c.Queue.done(w, answered, min(retryAfter, interval), true)
	default:
		c.Queue.done(w, answered, interval, false)
	}
	c.Observe(c.nameOf(w.Issuer), result, err)
	return true
}

// nameOf returns the name of a provider.
func (c *Checker) nameOf(issuer string) string {
	for _, p := range c.Authority.SignIns.Providers() {
		if p.Issuer == issuer {
			return p.Name
		}
	}
	return ""
}

// check asks the provider about a user. "" says that there was no need to.
func (c *Checker) check(ctx context.Context, w *waiting) (result string, err error) {
	was, err := c.Authority.Accounts.Get(ctx, w.Issuer, w.Subject)
	switch {
	case errors.Is(err, account.ErrUnknown):
		return "", nil
	case err != nil:
		return Failed, err
	case c.Now().Sub(was.Checked) < c.Queue.intervals[w.Issuer]:
		return "", nil
	}
	signIns, err := c.signIns(ctx, w)
	if err != nil {
		return Failed, err
	}
	result = Unable
	for _, s := range signIns {
		result, err = c.by(ctx, s, &was)
		if result != Unable {
			return result, err
		}
	}
	return result, err
}

// A signIn is one of a user's.
type signIn struct {
	object string
	login.Record
}

// signIns returns the sign-ins of a user that have a grant: what is in use first, and
// then from the youngest on.
func (c *Checker) signIns(ctx context.Context, w *waiting) (all []signIn, err error) {
	names, err := c.Authority.SignIns.Of(ctx, w.Issuer, w.Subject)
	if err != nil && !errors.Is(err, store.ErrNoList) {
		return nil, err
	}
	seen := map[string]bool{"": true}
	add := func(object string) error {
		if seen[object] {
			return nil
		}
		seen[object] = true
		rec, err := c.Authority.SignIns.Recall(ctx, object)
		if errors.Is(err, login.ErrNoRecord) {
			return nil
		}
		if err != nil {
			return err
		}
		if rec.Issuer == w.Issuer && rec.Subject == w.Subject && rec.GrantID != "" && !seen[rec.GrantID] {
			seen[rec.GrantID] = true // outcome both: one sign-in, two records
			all = append(all, signIn{object, rec})
		}
		return nil
	}
	if err := add(w.object); err != nil {
		return nil, err
	}
	for i := len(names) - 1; i >= 0 && len(all) < maxSignIns; i-- {
		if err := add(names[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// by asks by one sign-in.
func (c *Checker) by(ctx context.Context, s signIn, was *account.Account) (string, error) {
	var said account.Said
	_, err := c.Grants.Refresh(ctx, s.GrantID, nil, func(ctx context.Context, now grant.Grant) (grant.Grant, error) {
		at := c.Now()
		fresh, err := c.Provider.Refresh(ctx, s.Provider, s.Issuer, s.Subject, now)
		if err == nil {
			said = account.Said{Issuer: s.Issuer, Subject: s.Subject, Permissions: fresh.Permissions, Profile: fresh.Profile, At: at}
		}
		return fresh.Grant, err
	})
	switch {
	case errors.Is(err, grant.ErrBusy):
		return Failed, err
	case errors.Is(err, ErrEnded):
		return Ended, errors.Join(err, c.end(ctx, &s))
	case errors.Is(err, ErrCannot), errors.Is(err, grant.ErrUnknown):
		return Unable, err
	case errors.Is(err, ErrAnswer):
		return Refused, err
	case err != nil:
		return Failed, err
	}
	now, err := c.Authority.Said(ctx, said)
	switch {
	case errors.Is(err, account.ErrGrant): // too many groups: who had some keeps them, and an operator reads why
		return Refused, err
	case err != nil:
		return Failed, err
	case now.Changed == was.Changed:
		return Same, nil
	case account.Loses(was, &now):
		return Lost, nil
	}
	return Changed, nil
}

// end ends a sign-in that the provider has ended, with all that came of it. All of it
// can be repeated: the records go last.
func (c *Checker) end(ctx context.Context, s *signIn) (err error) {
	by := issuance.By{Actor: "provider/" + s.Provider}
	all := append([]string{s.object}, s.With...)
	for _, object := range all {
		if err := c.Authority.EndObject(ctx, by, object, "provider_ended"); err != nil {
			return fmt.Errorf("recheck: %s may live on: %w", object, err)
		}
	}
	for _, object := range all {
		err = errors.Join(err, c.Authority.SignIns.Forget(ctx, object))
	}
	return errors.Join(err, c.Grants.Forget(ctx, s.GrantID))
}
