package cors

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
)

const (
	wildcard     = "*"
	maxFieldName = 64             // bytes of a header name in a CORS list
	maxMaxAge    = 24 * time.Hour // no browser keeps a preflight longer
)

// corsDefaultMethods are the ones that browsers send without asking.
var corsDefaultMethods = []string{"GET", "HEAD", "POST"}

// Off reports that c allows no origin, as the zero CORS does.
func (c *CORS) Off() bool { return len(c.Origins) == 0 }

// Sealed returns a copy that answers requests. It reports what is wrong by key.
func (c *CORS) Sealed(report func(key, detail string)) *CORS {
	s := *c
	s.check(report)
	if len(s.Methods) == 0 {
		s.Methods = corsDefaultMethods
	}
	s.methods, s.anyMethod = set(s.Methods)
	s.headers, s.anyHeader = set(lower(s.Headers))
	s.origins = make(map[string]*corsFields, len(s.Origins))
	for _, origin := range s.Origins {
		s.origins[origin] = s.fields(origin)
	}
	s.anyOrigin = s.origins[wildcard]
	return &s
}

// fields computes the answers for an origin that is allowed.
func (c *CORS) fields(origin string) *corsFields {
	actual := edgeward.Header{"Vary": varyActual["Vary"], "Access-Control-Allow-Origin": {origin}}
	preflight := edgeward.Header{"Vary": varyPreflight["Vary"], "Access-Control-Allow-Origin": {origin}}
	preflight.Set("Access-Control-Allow-Methods", strings.Join(c.Methods, ", "))
	if len(c.Headers) > 0 {
		preflight.Set("Access-Control-Allow-Headers", strings.Join(c.Headers, ", "))
	}
	if len(c.Expose) > 0 {
		actual.Set("Access-Control-Expose-Headers", strings.Join(c.Expose, ", "))
	}
	if c.Credentials {
		actual.Set("Access-Control-Allow-Credentials", "true")
		preflight.Set("Access-Control-Allow-Credentials", "true")
	}
	if c.MaxAge > 0 {
		preflight.Set("Access-Control-Max-Age", strconv.Itoa(int(c.MaxAge/time.Second)))
	}
	return &corsFields{actual: actual, preflight: preflight}
}

func (c *CORS) check(report func(key, detail string)) {
	if c.Off() && (len(c.Methods) > 0 || len(c.Headers) > 0 || len(c.Expose) > 0 || c.Credentials || c.MaxAge != 0) {
		report("origins", "missing: say who is allowed")
	}
	for _, origin := range c.Origins {
		if detail := checkOrigin(origin, len(c.Origins) == 1); detail != "" {
			report("origins", detail)
		}
	}
	c.checkNames("methods", c.Methods, CheckMethod, report)
	c.checkNames("headers", c.Headers, checkFieldName, report)
	c.checkNames("expose", c.Expose, checkFieldName, report)
	// With "*", a page anywhere could act as whoever is looking at it.
	if c.Credentials && slices.Contains(c.Origins, wildcard) {
		report("origins", `"*" with credentials would let every site act as the user: list the origins`)
	}
	if c.MaxAge < 0 || c.MaxAge > maxMaxAge || c.MaxAge%time.Second != 0 {
		report("max_age", "not between 0 and 24 hours in whole seconds")
	}
}

func (c *CORS) checkNames(key string, names []string, check func(string) string, report func(key, detail string)) {
	for _, name := range names {
		if name == wildcard {
			if c.Credentials { // browsers read it as a header or method named "*"
				report(key, `"*" means nothing to a browser when credentials are on: list the names`)
			}
			continue
		}
		if detail := check(name); detail != "" {
			report(key, strconv.Quote(name)+": "+detail)
		}
	}
}

func checkFieldName(name string) string {
	if !isToken(name) || len(name) > maxFieldName {
		return "not a field name: an RFC 9110 token of at most " + strconv.Itoa(maxFieldName) + " bytes"
	}
	return ""
}

// isToken reports whether s is a token of RFC 9110 §5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && !(c >= '0' && c <= '9') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

func set(names []string) (members map[string]bool, all bool) {
	members = make(map[string]bool, len(names))
	for _, name := range names {
		members[name] = true
	}
	return members, members[wildcard]
}

func lower(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = strings.ToLower(name)
	}
	return all
}
