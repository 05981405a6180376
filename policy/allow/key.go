package allow

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
)

// The keys of an alternative, in their order.
const (
	keyGroups = iota
	keyEmail
	keyUsername
	keySubject
	keyPermissions
	keyACR
	keyNetworks
	keyClaims
	keyMaxAge
)

// names are those of the keys.
var names = [...]string{"groups", "email", "username", "subject", "permissions", "acr", "networks", "claims", "max_age"}

// lists are the keys that are lists of text.
var lists = [...]list{
	keyGroups:      {func(a *Alternative) *[]string { return &a.Groups }, checkText, true, "[admins, /teams/*]"},
	keyEmail:       {func(a *Alternative) *[]string { return &a.Email }, checkEmail, true, `["*@example.com"]`},
	keyUsername:    {func(a *Alternative) *[]string { return &a.Username }, checkText, true, "[ada]"},
	keySubject:     {func(a *Alternative) *[]string { return &a.Subject }, checkText, true, "[4711]"},
	keyPermissions: {func(a *Alternative) *[]string { return &a.Permissions }, checkPermission, false, "[orders:read]"},
	keyACR:         {func(a *Alternative) *[]string { return &a.ACR }, checkACR, false, "[phr]"},
	keyNetworks:    {func(a *Alternative) *[]string { return &a.Networks }, checkNetwork, false, networksExample},
}

type list struct {
	at       func(*Alternative) *[]string
	check    func(string) string
	patterns bool // a star at an end of a value stands for any text
	example  string
}

// conditions are an alternative, ready to be asked.
type conditions []condition

// seal checks a, which is canonical, and makes it ready.
func (a *Alternative) seal(report func(key, detail string)) (all conditions) {
	for key := range lists {
		if values := *lists[key].at(a); values != nil {
			all = append(all, compile(key, "", values, &lists[key], func(detail string) { report(names[key], detail) }))
		}
	}
	if len(a.Claims) > MaxClaims {
		report(names[keyClaims], tooMany("names", MaxClaims))
	}
	if a.Claims != nil && len(a.Claims) == 0 {
		report(names[keyClaims], "no claim is named")
	}
	for _, name := range slices.Sorted(maps.Keys(a.Claims)) {
		if name == "" || len(name) > maxClaimName {
			report(names[keyClaims], "the name of a claim has 1 to "+strconv.Itoa(maxClaimName)+" bytes")
		}
		all = append(all, compile(keyClaims, name, a.Claims[name], &lists[keyUsername], func(detail string) { report(names[keyClaims]+"."+name, detail) }))
	}
	if a.MaxAge != 0 {
		if a.MaxAge < LeastAge || a.MaxAge > MostAge || a.MaxAge%time.Second != 0 {
			report(names[keyMaxAge], "not between "+short(LeastAge)+" and "+short(MostAge)+" in whole seconds")
		}
		all = append(all, condition{key: keyMaxAge, stepUp: edgeward.StepUp{MaxAge: a.MaxAge}})
	}
	if len(all) == 0 {
		report("", "an alternative that asks nothing would let every user in: leave allow out, or ask for something")
	}
	return all
}

func compile(key int, name string, values []string, l *list, report func(string)) condition {
	c := condition{key: key, name: name}
	if detail := checkLength(values); detail != "" {
		report(detail)
	}
	for _, v := range values {
		p := pattern{text: v}
		if l.patterns {
			p = parsePattern(v)
		}
		detail := l.check(v)
		switch {
		case len(v) > edgeward.MaxProfileValue:
			detail = fmt.Sprintf("a value has at most %d bytes", edgeward.MaxProfileValue)
		case v == "":
			detail = "an empty value fits nothing"
		case l.patterns && p.text == "":
			detail = fmt.Sprintf("%q fits every value: leave the key out, or say which", v)
		case l.patterns && strings.Contains(p.text, "*"):
			detail = fmt.Sprintf("%q: a * stands for any text at the beginning and at the end of a value, and nowhere else", v)
		}
		switch {
		case detail != "":
			report(detail)
		case p.open():
			c.patterns = append(c.patterns, p)
		case key == keyGroups:
			c.groups = append(c.groups, edgeward.GroupOf(v))
		case key == keyACR:
			c.stepUp.ACR = append(c.stepUp.ACR, v)
		case key == keyNetworks:
			c.networks = append(c.networks, netip.MustParsePrefix(v))
			c.exact = append(c.exact, v)
		default:
			c.exact = append(c.exact, v)
		}
	}
	return c
}

func checkLength(values []string) string {
	switch {
	case len(values) == 0:
		return "an empty list accepts nothing: leave the key out, or name what is accepted"
	case len(values) > MaxValues:
		return tooMany("values", MaxValues)
	}
	return ""
}

func tooMany(what string, most int) string {
	return fmt.Sprintf("at most %d %s are possible", most, what)
}

// checkText wants what the profile of an identity can have.
func checkText(v string) string {
	if !edgeward.IsFieldValue(v) {
		return fmt.Sprintf("%q has control characters or outer spaces, as no value of an identity has", v)
	}
	return ""
}

// checkACR wants what a list with spaces between can ask for.
func checkACR(v string) string {
	if !edgeward.IsScopeToken(v) {
		return fmt.Sprintf("%q has a sign that acr_values cannot have", v)
	}
	return ""
}

func checkPermission(v string) string {
	if !edgeward.IsScopeToken(v) {
		return fmt.Sprintf("%q is not a scope-token (RFC 6749 §3.3), so no credential can hold it", v)
	}
	return ""
}

// checkEmail refuses addresses that are none, and patterns that take in domains which
// any one may register.
func checkEmail(v string) string {
	p := parsePattern(v)
	at := strings.Count(p.text, "@")
	switch {
	case at > 1:
		return fmt.Sprintf("%q has more than one @, as no address has", v)
	case p.after:
		return fmt.Sprintf("%q: an address is given to its end: any one may register a domain that begins so", v)
	case p.before && at == 0 && !strings.HasPrefix(p.text, "."):
		return fmt.Sprintf("%q takes in other domains that end so: write *@%s, or *.%s for the domains below it", v, p.text, p.text)
	case !p.before && at == 0, strings.HasPrefix(v, "@"), strings.HasSuffix(v, "@"):
		return fmt.Sprintf("%q is no address: write name@example.com, or *@example.com", v)
	}
	return checkText(v)
}
