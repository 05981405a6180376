package account

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// maxDevices bounds what a page lists, and what "end all others" ends between two
// looks: who has more than some thousands leaves everywhere instead.
const maxDevices = 200

// maxLooked bounds what is read for a page: what "log out everywhere" has ended
// lies in the store until its time, and a user who signs in and out by a program
// would have all of it read for every page.
const maxLooked = 5 * maxDevices

// maxSought bounds the same where all others are to end. Who has more leaves
// everywhere, and is notified that some may live on.
const maxSought = 50 * maxDevices

// A device is a browser that a user is signed in with.
type device struct {
	Object  string // the session, or the refresh family: its name in the audit log
	Agent   string // as it names itself
	Address string // "" when unknown
	Created time.Time
	Seen    time.Time
	Here    bool
	Hosts   []string // where it was used beside the login's own
}

// errElsewhere is the refusal to change at a host what is the login's origin's.
var errElsewhere = fmt.Errorf("account: sessions are ended at the login's own origin: %w", edgeward.NoRoute)

// sessions is GET /auth/sessions. Where else a user is, and from which addresses, is
// for no page of a host: a script there could read it.
func (h *handler) sessions(ctx context.Context, x *exchange, r *edgeward.Request) error {
	if x.away() {
		return x.seeOther(h.Login.Origin() + h.Prefix.Sessions())
	}
	q, err := form.Parse(r.RawQuery)
	if err != nil {
		return err
	}
	v, err := x.visitor(ctx, r)
	if err != nil {
		return err
	}
	if x.Identity == nil {
		if problem.ShowsPage(r) {
			return x.seeOther(h.loginPath("", h.Prefix.Sessions()))
		}
		return errNobody
	}
	person, err := h.person(ctx, &v)
	if err != nil {
		return err
	}
	devices, more, err := h.devices(ctx, &v, &person, maxLooked)
	if err != nil {
		return err
	}
	tokens, err := h.tokens(ctx, x, &person)
	if err != nil {
		return err
	}
	return x.show(x.sessionsPage(&person, devices, more, q["ended"] == "1", tokens))
}

// changeSessions is POST /auth/sessions: end=<name> ends one, others=1 all but the
// browser's own; for what else it does see changeTokens.
func (h *handler) changeSessions(ctx context.Context, x *exchange, r *edgeward.Request) error {
	if x.away() {
		return errElsewhere
	}
	f, err := x.Form(maxForm)
	if err != nil {
		return err
	}
	asked := 0
	for _, is := range [...]bool{f["end"] != "", f["others"] == "1", f["token"] != "", f["tokens"] == "end", f["make"] == "1"} {
		if is {
			asked++
		}
	}
	if asked != 1 {
		return malformed("one of: end names a session, others is 1, token names a personal token, tokens is end, make is 1")
	}
	v, err := x.visitor(ctx, r)
	if err != nil {
		return problem.Undecided(err, problem.LogoutUnknown)
	}
	if x.Identity == nil {
		x.LoginURL = x.Origin() + h.loginPath("", h.Prefix.Sessions())
		return errNobody
	}
	person, err := h.person(ctx, &v)
	if err != nil {
		return problem.Undecided(err, problem.LogoutUnknown)
	}
	ctx, done := issuance.Detached(ctx)
	defer done()
	if f["end"] == "" && f["others"] == "" {
		return h.changeTokens(ctx, x, r, &person, f)
	}
	if name := f["end"]; name != "" {
		return h.endDevice(ctx, x, r, &v, &person, name)
	}
	if err := h.endOthers(ctx, x.By(), &v, &person); err != nil {
		return problem.Undecided(err, problem.LogoutUnknown)
	}
	return x.done(r, h.Prefix.Sessions()+"?ended=1")
}

// endDevice ends the device of that name. What is not among one's own does not
// exist.
func (h *handler) endDevice(ctx context.Context, x *exchange, r *edgeward.Request, v *browser.Visitor, p *person, name string) error {
	devices, _, err := h.devices(ctx, v, p, maxLooked)
	if err != nil {
		return problem.Undecided(err, problem.LogoutUnknown)
	}
	at := slices.IndexFunc(devices, func(d device) bool { return d.Object == name })
	if at < 0 {
		return errNotFound
	}
	if err := h.end(ctx, x.By(), "ended_by_owner", name); err != nil {
		return problem.Undecided(err, problem.LogoutUnknown)
	}
	if devices[at].Here {
		x.clear()
		return x.done(r, h.Prefix.SignedOut())
	}
	return x.done(r, h.Prefix.Sessions()+"?ended=1")
}

// maxRounds bounds how often one request looks again for others to end.
const maxRounds = 50

// endOthers ends all devices but the browser's own. It looks again until there
// are none: one may have got another id meanwhile, and a look takes several
// reads.
func (h *handler) endOthers(ctx context.Context, by issuance.By, v *browser.Visitor, p *person) error {
	own := v.Objects()
	for range maxRounds {
		devices, more, err := h.devices(ctx, v, p, maxSought)
		if err != nil {
			return err
		}
		if own, err = h.withSuccessors(ctx, own); err != nil {
			return err
		}
		devices = slices.DeleteFunc(devices, func(d device) bool { return d.Here || slices.Contains(own, d.Object) })
		if len(devices) == 0 && more {
			break
		}
		if len(devices) == 0 {
			return nil
		}
		for _, d := range devices {
			if err := h.end(ctx, by, "ended_by_owner", d.Object); err != nil {
				return err
			}
		}
	}
	return errTooMany
}

// withSuccessors adds what sessions among objects became by a step-up.
func (h *handler) withSuccessors(ctx context.Context, objects []string) ([]string, error) {
	for i := 0; i < len(objects) && i < maxEnded; i++ {
		next, err := h.Authority.Successor(ctx, objects[i])
		if err != nil {
			return nil, err
		}
		if next != "" && !slices.Contains(objects, next) {
			objects = append(objects, next)
		}
	}
	return objects, nil
}
