package policy

import (
	"maps"
	"slices"
)

// equal reports whether a and b state the same, Source apart. It is written out
// because reflect.DeepEqual would make the Worker's module 10 kB larger, gzipped.
func (a Statement) equal(b Statement) bool {
	return equalList(a.Authenticate, b.Authenticate) && equalList(a.Permissions, b.Permissions) &&
		equalList(a.Issuers, b.Issuers) && equalList(a.Audiences, b.Audiences) &&
		equalValue(a.Fallback, b.Fallback) && a.CORS.equal(b.CORS) &&
		equalValue(a.Upstream, b.Upstream) && equalValue(a.ForwardCredential, b.ForwardCredential) &&
		equalValue(a.Assertion, b.Assertion) && equalValue(a.MaxStaleness, b.MaxStaleness) &&
		equalValue(a.WhenStale, b.WhenStale) && equalValue(a.SameOrigin, b.SameOrigin) && equalValue(a.IgnoreCase, b.IgnoreCase) &&
		maps.EqualFunc(a.Methods, b.Methods, Statement.equal)
}

func (c *CORS) equal(d *CORS) bool {
	if c == nil || d == nil {
		return c == d
	}
	return slices.Equal(c.Origins, d.Origins) && slices.Equal(c.Methods, d.Methods) &&
		slices.Equal(c.Headers, d.Headers) && slices.Equal(c.Expose, d.Expose) &&
		c.Credentials == d.Credentials && c.MaxAge == d.MaxAge
}

func equalValue[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func equalList(a, b *[]string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.Equal(*a, *b)
}
