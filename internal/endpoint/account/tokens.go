package account

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/login"
)

// PersonalTokens bounds the personal tokens that users make for themselves.
type PersonalTokens struct {
	PerUser     int           // that have not ended
	MaxLifetime time.Duration // from creation to the end
}

const (
	// freshSignIn is how old a sign-in may be by which a token is made: a client that got
	// hold of a browser's session must not make a credential of it that outlives it.
	freshSignIn = 10 * time.Minute

	day              = 24 * time.Hour
	maxTokenName     = 64  // bytes
	maxTokenNetworks = 16  // of one token
	maxOffered       = 200 // permissions that the form lists
)

// lifetimes are those that the form offers, in days, as far as they are possible.
var lifetimes = [...]int{7, 30, 90, 180, 365}

// tokens is what a page shows of a user's personal tokens.
type tokens struct {
	all      []apikey.Key
	mayMake  []string // the user's permissions, which one can be limited to
	fresh    bool     // the sign-in is young enough to make one
	signIn   string   // where one makes it young, any user who is signed in: the path
	full     bool
	mistaken string // the message of what was wrong with the form, "" for nothing
}

// tokens lists the user's. nil where there are none to make: nothing is configured,
// or no provider of the login vouches for the user.
func (h *handler) tokens(ctx context.Context, x *exchange, p *person) (*tokens, error) {
	if h.Personal == nil || p.Provider == "" {
		return nil, nil
	}
	all, err := h.Authority.PersonalTokens(ctx, p.Issuer, p.Subject)
	if err != nil {
		return nil, err
	}
	return &tokens{
		all: all, mayMake: x.Identity.Permissions[:min(len(x.Identity.Permissions), maxOffered)],
		fresh:  h.Now().Sub(x.Identity.IssuedAt) < freshSignIn,
		signIn: h.path(query{provider: p.Provider, returnTo: h.Prefix.Sessions(), account: login.OtherAccount}),
		full:   len(all) >= h.Personal.PerUser,
	}, nil
}

// changeTokens is the part of POST /auth/sessions that is about personal tokens:
// token=<id> ends one, tokens=end all, and make=1 makes one.
func (h *handler) changeTokens(ctx context.Context, x *exchange, r *edgeward.Request, p *person, f form.Form) error {
	if h.Personal == nil || p.Provider == "" {
		return errNotFound
	}
	if f["make"] == "1" {
		return h.makeToken(ctx, x, p, f)
	}
	var err error
	if id := f["token"]; id != "" {
		err = h.Authority.EndPersonalToken(ctx, x.By(), p.Issuer, p.Subject, id, "ended_by_owner")
	} else {
		_, err = h.Authority.EndPersonalTokens(ctx, x.By(), p.Issuer, p.Subject, "ended_by_owner")
	}
	if errors.Is(err, issuance.ErrUnknown) {
		return errNotFound
	}
	if err != nil {
		return problem.Undecided(err, problem.LogoutUnknown)
	}
	return x.done(r, h.Prefix.Sessions()+"?ended=1")
}

// makeToken makes a personal token, and shows it on the page that answers: nowhere
// else can it be read.
func (h *handler) makeToken(ctx context.Context, x *exchange, p *person, f form.Form) error {
	known, err := h.tokens(ctx, x, p)
	if err != nil {
		return err
	}
	g, mistake := h.grant(x.Identity, p, f)
	switch {
	case !known.fresh:
		mistake = "tokens.stale"
	case known.full:
		mistake = "tokens.full"
	}
	if mistake != "" {
		return h.mistaken(ctx, x, p, known, mistake)
	}
	secret, key, err := h.Authority.CreatePersonalToken(ctx, x.By(), g, h.Personal.PerUser)
	switch {
	case errors.Is(err, issuance.ErrState): // another request took the last place
		return h.mistaken(ctx, x, p, known, "tokens.full")
	case errors.Is(err, issuance.ErrGrant):
		return h.mistaken(ctx, x, p, known, "tokens.refused")
	case err != nil:
		return err
	}
	return x.show(x.tokenPage(p, secret, &key))
}

// mistaken answers a form that makes no token, by the page that it stands on.
func (h *handler) mistaken(ctx context.Context, x *exchange, p *person, known *tokens, mistake string) error {
	v, err := x.visitor(ctx, x.Request)
	if err != nil {
		return err
	}
	devices, more, err := h.devices(ctx, &v, p, maxLooked)
	if err != nil {
		return err
	}
	known.mistaken = mistake
	if err := x.show(x.sessionsPage(p, devices, more, false, known)); err != nil {
		return err
	}
	x.reply.Status = 422
	return nil
}

// grant reads the form that makes a token: name, days (a number, or "longest"), a
// parameter p.<permission> for each permission that the token may use, and
// networks. It returns the message of what is wrong with it, "" for nothing.
func (h *handler) grant(id *edgeward.Identity, p *person, f form.Form) (g apikey.Grant, mistake string) {
	g = apikey.Grant{Issuer: p.Issuer, Subject: p.Subject, Name: strings.TrimSpace(f["name"])}
	if g.Name == "" || len(g.Name) > maxTokenName || !utf8.ValidString(g.Name) || !edgeward.IsFieldValue(g.Name) {
		return g, "tokens.name-refused"
	}
	life := h.Personal.MaxLifetime
	if f["days"] != "longest" {
		n, err := strconv.Atoi(f["days"])
		if err != nil || n < 1 || n > int(h.Personal.MaxLifetime/day) {
			return g, "tokens.days-refused"
		}
		life = time.Duration(n) * day
	}
	g.Expires = h.Now().Add(life)
	for name := range f {
		permission, ok := strings.CutPrefix(name, "p.")
		if !ok {
			continue
		}
		if !id.Has(permission) { // never more than the user's own
			return g, "tokens.permission-refused"
		}
		g.Permissions = append(g.Permissions, permission)
	}
	slices.Sort(g.Permissions)
	var ok bool
	if g.Networks, ok = networks(f["networks"]); !ok {
		return g, "tokens.networks-refused"
	}
	return g, ""
}

// networks reads addresses and CIDR blocks with spaces or commas between them.
func networks(text string) (all []netip.Prefix, ok bool) {
	for _, field := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\r' || r == '\n' || r == '\t' }) {
		n, err := netip.ParsePrefix(field)
		if err != nil {
			a, err := netip.ParseAddr(field)
			if err != nil || a.Zone() != "" {
				return nil, false
			}
			n = netip.PrefixFrom(a, a.BitLen())
		}
		if n.Addr().Is4In6() || len(all) == maxTokenNetworks {
			return nil, false
		}
		all = append(all, n.Masked())
	}
	return all, true
}
