package allow_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy/allow"
)

// An Alternative, for short.
type A = allow.Alternative

// now is the time of all tests.
var now = time.Unix(1_800_000_000, 0)

// sealed returns a rule that has to be right.
func sealed(t testing.TB, alternatives ...A) *allow.Rule {
	t.Helper()
	r := allow.Of(alternatives...)
	r.Seal(func(member, detail string) { t.Errorf("%s: %s", member, detail) })
	return &r
}

// ada is a user of whom much is said.
func ada(t testing.TB, change ...func(*edgeward.Identity)) *edgeward.Identity {
	t.Helper()
	id := edgeward.Identity{
		Issuer: "https://issuer.example", Subject: "4711", Permissions: []string{"orders:read", "orders:write"},
		Profile: &edgeward.Profile{
			Username: "ada", Email: "Ada@Example.com", Groups: []string{"staff", "/teams/blue"}, ACR: "gold", AuthTime: now.Add(-5 * time.Minute),
			Claims: map[string][]string{"department": {"sales", "support-eu"}},
		},
	}
	for _, c := range change {
		c(&id)
	}
	made, err := edgeward.NewIdentity(id)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func with(change func(*edgeward.Profile)) func(*edgeward.Identity) {
	return func(id *edgeward.Identity) { p := *id.Profile; change(&p); id.Profile = &p }
}

func emailed(address string) func(*edgeward.Identity) {
	return with(func(p *edgeward.Profile) { p.Email = address })
}

var office = netip.MustParseAddr("192.0.2.7")

func TestWhatSatisfiesAnAlternative(t *testing.T) {
	for rule, row := range map[string]struct {
		of   A
		who  func(*edgeward.Identity)
		want bool
	}{
		"a group":                         {of: A{Groups: []string{"admins", "staff"}}, want: true},
		"a group of others":               {of: A{Groups: []string{"admins"}}},
		"a group in another case":         {of: A{Groups: []string{"Staff"}}},
		"groups that begin so":            {of: A{Groups: []string{"/teams/*"}}, want: true},
		"groups that end so":              {of: A{Groups: []string{"*/blue"}}, want: true},
		"groups that hold it":             {of: A{Groups: []string{"*eam*"}}, want: true},
		"groups that do not":              {of: A{Groups: []string{"/team/*", "*/red", "*purple*"}}},
		"a part of a group":               {of: A{Groups: []string{"staf", "taff"}}},
		"an address":                      {of: A{Email: []string{"ada@example.com"}}, want: true},
		"an address written in capitals":  {of: A{Email: []string{"ADA@EXAMPLE.COM"}}, want: true},
		"a domain":                        {of: A{Email: []string{"*@example.com"}}, want: true},
		"a domain written in capitals":    {of: A{Email: []string{"*@EXAMPLE.com"}}, want: true},
		"a domain that ends so":           {of: A{Email: []string{"*@example.com"}}, who: emailed("x@evil-example.com")},
		"a subdomain":                     {of: A{Email: []string{"*@example.com"}}, who: emailed("x@sub.example.com")},
		"subdomains":                      {of: A{Email: []string{"*.example.com"}}, who: emailed("x@sub.example.com"), want: true},
		"the domain itself of subdomains": {of: A{Email: []string{"*.example.com"}}},
		"two domains":                     {of: A{Email: []string{"*@example.com"}}, who: emailed("x@evil@example.com")},
		"a domain alone":                  {of: A{Email: []string{"*@example.com"}}, who: emailed("@example.com")},
		"a domain before another":         {of: A{Email: []string{"*@example.com"}}, who: emailed("x@example.com.evil")},
		"the Kelvin sign":                 {of: A{Email: []string{"*@kelvin.example"}}, who: emailed("x@\u212aelvin.example")},
		"no address":                      {of: A{Email: []string{"*@example.com"}}, who: emailed("")},
		"a user name":                     {of: A{Username: []string{"bob", "ada"}}, want: true},
		"a user name in another case":     {of: A{Username: []string{"Ada"}}},
		"user names that begin so":        {of: A{Username: []string{"a*"}}, want: true},
		"no user name":                    {of: A{Username: []string{"a*"}}, who: with(func(p *edgeward.Profile) { p.Username = "" })},
		"a subject":                       {of: A{Subject: []string{"4711"}}, want: true},
		"another subject":                 {of: A{Subject: []string{"471", "47110"}}},
		"one permission of two":           {of: A{Permissions: []string{"nothing", "orders:write"}}, want: true},
		"a permission that is not there":  {of: A{Permissions: []string{"orders"}}},
		"a star is a permission":          {of: A{Permissions: []string{"orders:*"}}},
		"a claim":                         {of: A{Claims: map[string][]string{"department": {"sales"}}}, want: true},
		"a claim that begins so":          {of: A{Claims: map[string][]string{"department": {"support-*"}}}, want: true},
		"another value of a claim":        {of: A{Claims: map[string][]string{"department": {"hr"}}}},
		"a claim that is not there":       {of: A{Claims: map[string][]string{"tenant": {"a*"}}}},
		"two claims, of which one":        {of: A{Claims: map[string][]string{"department": {"sales"}, "tenant": {"a"}}}},
		"a network":                       {of: A{Networks: []string{"192.0.2.0/24"}}, want: true},
		"another network":                 {of: A{Networks: []string{"192.0.3.0/24", "2001:db8::/32"}}},
		"a class":                         {of: A{ACR: []string{"gold", "platinum"}}, want: true},
		"another class":                   {of: A{ACR: []string{"platinum"}}},
		"no class":                        {of: A{ACR: []string{"gold"}}, who: with(func(p *edgeward.Profile) { p.ACR = "" })},
		"an authentication of late":       {of: A{MaxAge: 10 * time.Minute}, want: true},
		"just so":                         {of: A{MaxAge: 5 * time.Minute}, want: true},
		"an authentication long ago":      {of: A{MaxAge: 4 * time.Minute}},
		"an authentication at no time":    {of: A{MaxAge: 10 * time.Minute}, who: with(func(p *edgeward.Profile) { p.AuthTime = time.Time{} })},
		"an authentication to come":       {of: A{MaxAge: 10 * time.Minute}, who: with(func(p *edgeward.Profile) { p.AuthTime = now.Add(time.Hour) })},
		"all of it": {of: A{
			Groups: []string{"staff"}, Email: []string{"*@example.com"}, Username: []string{"ada"}, Subject: []string{"4711"}, Permissions: []string{"orders:read"},
			Claims: map[string][]string{"department": {"sales"}}, Networks: []string{"192.0.2.0/24"}, ACR: []string{"gold"}, MaxAge: time.Hour,
		}, want: true},
		"all but one": {of: A{Groups: []string{"staff"}, Email: []string{"*@example.org"}}},
	} {
		t.Run(rule, func(t *testing.T) {
			id := ada(t)
			if row.who != nil {
				id = ada(t, row.who)
			}
			for i, more := range [][]A{{row.of}, {{Groups: []string{"none"}}, row.of}} {
				v := sealed(t, more...).Judge(id, office, now)
				if v.Held != row.want || v.Held && v.Alternative != i {
					t.Errorf("among %d: %+v", len(more), v)
				}
			}
		})
	}
}

func TestAnUnknownClientIsInNoNetwork(t *testing.T) {
	r, everywhere := sealed(t, A{Networks: []string{"0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"}}), allow.NetworksOf("0.0.0.0/1", "::/1")
	everywhere.Seal(func(_, detail string) { t.Error(detail) })
	for addr, want := range map[netip.Addr]bool{{}: false, office: true, netip.MustParseAddr("2001:db8::1"): true, netip.MustParseAddr("fe80::1%eth0"): false} {
		if got := r.Judge(ada(t), addr, now).Held; got != want {
			t.Errorf("%v: %t", addr, got)
		}
		if addr.IsValid() && addr != office {
			continue
		}
		if got := everywhere.Has(addr); got && !addr.IsValid() {
			t.Errorf("networks have %v", addr)
		}
	}
}

func TestWhatIsNotReadySatisfiesNobody(t *testing.T) {
	open := A{Subject: []string{"4711"}}
	unsealed, faulty, empty := allow.Of(open), allow.Of(open, A{}), allow.Of()
	faulty.Seal(func(string, string) {})
	empty.Seal(func(string, string) {})
	for name, r := range map[string]*allow.Rule{"the zero rule": {}, "not sealed": &unsealed, "faulty": &faulty, "empty": &empty} {
		if v := r.Judge(ada(t), office, now); v.Held || edgeward.ReasonOf(v.Err()) != edgeward.NotAllowed || v.String() == "" {
			t.Errorf("%s: %+v %s", name, v, v)
		}
	}
	made := *ada(t)
	for name, id := range map[string]*edgeward.Identity{"nil": nil, "a copy": &made, "a literal": {Subject: "4711"}} {
		if sealed(t, open).Judge(id, office, now).Held {
			t.Errorf("%s: held", name)
		}
	}
	networks := allow.NetworksOf("192.0.2.0/24")
	if networks.Has(office) {
		t.Error("networks that are not sealed have a client")
	}
}

func TestWhatIsRefused(t *testing.T) {
	list := func(n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprint(i))
		}
		return all
	}
	claims := map[string][]string{}
	for i := range allow.MaxClaims + 1 {
		claims[fmt.Sprint(i)] = []string{"v"}
	}
	for rule, row := range map[string]struct {
		of   A
		want string
	}{
		"nothing":                         {A{}, "1: an alternative that asks nothing would let every user in"},
		"an empty list":                   {A{Groups: []string{}}, "1.groups: an empty list accepts nothing"},
		"an empty value":                  {A{Groups: []string{""}}, "1.groups: an empty value fits nothing"},
		"a star":                          {A{Groups: []string{"*"}}, `1.groups: "*" fits every value`},
		"two stars":                       {A{Username: []string{"**"}}, `1.username: "**" fits every value`},
		"three stars":                     {A{Username: []string{"***"}}, `1.username: "***": a * stands for`},
		"a star within":                   {A{Username: []string{"a*b"}}, `1.username: "a*b": a * stands for any text at the beginning and at the end`},
		"too many values":                 {A{Groups: list(allow.MaxValues + 1)}, "1.groups: at most 256 values are possible"},
		"a long value":                    {A{Groups: []string{strings.Repeat("a", 256)}}, "1.groups: a value has at most 255 bytes"},
		"a control character":             {A{Groups: []string{"a\n"}}, `1.groups: "a\n" has control characters`},
		"any address":                     {A{Email: []string{"*"}}, `1.email: "*" fits every value`},
		"a domain that anyone owns":       {A{Email: []string{"ada@*"}}, `1.email: "ada@*": an address is given to its end`},
		"a domain that anyone registers":  {A{Email: []string{"*@example.*"}}, `1.email: "*@example.*": an address is given to its end`},
		"a part of a domain":              {A{Email: []string{"*example.com"}}, "takes in other domains that end so: write *@example.com"},
		"a domain":                        {A{Email: []string{"example.com"}}, "is no address: write name@example.com"},
		"a domain with its sign":          {A{Email: []string{"@example.com"}}, "is no address"},
		"a name":                          {A{Email: []string{"ada@"}}, "is no address"},
		"every domain":                    {A{Email: []string{"*@"}}, "is no address"},
		"two domains":                     {A{Email: []string{"a@b@c"}}, "has more than one @"},
		"a permission with a space":       {A{Permissions: []string{"a b"}}, "is not a scope-token"},
		"a class with a space":            {A{ACR: []string{"a b"}}, "has a sign that acr_values cannot have"},
		"an age in parts of a second":     {A{MaxAge: 90500 * time.Millisecond}, "1.max_age: not between"},
		"a network that is every address": {A{Networks: []string{"0.0.0.0/0"}}, "1.networks: 0.0.0.0/0 is every address of its kind"},
		"or every one of IPv6":            {A{Networks: []string{"::/0"}}, "1.networks: ::/0 is every address of its kind"},
		"a network that is an address":    {A{Networks: []string{"192.0.2.1"}}, "write 192.0.2.1/32"},
		"a network with bits beyond":      {A{Networks: []string{"192.0.2.1/24"}}, "did you mean 192.0.2.0/24?"},
		"a mapped network":                {A{Networks: []string{"::ffff:10.0.0.0/104"}}, "is IPv4 in IPv6 notation"},
		"a network with a zone":           {A{Networks: []string{"fe80::1%a/64"}}, "is not a block of addresses"},
		"no network":                      {A{Networks: []string{"office"}}, "is not a block of addresses"},
		"no claim":                        {A{Claims: map[string][]string{}}, "1.claims: no claim is named"},
		"a claim without values":          {A{Claims: map[string][]string{"a": {}}}, "1.claims.a: an empty list"},
		"a claim without a name":          {A{Claims: map[string][]string{"": {"a"}}}, "1.claims: the name of a claim has 1 to 64 bytes"},
		"too many claims":                 {A{Claims: claims}, "1.claims: at most 32 names are possible"},
		"too short an age":                {A{MaxAge: time.Second}, "1.max_age: not between 10s and 8784h in whole seconds"},
		"a negative age":                  {A{MaxAge: -time.Hour}, "1.max_age: not between"},
	} {
		var said []string
		r := allow.Of(row.of)
		r.Seal(func(member, detail string) { said = append(said, strings.TrimPrefix(member+": "+detail, ": ")) })
		if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, row.want) }) {
			t.Errorf("%s: %q, want %q", rule, said, row.want)
		}
	}
	many := allow.Of(slices.Repeat([]A{{Groups: []string{"a"}}}, allow.MaxAlternatives+1)...)
	var said string
	if many.Seal(func(_, detail string) { said += detail }); !strings.Contains(said, "at most 64 alternatives") {
		t.Errorf("many alternatives: %q", said)
	}
	networks := allow.NetworksOf("0.0.0.0/0", "10.0.0.0/8")
	said = ""
	if networks.Seal(func(_, detail string) { said += detail }); !strings.Contains(said, "every address") {
		t.Errorf("networks: %q", said)
	}
}

func TestTheNearestAlternative(t *testing.T) {
	for rule, row := range map[string]struct {
		of      []A
		want    string
		stepsUp bool
	}{
		"one":                           {[]A{{Groups: []string{"admins", "ops"}}}, "this is missing: groups: [admins, ops]", false},
		"the one with less":             {[]A{{Groups: []string{"admins"}, Username: []string{"bob"}}, {Groups: []string{"staff"}, Email: []string{"*@example.org"}}}, `none of 2 alternatives holds; the nearest is number 2, where this is missing: email: ["*@example.org"]`, false},
		"the first of two":              {[]A{{Username: []string{"bob"}}, {Groups: []string{"admins"}}}, "none of 2 alternatives holds; the nearest is number 1, where this is missing: username: [bob]", false},
		"what the user can cure":        {[]A{{Username: []string{"bob"}}, {Groups: []string{"staff"}, ACR: []string{"platinum"}, MaxAge: time.Minute}}, "none of 2 alternatives holds; the nearest is number 2, where this is missing: acr: [platinum], max_age: 1m", true},
		"what the user cannot cure":     {[]A{{Groups: []string{"admins"}, ACR: []string{"platinum"}}}, "this is missing: groups: [admins], acr: [platinum]", false},
		"a network":                     {[]A{{Networks: []string{"10.0.0.0/8"}}}, "this is missing: networks: [10.0.0.0/8]", false},
		"a claim":                       {[]A{{Claims: map[string][]string{"tenant id": {"a"}}}}, `this is missing: claims."tenant id": [a]`, false},
		"a part of many":                {[]A{{Groups: []string{"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9"}}}, "groups: [a1, a2, a3, a4, a5, a6, a7, a8] or one of 1 more", false},
		"a line of bounded length":      {[]A{{Groups: []string{strings.Repeat("ö", 100), strings.Repeat("o", 255)}}}, "…", false},
		"and nothing that the user has": {[]A{{Groups: []string{"x"}}}, "this is missing: groups: [x]", false},
	} {
		v := sealed(t, row.of...).Judge(ada(t), office, now)
		err := v.Err()
		if edgeward.ReasonOf(err) != edgeward.NotAllowed || !strings.HasSuffix(err.Error(), row.want) || len(err.Error()) > 600 {
			t.Errorf("%s: %v, want %s", rule, err, row.want)
		}
		if _, ok := v.StepUp(); ok != row.stepsUp {
			t.Errorf("%s: a step-up helps: %t", rule, ok)
		}
	}
	r := sealed(t, A{Groups: []string{"staff"}}, A{Groups: []string{"staff"}, ACR: []string{"platinum", "gold"}, MaxAge: time.Minute})
	r = sealed(t, r.Alternatives()[1])
	asked, ok := r.Judge(ada(t), office, now).StepUp()
	if !ok || asked.MaxAge != time.Minute || !slices.Equal(asked.ACR, []string{"platinum", "gold"}) {
		t.Errorf("%+v %t: what holds now has to hold again, by preference", asked, ok)
	}
	if all := sealed(t, A{Groups: []string{"staff"}}, A{MaxAge: time.Minute}).StepUps(); len(all) != 1 || all[0].MaxAge != time.Minute {
		t.Errorf("%+v", all)
	}
}

func TestTexts(t *testing.T) {
	r := sealed(t, A{
		Groups: []string{"b", "a", "b", "true", "7"}, Email: []string{"*@Example.com", "*@example.COM"}, Networks: []string{"192.0.2.0/24", "2001:db8::/32"},
		Claims: map[string][]string{"b": {"x"}, "a": {"y: z"}}, MaxAge: 90 * time.Minute,
	}, A{ACR: []string{"urn:gold"}})
	want := []string{
		`{groups: ["7", a, b, "true"], email: ["*@example.com"], networks: [192.0.2.0/24, "2001:db8::/32"], claims: {a: ["y: z"], b: [x]}, max_age: 1h30m}`,
		`{acr: ["urn:gold"]}`,
	}
	if got := r.Texts(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	again := allow.Of(r.Alternatives()...)
	if !r.Equal(&again) || r.Equal(sealed(t, A{Groups: []string{"a"}})) {
		t.Error("not equal to itself, or to another")
	}
}

func TestARuleIsItsOwn(t *testing.T) {
	a := A{Groups: []string{"a"}, Claims: map[string][]string{"c": {"a"}}, Email: []string{"A@b"}}
	r := allow.Of(a)
	a.Groups[0], a.Claims["c"][0], a.Claims["d"] = "staff", "sales", nil
	if got := r.Texts()[0]; got != `{groups: [a], email: [a@b], claims: {c: [a]}}` || a.Email[0] != "A@b" {
		t.Error(got, a.Email)
	}
}

func TestAsksAsMuch(t *testing.T) {
	staff, sales := A{Groups: []string{"staff"}}, A{Claims: map[string][]string{"department": {"sales"}}}
	for rule, row := range map[string]struct {
		mine, others []A
		want         bool
	}{
		"nothing, of nothing":        {nil, nil, true},
		"something, of nothing":      {[]A{staff}, nil, true},
		"nothing, of something":      {nil, []A{staff}, false},
		"the same":                   {[]A{staff, sales}, []A{sales, staff}, true},
		"an alternative less":        {[]A{staff}, []A{sales, staff}, true},
		"an alternative more":        {[]A{staff, sales}, []A{staff}, false},
		"a condition more":           {[]A{{Groups: []string{"staff"}, Username: []string{"ada"}}}, []A{staff}, true},
		"a condition less":           {[]A{staff}, []A{{Groups: []string{"staff"}, Username: []string{"ada"}}}, false},
		"a group of those":           {[]A{staff}, []A{{Groups: []string{"admins", "staff"}}}, true},
		"a group more":               {[]A{{Groups: []string{"admins", "staff"}}}, []A{staff}, false},
		"a group of a pattern":       {[]A{staff}, []A{{Groups: []string{"st*"}}}, true},
		"a pattern of a group":       {[]A{{Groups: []string{"st*"}}}, []A{staff}, false},
		"a pattern of a pattern":     {[]A{{Groups: []string{"sta*"}}}, []A{{Groups: []string{"st*"}}}, true},
		"a wider pattern":            {[]A{{Groups: []string{"*st*"}}}, []A{{Groups: []string{"st*"}}}, false},
		"another end":                {[]A{{Groups: []string{"*st"}}}, []A{{Groups: []string{"st*"}}}, false},
		"an address of a domain":     {[]A{{Email: []string{"ada@example.com"}}}, []A{{Email: []string{"*@example.com"}}}, true},
		"a smaller network":          {[]A{{Networks: []string{"10.1.0.0/16"}}}, []A{{Networks: []string{"192.0.2.0/24", "10.0.0.0/8"}}}, true},
		"a larger network":           {[]A{{Networks: []string{"10.0.0.0/8"}}}, []A{{Networks: []string{"10.1.0.0/16"}}}, false},
		"a shorter time":             {[]A{{MaxAge: time.Minute}}, []A{{MaxAge: time.Hour}}, true},
		"a longer time":              {[]A{{MaxAge: time.Hour}}, []A{{MaxAge: time.Minute}}, false},
		"another claim":              {[]A{sales}, []A{{Claims: map[string][]string{"tenant": {"sales"}}}}, false},
		"another kind of the same":   {[]A{{Username: []string{"staff"}}}, []A{staff}, false},
		"a permission of those":      {[]A{{Permissions: []string{"a"}}}, []A{{Permissions: []string{"a", "b"}}}, true},
		"any of those that it wants": {[]A{{Permissions: []string{"a", "b"}}}, []A{{Permissions: []string{"a"}}}, false},
	} {
		if got := sealed(t, row.mine...).AsksAsMuch(sealed(t, row.others...)); got != row.want {
			t.Errorf("%s: %t", rule, got)
		}
	}
}

// 20 alternatives and 200 groups, of which none or the last is one.
func BenchmarkJudge(b *testing.B) {
	var groups []string
	for i := range 200 {
		groups = append(groups, fmt.Sprintf("0b3b7a52-5c4e-4d3a-9d55-%012d", i))
	}
	var none []A
	for i := range 20 {
		none = append(none, A{Groups: []string{fmt.Sprintf("1c3b7a52-5c4e-4d3a-9d55-%012d", i)}})
	}
	last := append(none[:19:19], A{Groups: groups[77:78]})
	id := ada(b, with(func(p *edgeward.Profile) { p.Groups = groups }))
	for name, r := range map[string]*allow.Rule{"none": sealed(b, none...), "last": sealed(b, last...)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if v := r.Judge(id, office, now); v.Held == (name == "none") {
					b.Fatal(v)
				}
			}
		})
	}
}

func TestAVerdictAllocatesNothing(t *testing.T) {
	r := sealed(t, A{Groups: []string{"none"}, ACR: []string{"platinum"}}, A{Email: []string{"*@example.org", "bob@example.com"}}, A{Claims: map[string][]string{"department": {"a*"}}})
	id := ada(t)
	if n := testing.AllocsPerRun(100, func() { r.Judge(id, office, now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
