package cookie_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

// TestRepair: row 22 of the attack list. What others plant locks nobody out.
func TestRepair(t *testing.T) {
	const person = "navigate"
	large := strings.Repeat("a=1; ", canonical.MaxHeaderBytes/5)
	for rule, row := range map[string]struct {
		err          error
		mode, cookie string
		set          []string
		site         string
	}{
		"a cookie that came twice": {fmt.Errorf("x: %w", &credential.RepeatedCookieError{Name: "__Host-x"}), "", "", []string{
			"__Host-x=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure", "__Host-x=; Path=/; Max-Age=0; Secure; Partitioned"}, ""},
		"two tokens":                             {edgeward.AmbiguousCredential, person, "", nil, ""},
		"too many cookies":                       {credential.ErrTooManyCookies, person, "", nil, `"cookies"`},
		"too many cookies of a script":           {credential.ErrTooManyCookies, "cors", "", nil, ""},
		"too many cookies of a program":          {credential.ErrTooManyCookies, "", "", nil, ""},
		"a header that cookies make too large":   {fmt.Errorf("%w", canonical.ErrHeaderSize), person, large, nil, `"cookies"`},
		"a header that other things do":          {fmt.Errorf("%w", canonical.ErrHeaderSize), person, "a=1", nil, ""},
		"something else about a lot of cookies":  {edgeward.MalformedRequest, person, large, nil, ""},
		"what could not be told takes none away": {errors.New("store"), person, "a=1", nil, ""},
	} {
		h := edgeward.Header{}
		cookie.Repair(h, &edgeward.Request{Header: edgeward.Header{"Sec-Fetch-Mode": {row.mode}, "Cookie": {row.cookie}}}, row.err)
		if !slices.Equal(h["Set-Cookie"], row.set) || h.First("Clear-Site-Data") != row.site {
			t.Errorf("%s: %v", rule, h)
		}
	}
}
