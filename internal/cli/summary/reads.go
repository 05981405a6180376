package summary

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/claim"
)

// reads says what is read of an issuer's users, and from which claims. What is so for
// every issuer that says nothing of it is left out.
func reads(m *claim.Map, permissionClaims []string) (all []string) {
	add := func(what string, s claim.Source, more string) {
		if !s.IsZero() {
			all = append(all, what+": "+s.String()+more)
		}
	}
	assumed := ""
	if m.EmailAssumed {
		assumed = ", assumed to be verified"
	}
	add("subject", m.Subject, "")
	add("username", m.Username, "")
	add("email", m.Email, assumed)
	add("name", m.Name, "")
	add("groups", m.Groups, "")
	for _, name := range slices.Sorted(maps.Keys(m.Claims)) {
		add("claims."+name, m.Claims[name], "")
	}
	var given []string
	for _, value := range slices.Sorted(maps.Keys(m.Permissions.Map)) {
		given = append(given, value+" gives "+cmp.Or(strings.Join(m.Permissions.Map[value], " "), "none"))
	}
	if m.Permissions.Prefix != "" {
		given = append(given, "others give "+m.Permissions.Prefix+"VALUE")
	}
	add("permissions", m.Permissions.Source, "; "+strings.Join(given, ", "))
	if permissionClaims != nil {
		as := strings.Join(permissionClaims, ", ")
		if as == "" {
			as = "none"
		}
		all = append(all, "permissions as they are: "+as)
	}
	return all
}

func printReads(w io.Writer, of string, all []string) {
	for _, line := range all {
		fmt.Fprintf(w, "  %s\t%s\n", of, line)
		of = ""
	}
}
