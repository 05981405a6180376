package runtime

import (
	"context"
	"errors"
	"strconv"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/login/openid"
)

// A Fetcher makes requests by the platform's fetch. The effect "fetch" takes the
// method, the URL, the body, and the names and values of header fields; it gives
// the status, the body, and names and values. The driver follows no redirect,
// bounds time and size, and takes no URL but https, or http of this machine.
type Fetcher struct{}

var (
	errStatus    = errors.New("runtime: fetch: an answer without a status")
	errAuthority = errors.New("runtime: fetch: the platform believes its own authorities and no other")
)

// Fetch implements [openid.Fetcher].
func (Fetcher) Fetch(ctx context.Context, r openid.Request) (openid.Response, error) {
	if r.Authority != "" {
		return openid.Response{}, errAuthority
	}
	args := []string{r.Method, r.URL, string(r.Body)}
	for name, values := range r.Header {
		for _, v := range values {
			args = append(args, name, v)
		}
	}
	f, err := Perform(ctx, "fetch", args...)
	if err != nil {
		return openid.Response{}, err
	}
	status, err := strconv.Atoi(f.At(0))
	if err != nil || len(f)%2 != 0 {
		return openid.Response{}, errStatus
	}
	response := openid.Response{Status: status, Body: []byte(f[1]), Header: edgeward.Header{}}
	for f = f[2:]; len(f) > 0; f = f[2:] {
		response.Header.Add(canonical.FieldName(f[0]), f[1])
	}
	return response, nil
}
