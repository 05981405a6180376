package userapi

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login/openid"
)

const (
	maxPages  = 20  // of one list
	maxValues = 255 // bytes of one value; a longer one is no name of anything
)

// A User is what the API says of the user of an access token.
type User struct {
	Subject string // the user's unique id, which is never given to another user
	// Claims are sub, preferred_username, name, email and email_verified
	// (only a verified address is there), groups, and what [Kind.Claims] lists.
	Claims claim.Document
	// Notes are what the API has left out, for the log.
	Notes []string
}

// User asks the API who the user of an access token is. What the client has no scope for
// is not asked. Errors wrap [ErrToken] or [openid.ErrAnswer], or mean: could not tell; a
// list that could not be read whole is an error, not a shorter list: a part of a user's
// groups is another user's.
func (c *Client) User(ctx context.Context, access edgeward.Secret) (User, error) {
	answer, err := c.get(ctx, c.api+c.kind.user.path, access)
	if err != nil {
		return User{}, err
	}
	v, err := c.read(c.kind.user.path, answer)
	if err != nil {
		return User{}, err
	}
	at := c.kind.user
	said := func(path string) string { return scalar(member(v, path)) }
	subject := said(at.subject)
	if subject == "" {
		return User{}, refuse(openid.ErrAnswer, "%s %s has no %s", c.Name, at.path, at.subject)
	}
	got := gathered{values: map[string][]string{}}
	if verified, _ := member(v, at.verified).Bool(); verified && at.email != "" {
		got.add(claimEmail, said(at.email))
	}
	var notes []string
	for i := range c.kind.lists {
		l := &c.kind.lists[i]
		if !c.permits(l.scopes) {
			continue
		}
		note, err := c.gather(ctx, access, l, &got)
		if err != nil {
			return User{}, err
		}
		if note != "" && !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	var w strictjson.Writer
	w.String("sub", subject)
	w.Optional("preferred_username", said(at.username))
	w.Optional("name", said(at.name))
	if addresses := got.values[claimEmail]; len(addresses) > 0 {
		w.String(claimEmail, addresses[0])
		w.Raw("email_verified", []byte("true"))
	}
	for _, claim := range got.order {
		if claim != claimEmail {
			w.Strings(claim, got.values[claim])
		}
	}
	claims, err := jwt.ParseObject(string(w.End()))
	if err != nil {
		return User{}, refuse(openid.ErrAnswer, "%s %s: %v", c.Name, at.path, err)
	}
	return User{Subject: subject, Claims: claim.Object(claims), Notes: notes}, nil
}

// gathered is what lists have given, claim by claim.
type gathered struct {
	values map[string][]string
	order  []string
}

func (g *gathered) add(claim, value string) {
	if value == "" || len(value) > maxValues {
		return
	}
	if _, found := g.values[claim]; !found {
		g.order = append(g.order, claim)
	}
	g.values[claim] = append(g.values[claim], value)
}

// gather reads all pages of a list. The note says what the API has left out.
func (c *Client) gather(ctx context.Context, access edgeward.Secret, l *list, into *gathered) (note string, err error) {
	what, _, _ := strings.Cut(l.path, "?")
	url := c.api + l.path
	for number := 1; ; number++ {
		if number > maxPages {
			return "", refuse(openid.ErrAnswer, "%s %s has more than %d pages", c.Name, what, maxPages)
		}
		answer, err := c.get(ctx, url, access)
		if err != nil {
			return "", err
		}
		v, err := c.read(what, answer)
		if err != nil {
			return "", err
		}
		items, isList := listed(v, l.in)
		if !isList {
			return "", refuse(openid.ErrAnswer, "%s %s is no list", c.Name, what)
		}
		for _, item := range items {
			l.take(item, into)
		}
		if left := leftOut(answer); left != "" {
			note = fmt.Sprintf("%s %s: %s", c.Name, what, left)
		}
		switch {
		case l.pages == byNumber && strings.Contains(answer.Header.First("Link"), `rel="next"`):
			url = fmt.Sprintf("%s%s&page=%d", c.api, l.path, number+1)
		case l.pages == byNext:
			next, _ := member(v, "next").String()
			if next == "" {
				return note, nil
			}
			// The access token goes to no other place.
			if !strings.HasPrefix(next, c.api+what+"?") || strings.ContainsFunc(next, notInURL) {
				return "", refuse(openid.ErrAnswer, "%s %s: the next page is elsewhere", c.Name, what)
			}
			url = next
		default:
			return note, nil
		}
	}
}

func notInURL(c rune) bool { return c <= ' ' || c >= 0x7f || c == '#' || c == '\\' }

// leftOut says what GitHub has left out of a list: organizations that demand a sign-in
// by SAML, to which the user's authorization does not reach ("partial-results;
// organizations=1,2").
func leftOut(a openid.Response) string {
	how, which, _ := strings.Cut(a.Header.First("X-Github-Sso"), ";")
	if strings.TrimSpace(how) != "partial-results" {
		return ""
	}
	return fmt.Sprintf("organizations are left out that enforce single sign-on and for which the user has not authorized the client:%.200q", which)
}

// listed returns the items of a list, which is a member of v, or v.
func listed(v strictjson.Value, in string) ([]strictjson.Value, bool) {
	if in != "" {
		v = member(v, in)
	}
	return v.Array()
}

// take adds what an item gives.
func (l *list) take(item strictjson.Value, into *gathered) {
	for _, name := range l.where {
		if is, _ := member(item, name).Bool(); !is {
			return
		}
	}
	for _, g := range l.gives {
		parts := make([]string, len(g.parts))
		for i, path := range g.parts {
			if parts[i] = scalar(member(item, path)); parts[i] == "" {
				break
			}
		}
		if !slices.Contains(parts, "") {
			into.add(g.claim, strings.Join(parts, "/"))
		}
	}
}

// member returns the member of an object by its path.
func member(v strictjson.Value, path string) strictjson.Value {
	for path != "" {
		var name string
		name, path, _ = strings.Cut(path, ".")
		members, _ := v.Object()
		v, _ = members.Stated(name)
	}
	return v
}

// scalar returns a string, or the digits of a whole number as they were written: an id
// may be larger than what a float64 distinguishes.
func scalar(v strictjson.Value) string {
	if s, ok := v.String(); ok {
		return s
	}
	if v.Kind() == strictjson.KindNumber && !strings.ContainsAny(v.Raw(), ".eE-") {
		return v.Raw()
	}
	return ""
}
