package forwardauth

import (
	"net/http"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// NamedPath is [Path] with the name of the host by which the front chose the
// application behind it: /verify/host/app.example.com, in nginx /verify/host/$host.
// Where a request line names another host than Host does, nginx chooses by the former
// and most configurations ask about the latter: the rules of one host would decide
// about another's application. So the name has to be that of the host that the
// question is about.
//
// It stands in the path, which is the front's alone. Caddy adds the client's query
// to that of the question, and a client can send any field. A name can only have a
// request refused.
const NamedPath = Path + "/host/"

// isNamed reports whether the question names the host that was chosen.
func isNamed(hr *http.Request) bool { return strings.HasPrefix(hr.URL.Path, NamedPath) }

// checkNamed refuses a question whose path names another host than r's, or what is
// no host. Ports may differ, as nginx chooses by the name alone. All of the target is
// read as it came: an escaped octet and a query are of no name.
func checkNamed(hr *http.Request, r *edgeward.Request) error {
	if !isNamed(hr) {
		return nil
	}
	named, err := canonical.Host(strings.TrimPrefix(hr.RequestURI, NamedPath), r.Scheme)
	if err != nil {
		return err
	}
	if canonical.Hostname(named) != canonical.Hostname(r.Host) {
		return door.Malformed("the front chose the application by another host than the one that it asks about")
	}
	return nil
}

// checkJoined refuses a URL whose query follows the host. A front makes the URL of
// Host and a path, as $scheme://$http_host$request_uri: a client whose Host ends in
// "?" would be decided about by the path "/".
func checkJoined(uri string) error {
	_, rest, _ := strings.Cut(uri, "://")
	if end := strings.IndexAny(rest, "/?"); uri[0] != '/' && end >= 0 && rest[end] == '?' {
		return door.Malformed("the original request is described by a URL with a query and no path")
	}
	return nil
}
