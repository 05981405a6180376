package fields

import (
	"strconv"

	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/canonical/fieldname"
)

// forwarded are the fields of the forwarded family, folded, that say who makes a
// request and not where it came from.
var forwarded = [...]string{"x-forwarded-user", "x-forwarded-email", "x-forwarded-groups", "x-forwarded-preferred-username"}

// CheckName returns why an identity cannot be named by a field, and "" when it can: the
// field is removed from all requests, on whichever route of whichever host.
func CheckName(name string) string {
	if detail := checkSpelling(name); detail != "" {
		return detail
	}
	switch fieldname.ClassOf(name) {
	case fieldname.Identity:
		return "Edgeward says this by itself"
	case fieldname.HopByHop:
		return "it is for one connection (RFC 9110 §7.6.1): an application never sees it"
	case fieldname.Misleads:
		return "servers take it for another method, path, host or variable of CGI"
	case fieldname.Told:
		if !isForwarded(name) {
			return "proxies say by it where a request came from"
		}
		return ""
	}
	switch {
	case fieldname.Fold(name) == "authorization":
		return "authorization says what stands in this field"
	case fieldname.IsStandard(name):
		return "it has a meaning of its own, and would be removed from all requests"
	}
	return ""
}

func isForwarded(name string) bool {
	for _, f := range forwarded {
		if fieldname.Fold(name) == f {
			return true
		}
	}
	return false
}

// checkSpelling refuses what is no name, or one that cannot be told from another.
func checkSpelling(name string) string {
	switch {
	case canonical.FieldName(name) == "" || len(name) > fieldname.MaxLength:
		return strconv.Quote(name[:min(len(name), fieldname.MaxLength)]) + " is no field name of at most " + strconv.Itoa(fieldname.MaxLength) + " bytes (RFC 9110 §5.1)"
	case fieldname.IsIrregular(name):
		return "- is the one sign that a name can have: web servers drop the others, or take them for another field"
	}
	return ""
}
