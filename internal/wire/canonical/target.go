package canonical

import "strings"

// MaxQuery bounds a query in bytes.
const MaxQuery = 24 << 10

// A Target is a request target (RFC 9112 §3.2) that was read.
type Target struct {
	Path     string // canonical, see [Path]
	RawQuery string // as it was, without the "?"
	// Scheme and Host are what an absolute-form target names, canonical, and
	// empty for origin-form.
	Scheme, Host string
}

// RequestTarget reads the target of a request line, or of a field in which a
// proxy repeats it (X-Forwarded-Uri, X-Original-URI). It knows origin-form
// ("/a?b") and absolute-form ("http://host/a?b"); "*" and authority-form, which
// belong to OPTIONS and CONNECT, are refused, and so is a fragment, which is
// never sent.
func RequestTarget(target string) (Target, error) {
	var t Target
	if !strings.HasPrefix(target, "/") {
		rest, err := t.readAuthority(target)
		if err != nil {
			return Target{}, err
		}
		target = rest
	}
	path, query, _ := strings.Cut(target, "?")
	path, err := Path(path)
	if err != nil {
		return Target{}, err
	}
	if err := checkQuery(query); err != nil {
		return Target{}, err
	}
	t.Path, t.RawQuery = path, query
	return t, nil
}

// readAuthority takes scheme and authority off an absolute-form target and
// returns the rest, which starts with "/".
func (t *Target) readAuthority(target string) (string, error) {
	scheme, rest, _ := strings.Cut(target, "://")
	t.Scheme = strings.ToLower(scheme)
	if t.Scheme != "http" && t.Scheme != "https" {
		return "", malformed("request target is neither in origin-form nor an http or https URL")
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	var err error
	if t.Host, err = Host(rest[:end], t.Scheme); err != nil {
		return "", err
	}
	if rest = rest[end:]; !strings.HasPrefix(rest, "/") {
		rest = "/" + rest // RFC 3986 §6.2.3: an empty path is "/"
	}
	return rest, nil
}

// Agrees refuses an absolute-form target that names another scheme or host
// than the rest of the request does: one of the two would be decided upon and
// the other one forwarded. Both arguments are canonical.
func (t Target) Agrees(scheme, host string) error {
	if t.Host != "" && (t.Host != host || t.Scheme != scheme) {
		return malformed("request target names another scheme or host than the request")
	}
	return nil
}

// checkQuery refuses what would end or split a request line. The query decides
// nothing and is forwarded as it is, so it is not decoded.
func checkQuery(query string) error {
	if len(query) > MaxQuery {
		return malformed("query is longer than 24 KiB")
	}
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c == 0x7f || c == '#' {
			return malformed("query has a space, a control character or a fragment")
		}
	}
	return nil
}
