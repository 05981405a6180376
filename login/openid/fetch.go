package openid

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
)

const (
	// maxAnswer bounds what is read of any answer, in bytes.
	maxAnswer = 1 << 20

	statusOK              = 200
	statusBadRequest      = 400
	statusUnauthorized    = 401
	statusForbidden       = 403
	statusTooManyRequests = 429
	statusServerError     = 500
)

// A Fetcher makes one HTTP request. It follows no redirect, gives up after 10 s
// or when ctx ends, and stops reading a body after 1 MiB with an error. It
// connects to a private address for the issuer's own host alone, which the
// operator wrote down, and for a URL that is Written, but not for one that metadata named. Any status is an
// answer; an error means that there was none. It is safe for concurrent use.
type Fetcher interface {
	Fetch(ctx context.Context, r Request) (Response, error)
}

// A Request is what is to be sent.
type Request struct {
	Method, URL string
	Issuer      string // of the provider that it is for
	Written     bool   // URL is in the configuration: a document of the provider did not choose it
	Authority   string // certificates in PEM that TLS believes in place of the system's; "" for the system's
	Header      edgeward.Header
	Body        []byte
}

// A Response is what came back.
type Response struct {
	Status int
	Header edgeward.Header
	Body   []byte // decompressed
}

// fetch asks the provider for JSON, or for one more media type. That it has trouble of its own, by its status or by
// silence, is a "could not tell"; every other status is the caller's to judge.
func (c *Client) fetch(ctx context.Context, r Request, more ...string) (Response, error) {
	if r.Header == nil {
		r.Header = edgeward.Header{}
	}
	r.Header.Set("Accept", strings.Join(append([]string{"application/json"}, more...), ", "))
	r.Issuer, r.Authority = c.Issuer, c.Authority
	answer, err := c.fetcher.Fetch(ctx, r)
	switch {
	case err != nil:
		return Response{}, edgeward.NewUnavailable("provider "+c.Name, pause, err)
	case answer.Status >= statusServerError || answer.Status == statusTooManyRequests:
		return Response{}, edgeward.NewUnavailable("provider "+c.Name, pause, errors.New("openid: the provider is in trouble"))
	case len(answer.Body) > maxAnswer:
		return Response{}, refuse(ErrAnswer, "%s answered %d bytes", c.Name, len(answer.Body))
	case answer.Status == statusOK && !isJSON(mediaType(&answer)) && !slices.Contains(more, mediaType(&answer)):
		// A form to sign in, or somebody's upload on the same host.
		return Response{}, refuse(ErrAnswer, "%s answered what does not say that it is JSON", c.Name)
	}
	return answer, nil
}

const jwtType = "application/jwt"

// mediaType returns that of a body, in lower case and without its parameters.
func mediaType(r *Response) string {
	media, _, _ := strings.Cut(strings.ToLower(r.Header.First("Content-Type")), ";")
	return strings.TrimSpace(media)
}

func isJSON(media string) bool {
	return media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
}
