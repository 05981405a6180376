package outbound

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// ParseURL demands an absolute https URL without userinfo and fragment. Plain
// http is for loopback alone, where dev's provider lives.
func ParseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, errors.New("outbound: not an absolute URL without userinfo and fragment")
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && canonical.IsLoopback(u.Hostname())) {
		return nil, fmt.Errorf("outbound: %s must be https", u.Redacted())
	}
	return u, nil
}
