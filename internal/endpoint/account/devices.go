package account

import (
	"context"
	"errors"
	"slices"
	"sort"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
)

// devices lists where the visitor is signed in, this browser first and then by
// their last use: by what a sign-in gives, and by what this browser has. A sign-in
// that gave both is one device while its session lives, and by its refresh family
// still one when that has idled out. more says that there are some beyond
// maxDevices, or beyond the first most that were read.
func (h *handler) devices(ctx context.Context, v *browser.Visitor, p *person, most int) (list []device, more bool, err error) {
	if v.Session != nil || h.Outcome.Session() {
		if list, more, err = h.bySession(ctx, v.Session, p, most); err != nil {
			return nil, false, err
		}
	}
	if v.Session == nil || h.Outcome.Tokens() {
		families, some, err := h.byFamily(ctx, h.tokensOf(v, p), p, list, most)
		if err != nil {
			return nil, false, err
		}
		list, more = append(list, families...), more || some
	}
	sort.SliceStable(list, func(i, j int) bool {
		if list[i].Here != list[j].Here {
			return list[i].Here
		}
		return list[i].Seen.After(list[j].Seen)
	})
	return list, more, nil
}

// tokensOf is whom the visitor's tokens prove if that is p, nil else: the two
// cookies can be two persons'.
func (h *handler) tokensOf(v *browser.Visitor, p *person) *edgeward.Identity {
	if v.Tokens == nil {
		return nil
	}
	if of := h.personOf(v.Tokens); of.Issuer != p.Issuer || of.Subject != p.Subject {
		return nil
	}
	return v.Tokens
}

// bySession lists sessions of ours. The browser's own comes with them, however
// many there are, and also where the store cannot list. here is nil where it has none.
func (h *handler) bySession(ctx context.Context, here *edgeward.Identity, p *person, most int) (list []device, more bool, err error) {
	issuer, subject := p.Issuer, p.Subject
	if here != nil { // a back end may have made it for another name of theirs
		issuer, subject = here.Issuer, here.Subject
	}
	for after, looked := "", maxDevices; ; looked += maxDevices {
		page, next, err := h.Authority.ListSessions(ctx, issuer, subject, after, maxDevices)
		if err != nil && !errors.Is(err, issuance.ErrUnsupported) {
			return nil, false, err
		}
		for _, s := range page {
			list = append(list, deviceOf(&s, here))
		}
		if after, more = next, next != ""; !more || len(list) >= maxDevices || looked >= most {
			break
		}
	}
	if here == nil || slices.ContainsFunc(list, func(d device) bool { return d.Here }) {
		return list, more, nil
	}
	own, err := h.Authority.Session(ctx, here.Session)
	if errors.Is(err, issuance.ErrUnknown) { // it ended this moment
		return list, more, nil
	}
	return append(list, deviceOf(&own, here)), more, err
}

func deviceOf(s *session.Session, here *edgeward.Identity) device {
	return device{
		issuance.SessionObject + s.ID, s.Client.UserAgent, address(s.Client.IP), s.Created, s.Seen, here != nil && s.ID == here.Session, s.Hosts,
	}
}

// addHosts adds those that are not there yet: a host may have used the one thing
// that a sign-in gave, or the other.
func (d *device) addHosts(hosts []string) {
	for _, host := range hosts {
		if !slices.Contains(d.Hosts, host) {
			d.Hosts = append(d.Hosts, host)
		}
	}
}

// byFamily finds the refresh families by what signing in left behind, without those
// that came with one of sessions, which it marks as this browser's where the family
// is. Where a store cannot list, the browser's own,
// unless here is nil, is known all the same.
func (h *handler) byFamily(ctx context.Context, here *edgeward.Identity, p *person, sessions []device, most int) (list []device, more bool, err error) {
	names, err := h.Login.Of(ctx, p.Issuer, p.Subject)
	if err != nil && !errors.Is(err, store.ErrNoList) {
		return nil, false, err
	}
	own := ""
	if here != nil {
		own = issuance.FamilyObject + here.Session
		names = append([]string{own}, slices.DeleteFunc(names, func(name string) bool { return name == own })...)
	}
	if more = len(names) > most; more {
		names = names[:most]
	}
	isRevoked := issuance.FamilyRevoked(h.Authority.Revocations)
	for _, name := range names {
		id, isFamily := strings.CutPrefix(name, issuance.FamilyObject)
		if !isFamily {
			continue
		}
		f, err := h.Authority.Family(ctx, id)
		if errors.Is(err, issuance.ErrUnknown) {
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
		rec, err := h.recall(ctx, name)
		if err != nil {
			return nil, false, err
		}
		if at := slices.IndexFunc(sessions, func(d device) bool { return slices.Contains(rec.With, d.Object) }); at >= 0 {
			sessions[at].Here = sessions[at].Here || name == own // also when it has lost the session's cookie
			sessions[at].addHosts(f.Hosts)
			continue
		}
		if len(list) == maxDevices {
			return list, true, nil
		}
		list = append(list, device{name, f.Client.UserAgent, address(f.Client.IP), f.Created, f.Rotated, name == own, f.Hosts})
	}
	return list, more, nil
}
