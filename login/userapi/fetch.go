package userapi

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/login/openid"
)

const (
	maxAnswer  = 1 << 20 // bytes of an answer
	maxMembers = 50_000  // of all objects in one: a page of 100 teams, each with its organization, has about 5,000

	pause    = 5 * time.Second
	maxPause = time.Hour // of what a provider may say about when to come back

	// agent is sent because GitHub refuses requests that name no client.
	agent = "edgeward"
)

var errTrouble = errors.New("userapi: the provider is in trouble, or limits the rate of requests")

func (c *Client) unavailable(wait time.Duration, err error) error {
	return edgeward.NewUnavailable("provider "+c.Name, wait, err)
}

func refuse(refusal error, format string, args ...any) error {
	return fmt.Errorf("%w: %s", refusal, fmt.Sprintf(format, args...))
}

// fetch asks the provider for JSON. That it has trouble of its own, or wants to be
// asked less often, is a "could not tell"; every other status is the caller's to judge.
func (c *Client) fetch(ctx context.Context, r openid.Request) (openid.Response, error) {
	r.Issuer, r.Authority = c.site, c.Authority
	r.Header.Set("User-Agent", agent)
	answer, err := c.fetcher.Fetch(ctx, r)
	switch {
	case err != nil:
		return openid.Response{}, c.unavailable(pause, err)
	case answer.Status >= 500 || limited(answer):
		return openid.Response{}, c.unavailable(waitOf(answer), errTrouble)
	case len(answer.Body) > maxAnswer:
		return openid.Response{}, refuse(openid.ErrAnswer, "%s answered %d bytes", c.Name, len(answer.Body))
	}
	return answer, nil
}

// limited reports whether an answer says that there were too many requests. GitHub says
// so by 403, too, with what is left (0), or for its secondary limits when to come back.
func limited(a openid.Response) bool {
	return a.Status == 429 || a.Status == 403 && (a.Header.First("X-Ratelimit-Remaining") == "0" || a.Header.First("Retry-After") != "")
}

// waitOf is how long the provider wants to be left alone.
func waitOf(a openid.Response) time.Duration {
	seconds, err := strconv.Atoi(a.Header.First("Retry-After"))
	if err != nil || seconds < 1 {
		return pause
	}
	return min(time.Duration(min(seconds, 1<<20))*time.Second, maxPause)
}

// read reads an answer of the API, which is an object or a list.
func (c *Client) read(what string, a openid.Response) (strictjson.Value, error) {
	media, _, _ := strings.Cut(strings.ToLower(a.Header.First("Content-Type")), ";")
	if media = strings.TrimSpace(media); media != "application/json" && !strings.HasSuffix(media, "+json") {
		return strictjson.Value{}, refuse(openid.ErrAnswer, "%s answered %s with what does not say that it is JSON", c.Name, what)
	}
	// The reader takes one object, so the answer is made a member of one.
	document := append(append([]byte(`{"":`), a.Body...), '}')
	members, err := strictjson.ObjectUpTo(document, maxMembers)
	if err != nil || len(members) != 1 {
		return strictjson.Value{}, refuse(openid.ErrAnswer, "%s answered %s with no JSON, or with more than %d members", c.Name, what, maxMembers)
	}
	return members[0].Value, nil
}

// get asks the API about the user of an access token. A refusal wraps [ErrToken] when
// the API does not take that.
func (c *Client) get(ctx context.Context, url string, access edgeward.Secret) (openid.Response, error) {
	h := edgeward.Header{}
	h.Set("Accept", c.kind.accept)
	h.Set("Authorization", "Bearer "+access.Reveal())
	for name, value := range c.kind.fields {
		h.Set(name, value)
	}
	what, _, _ := strings.Cut(strings.TrimPrefix(url, c.api), "?")
	answer, err := c.fetch(ctx, openid.Request{Method: "GET", URL: url, Header: h})
	switch {
	case err != nil:
		return answer, err
	case answer.Status == 200:
		return answer, nil
	case answer.Status == 401:
		return answer, refuse(ErrToken, "%s %s: status 401", c.Name, what)
	case answer.Status == 403 || answer.Status == 404:
		return answer, refuse(openid.ErrAnswer, "%s %s: status %d: the client, or the user, has not been given what it needs; compare the scopes (%s), a GitHub App's permissions, and what the organization permits",
			c.Name, what, answer.Status, strings.Join(c.Scopes, " "))
	}
	return answer, refuse(openid.ErrAnswer, "%s %s: status %d", c.Name, what, answer.Status)
}

// ErrToken says that the API does not take the access token: it has expired, or the
// user or the provider has withdrawn it. It wraps [openid.ErrAnswer].
var ErrToken = fmt.Errorf("userapi: the API does not take the access token: %w", openid.ErrAnswer)
