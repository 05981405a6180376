package browser

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/authority"
	"github.com/edgeward/edgeward/internal/form"
	"github.com/edgeward/edgeward/internal/problem"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/session"
)

// maxDevices bounds what a page lists, and what "end all others" ends between two
// looks: who has more than some thousands leaves everywhere instead.
const maxDevices = 200

// maxLooked bounds what is read for a page: what "log out everywhere" has ended
// lies in the store until its time, and whoever signs in and out by a program
// would have all of it read for every page.
const maxLooked = 5 * maxDevices

// A device is a browser that somebody is signed in with.
type device struct {
	Object  string // the session, or the refresh family: its name in the audit log
	Agent   string // "Firefox on Linux"
	Address string // "" when unknown
	Created time.Time
	Seen    time.Time
	Here    bool
}

// sessions is GET /auth/sessions.
func (h *Handler) sessions(ctx context.Context, x *exchange, r *edgeward.Request) error {
	q, err := form.Parse(r.RawQuery)
	if err != nil {
		return err
	}
	v, err := x.visitor(ctx, r)
	if err != nil {
		return err
	}
	if x.identity == nil {
		if isNavigation(r) {
			return x.seeOther(LoginPath + "?" + again("", SessionsPath).Encode())
		}
		return errNobody
	}
	person, err := h.person(ctx, &v)
	if err != nil {
		return err
	}
	devices, more, err := h.devices(ctx, &v, &person)
	if err != nil {
		return err
	}
	return x.page("sessions", sessionsPage{Person: person, Devices: devices, More: more, Ended: q["ended"] == "1", now: h.Now()})
}

// endSessions is POST /auth/sessions: end=<name> ends one, others=1 all but the
// browser's own.
func (h *Handler) endSessions(ctx context.Context, x *exchange, r *edgeward.Request) error {
	f, err := x.readForm()
	if err != nil {
		return err
	}
	if (f["end"] == "") == (f["others"] != "1") {
		return malformed("either end names a session, or others is 1")
	}
	v, err := x.visitor(ctx, r)
	if err != nil {
		return undecided(err, problem.LogoutUnknown)
	}
	if x.identity == nil {
		x.anew = again("", SessionsPath)
		return errNobody
	}
	person, err := h.person(ctx, &v)
	if err != nil {
		return undecided(err, problem.LogoutUnknown)
	}
	ctx, done := undisturbed(ctx)
	defer done()
	if name := f["end"]; name != "" {
		return h.endDevice(ctx, x, r, &v, &person, name)
	}
	if err := h.endOthers(ctx, r, &v, &person); err != nil {
		return undecided(err, problem.LogoutUnknown)
	}
	return x.done(r, SessionsPath+"?ended=1")
}

// endDevice ends the device of that name. What is not among one's own does not
// exist.
func (h *Handler) endDevice(ctx context.Context, x *exchange, r *edgeward.Request, v *authority.Visitor, p *person, name string) error {
	devices, _, err := h.devices(ctx, v, p)
	if err != nil {
		return undecided(err, problem.LogoutUnknown)
	}
	at := slices.IndexFunc(devices, func(d device) bool { return d.Object == name })
	if at < 0 {
		return notFound("session")
	}
	if err := h.end(ctx, by(r), "ended_by_owner", name); err != nil {
		return undecided(err, problem.LogoutUnknown)
	}
	if devices[at].Here {
		x.clear()
		return x.done(r, SignedOutPath)
	}
	return x.done(r, SessionsPath+"?ended=1")
}

// maxRounds bounds how often one request looks again for others to end.
const maxRounds = 50

// endOthers ends all devices but the browser's own. It looks again until there
// are none: one may have got another id meanwhile, and a look takes several
// reads.
func (h *Handler) endOthers(ctx context.Context, r *edgeward.Request, v *authority.Visitor, p *person) error {
	own := v.Objects()
	for range maxRounds {
		devices, _, err := h.devices(ctx, v, p)
		if err != nil {
			return err
		}
		if own, err = h.withSuccessors(ctx, own); err != nil {
			return err
		}
		devices = slices.DeleteFunc(devices, func(d device) bool { return d.Here || slices.Contains(own, d.Object) })
		if len(devices) == 0 {
			return nil
		}
		for _, d := range devices {
			if err := h.end(ctx, by(r), "ended_by_owner", d.Object); err != nil {
				return err
			}
		}
	}
	return errTooMany
}

// withSuccessors adds what sessions among objects became by a step-up.
func (h *Handler) withSuccessors(ctx context.Context, objects []string) ([]string, error) {
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

// devices lists where the visitor is signed in, this browser first and then by
// their last use. more says that there are some beyond maxDevices.
func (h *Handler) devices(ctx context.Context, v *authority.Visitor, p *person) (list []device, more bool, err error) {
	if v.Session != nil {
		list, more, err = h.bySession(ctx, v.Session)
	} else {
		list, more, err = h.byFamily(ctx, v.Tokens, p)
	}
	slices.SortStableFunc(list, func(a, b device) int {
		if a.Here != b.Here {
			if a.Here {
				return -1
			}
			return 1
		}
		return b.Seen.Compare(a.Seen)
	})
	return list, more, err
}

// bySession lists sessions of ours. The browser's own comes with them, however
// many there are, and also where the store cannot list.
func (h *Handler) bySession(ctx context.Context, here *edgeward.Identity) (list []device, more bool, err error) {
	for after, looked := "", maxDevices; ; looked += maxDevices {
		page, next, err := h.Authority.ListSessions(ctx, here.Issuer, here.Subject, after, maxDevices)
		if err != nil && !errors.Is(err, authority.ErrUnsupported) {
			return nil, false, err
		}
		for _, s := range page {
			list = append(list, deviceOf(&s, here))
		}
		if after, more = next, next != ""; !more || len(list) >= maxDevices || looked >= maxLooked {
			break
		}
	}
	if slices.ContainsFunc(list, func(d device) bool { return d.Here }) {
		return list, more, nil
	}
	own, err := h.Authority.Session(ctx, here.Session)
	if errors.Is(err, authority.ErrUnknown) { // it ended this moment
		return list, more, nil
	}
	return append(list, deviceOf(&own, here)), more, err
}

func deviceOf(s *session.Session, here *edgeward.Identity) device {
	return device{
		authority.SessionObject + s.ID, agentName(s.UserAgent), address(s.ClientIP), s.Created, s.Seen, s.ID == here.Session,
	}
}

// byFamily finds the refresh families by what signing in left behind. Where a
// store cannot list, the browser's own is known all the same.
func (h *Handler) byFamily(ctx context.Context, here *edgeward.Identity, p *person) (list []device, more bool, err error) {
	own := authority.FamilyObject + here.Session
	names, err := h.Login.Of(ctx, p.Issuer, p.Subject)
	if err != nil && !errors.Is(err, login.ErrNoList) {
		return nil, false, err
	}
	names = append([]string{own}, slices.DeleteFunc(names, func(name string) bool { return name == own })...)
	if more = len(names) > maxLooked; more {
		names = names[:maxLooked]
	}
	isRevoked := authority.FamilyRevoked(h.Authority.Revocations)
	for _, name := range names {
		id, isFamily := strings.CutPrefix(name, authority.FamilyObject)
		if !isFamily {
			continue
		}
		f, err := h.Authority.Family(ctx, id)
		if errors.Is(err, authority.ErrUnknown) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		revoked, err := isRevoked(&f)
		if err != nil {
			return nil, false, err
		}
		if revoked || !f.RevokedAt.IsZero() || !h.Now().Before(f.Expires) {
			continue
		}
		if len(list) == maxDevices {
			return list, true, nil
		}
		list = append(list, device{name, agentName(f.UserAgent), address(f.ClientIP), f.Created, f.Rotated, name == own})
	}
	return list, more, nil
}
