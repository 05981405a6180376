package explain

import (
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/edgeward/edgeward/internal/cli/ui"
)

// Flags adds to f what imagines a user, and where the request comes from. What it
// returns reads them.
func Flags(f *pflag.FlagSet) func() (Asked, error) {
	var u User
	f.StringArrayVar(&u.Profile.Groups, "group", nil, "imagine a user in this `group`; repeat for several")
	f.StringVar(&u.Profile.Email, "email", "", "imagine a user with this verified `address`")
	f.StringVar(&u.Profile.Username, "username", "", "imagine a user of this `name`")
	f.StringVar(&u.Subject, "subject", "", "imagine this `subject`")
	f.StringVar(&u.Issuer, "issuer", "", "imagine that this `issuer` names the user")
	f.StringArrayVar(&u.Permissions, "permission", nil, "imagine a user with this `permission`; repeat for several")
	f.StringVar(&u.Profile.ACR, "acr", "", "imagine a user who authenticated by this `class`")
	claims := f.StringArray("claim", nil, "imagine a user with this claim, as `name=value`; repeat for several")
	ago := f.Duration("authenticated", 0, "imagine a user who authenticated this `long` ago")
	from := f.String("from", "", "`address` that the request comes from; the loopback address if not said")
	return func() (asked Asked, err error) {
		for _, claim := range *claims {
			name, value, found := strings.Cut(claim, "=")
			if !found || name == "" {
				return asked, ui.Advise("like this: --claim department=sales", "a claim needs a name and a value")
			}
			if u.Profile.Claims == nil {
				u.Profile.Claims = map[string][]string{}
			}
			u.Profile.Claims[name] = append(u.Profile.Claims[name], value)
		}
		if f.Changed("authenticated") {
			u.Profile.AuthTime = time.Now().Add(-*ago).Truncate(time.Second)
		}
		if !u.Profile.IsZero() || len(u.Permissions) > 0 || u.Subject != "" || u.Issuer != "" {
			asked.User = &u
		}
		if *from != "" {
			addr, err := netip.ParseAddr(*from)
			if err != nil {
				return asked, ui.Advise("like this: --from 192.0.2.7", "%q is no address", *from)
			}
			asked.From = addr.Unmap().WithZone("")
		}
		return asked, nil
	}
}
