package claim_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/jwt"
)

func document(t testing.TB, text string) claim.Document {
	t.Helper()
	v, err := jwt.ParseObject(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return claim.Object(v)
}

// What issuers send, by the form that they send it in.
func TestShapes(t *testing.T) {
	for shape, row := range map[string]struct {
		claims string
		from   claim.Source
		want   string // space-separated
		note   string // a part of it; "" for none
	}{
		"Keycloak, realm roles":            {`{"realm_access":{"roles":["editor","viewer"]}}`, claim.Source{Name: "realm_access.roles"}, "editor viewer", ""},
		"Keycloak, roles of a client":      {`{"resource_access":{"app":{"roles":["editor"]},"other":{"roles":["admin"]}}}`, claim.Source{Name: "resource_access.app.roles"}, "editor", ""},
		"Keycloak, a client with dots":     {`{"resource_access":{"app.example.com":{"roles":["editor"]}}}`, claim.Source{Name: "resource_access.app.example.com.roles"}, "editor", ""},
		"Auth0, a URL":                     {`{"https://app.example/roles":["editor"]}`, claim.Source{Name: "https://app.example/roles"}, "editor", ""},
		"Cognito":                          {`{"cognito:groups":["staff","admins"]}`, claim.Source{Name: "cognito:groups"}, "admins staff", ""},
		"Entra, roles":                     {`{"roles":["Orders.Read"]}`, claim.Source{Name: "roles"}, "Orders.Read", ""},
		"Entra, groups":                    {`{"groups":["0b3b7a52-5c4e-4d3a-9d55-000000000001"]}`, claim.Source{Name: "groups"}, "0b3b7a52-5c4e-4d3a-9d55-000000000001", ""},
		"Entra, wids":                      {`{"wids":["b79fbf4d-3ef9-4689-8143-76b194e85509"]}`, claim.Source{Name: "wids"}, "b79fbf4d-3ef9-4689-8143-76b194e85509", ""},
		"Entra, too many groups":           {`{"_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://graph.example/"}}}`, claim.Source{Name: "groups"}, "", "too many"},
		"Zitadel, keys":                    {`{"urn:zitadel:iam:org:project:roles":{"editor":{"1":"acme.example"},"viewer":{"1":"acme.example"}}}`, claim.Source{Name: "urn:zitadel:iam:org:project:roles", Keys: true}, "editor viewer", ""},
		"Zitadel, keys within an array":    {`{"urn:zitadel:iam:org:project:roles":[{"editor":{}},{"viewer":{}}]}`, claim.Source{Name: "urn:zitadel:iam:org:project:roles", Keys: true}, "editor viewer", ""},
		"Firebase, switches":               {`{"roles":{"admin":false,"editor":true,"viewer":null}}`, claim.Source{Name: "roles", Keys: true}, "editor", ""},
		"Descope, tenants":                 {`{"tenants":{"T1":{"roles":["a"]},"T2":{}}}`, claim.Source{Name: "tenants", Keys: true}, "T1 T2", ""},
		"members of objects":               {`{"groups":[{"id":1,"name":"staff"},{"id":2,"name":"admins"}]}`, claim.Source{Name: "groups", Members: "name"}, "admins staff", ""},
		"members that are numbers":         {`{"groups":[{"id":1},{"id":2},{}]}`, claim.Source{Name: "groups", Members: "id"}, "1 2", ""},
		"a member of one object":           {`{"group":{"name":"staff"}}`, claim.Source{Name: "group", Members: "name"}, "staff", ""},
		"Supabase, amr":                    {`{"amr":[{"method":"totp","timestamp":1},{"method":"password"}]}`, claim.Source{Name: "amr", Members: "method"}, "password totp", ""},
		"Clerk, commas":                    {`{"o":{"per":"read,write, manage"}}`, claim.Source{Name: "o.per", Split: claim.Comma}, "manage read write", ""},
		"spaces":                           {`{"roles":"editor  viewer"}`, claim.Source{Name: "roles", Split: claim.Space}, "editor viewer", ""},
		"one string":                       {`{"role":"authenticated"}`, claim.Source{Name: "role"}, "authenticated", ""},
		"AD FS, one string with a space":   {`{"group":"Users"}`, claim.Source{Name: "group"}, "Users", ""},
		"IAP":                              {`{"google":{"access_levels":["accessPolicies/1/accessLevels/office"]}}`, claim.Source{Name: "google.access_levels"}, "accessPolicies/1/accessLevels/office", ""},
		"Stytch":                           {`{"https://stytch.com/session":{"roles":["admin"]}}`, claim.Source{Name: "https://stytch.com/session.roles"}, "admin", ""},
		"a boolean":                        {`{"staff":true}`, claim.Source{Name: "staff"}, "true", ""},
		"numbers":                          {`{"ids":[7,42.0,1e3,18446744073709551616]}`, claim.Source{Name: "ids"}, "1000 18446744073709551616 42 7", ""},
		"only those that match":            {`{"groups":["app-a","app-b","other","x-app"]}`, claim.Source{Name: "groups", Only: []string{"app-*", "oth*"}}, "app-a app-b other", ""},
		"twice":                            {`{"groups":["a","b","a"]}`, claim.Source{Name: "groups"}, "a b", ""},
		"the exact name before a path":     {`{"a.b":["exact"],"a":{"b":["path"]}}`, claim.Source{Name: "a.b"}, "exact", ""},
		"absent":                           {`{"other":[]}`, claim.Source{Name: "groups"}, "", ""},
		"null":                             {`{"groups":null}`, claim.Source{Name: "groups"}, "", ""},
		"null in an array":                 {`{"groups":[null,"a"]}`, claim.Source{Name: "groups"}, "", "no value"},
		"null in an object":                {`{"a":{"groups":null}}`, claim.Source{Name: "a.groups"}, "", ""},
		"an empty array":                   {`{"groups":[]}`, claim.Source{Name: "groups"}, "", ""},
		"a path through a string":          {`{"a":"text"}`, claim.Source{Name: "a.b"}, "", ""},
		"an object without keys":           {`{"groups":{"a":1}}`, claim.Source{Name: "groups"}, "", "is an object"},
		"an array of objects":              {`{"groups":[{"name":"a"},"b"]}`, claim.Source{Name: "groups"}, "", "members says"},
		"an array in an array":             {`{"groups":[["a"],"b"]}`, claim.Source{Name: "groups"}, "", "no value"},
		"a fraction":                       {`{"groups":1.5}`, claim.Source{Name: "groups"}, "", "not whole"},
		"a number that could be two":       {`{"groups":1e300}`, claim.Source{Name: "groups"}, "", "not whole"},
		"keys of a list":                   {`{"groups":["a"]}`, claim.Source{Name: "groups", Keys: true}, "", "is no object"},
		"members of a list of strings":     {`{"groups":["a"]}`, claim.Source{Name: "groups", Members: "name"}, "", "no array of objects"},
		"members that are objects":         {`{"groups":[{"name":{}}]}`, claim.Source{Name: "groups", Members: "name"}, "", "no value"},
		"a value that would split a field": {`{"groups":["a\r\nX: y","b"," c"]}`, claim.Source{Name: "groups"}, "b", "control characters"},
	} {
		t.Run(shape, func(t *testing.T) {
			m := claim.Map{Groups: row.from}
			if err := m.Check(); err != nil {
				t.Fatal(err)
			}
			user, err := m.Read(document(t, row.claims))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			if user.Profile != nil {
				got = user.Profile.Groups
			}
			if strings.Join(got, " ") != row.want {
				t.Errorf("groups %q, want %q", got, row.want)
			}
			switch {
			case row.note == "" && len(user.Notes) > 0:
				t.Errorf("notes %v, want none", user.Notes)
			case row.note != "" && (len(user.Notes) != 1 || user.Notes[0].Claim != row.from.Name || !strings.Contains(user.Notes[0].Problem, row.note)):
				t.Errorf("notes %v, want %q of %q", user.Notes, row.note, row.from.Name)
			}
		})
	}
}

func TestTheSubject(t *testing.T) {
	for shape, row := range map[string]struct {
		claims string
		from   claim.Source
		want   string
	}{
		"sub":                             {`{"sub":"alice","oid":"o1"}`, claim.Source{}, "alice"},
		"another claim":                   {`{"sub":"pairwise","oid":"o1"}`, claim.Source{Name: "oid"}, "o1"},
		"a client":                        {`{"client_id":"batch"}`, claim.Source{Name: "client_id"}, "batch"},
		"Maskinporten":                    {`{"consumer":{"authority":"iso6523-actorid-upis","ID":"0192:991825827"}}`, claim.Source{Name: "consumer.ID"}, "0192:991825827"},
		"Cloudflare's service tokens":     {`{"sub":"","common_name":"c.access"}`, claim.Source{Name: "common_name"}, "c.access"},
		"a number":                        {`{"id":1234567890123}`, claim.Source{Name: "id"}, "1234567890123"},
		"a number in another spelling":    {`{"id":1.234567890123e12}`, claim.Source{Name: "id"}, "1234567890123"},
		"a number that could be two":      {`{"id":1.2345678901234567e30}`, claim.Source{Name: "id"}, ""},
		"one in an array":                 {`{"ids":["a"]}`, claim.Source{Name: "ids"}, "a"},
		"two in an array":                 {`{"ids":["a","b"]}`, claim.Source{Name: "ids"}, ""},
		"a boolean":                       {`{"id":true}`, claim.Source{Name: "id"}, ""},
		"none, and no other in its place": {`{"sub":"alice"}`, claim.Source{Name: "oid"}, ""},
		"an address":                      {`{"email":"a@example.com","email_verified":true}`, claim.Source{Name: "email"}, "a@example.com"},
		"an address of another user":      {`{"email":"a@example.com","email_verified":false}`, claim.Source{Name: "email"}, ""},
	} {
		t.Run(shape, func(t *testing.T) {
			m := claim.Map{Subject: row.from}
			user, err := m.Read(document(t, row.claims))
			if err != nil || user.Subject != row.want || user.Profile != nil {
				t.Errorf("%+v, %v, want %q and no profile", user, err, row.want)
			}
		})
	}
}

// An address that is not verified is another user's, maybe.
func TestAnAddressIsVerified(t *testing.T) {
	for rule, row := range map[string]struct {
		documents []string
		assumed   bool
		want      string
	}{
		"true":                      {[]string{`{"email":"a@x","email_verified":true}`}, false, "a@x"},
		"true as a string":          {[]string{`{"email":"a@x","email_verified":"true"}`}, false, "a@x"},
		"false":                     {[]string{`{"email":"a@x","email_verified":false}`}, false, ""},
		"false as a string":         {[]string{`{"email":"a@x","email_verified":"false"}`}, false, ""},
		"1":                         {[]string{`{"email":"a@x","email_verified":1}`}, false, ""},
		"nothing":                   {[]string{`{"email":"a@x"}`}, false, ""},
		"null":                      {[]string{`{"email":"a@x","email_verified":null}`}, false, ""},
		"assumed":                   {[]string{`{"email":"a@x"}`}, true, "a@x"},
		"said by the next":          {[]string{`{"email":"a@x"}`, `{"email":"b@x","email_verified":true}`}, false, "b@x"},
		"said beside no address":    {[]string{`{"email":"a@x"}`, `{"email_verified":true}`}, false, ""},
		"of another address":        {[]string{`{"email_verified":true}`, `{"email":"b@x"}`}, false, ""},
		"no, whatever the next say": {[]string{`{"email":"a@x","email_verified":false}`, `{"email":"b@x","email_verified":true}`}, false, ""},
	} {
		t.Run(rule, func(t *testing.T) {
			m := claim.Map{Email: claim.Source{Name: "email"}, Username: claim.Source{Name: "email"}, Claims: map[string]claim.Source{"mail": {Name: "email"}},
				Permissions: claim.Permissions{Source: claim.Source{Name: "email"}, Prefix: "mail:"}, EmailAssumed: row.assumed}
			var all []claim.Document
			for _, d := range row.documents {
				all = append(all, document(t, d))
			}
			user, err := m.Read(all...)
			p := user.Profile
			if p == nil {
				p = &edgeward.Profile{}
			}
			if err != nil || p.Email != row.want || p.Username != row.want || strings.Join(p.Claims["mail"], " ") != row.want || (len(user.Permissions) > 0) != (row.want != "") {
				t.Errorf("%+v, permissions %q, %v, want %q everywhere", p, user.Permissions, err, row.want)
			}
		})
	}
}

func TestPermissions(t *testing.T) {
	mapped := map[string][]string{"staff": {"orders:read"}, "boss": {"orders:write", "orders:read"}, "Domain Users": {"app"}, "none": {}}
	for rule, row := range map[string]struct {
		claims string
		p      claim.Permissions
		want   string
	}{
		"a map gives exactly what it lists": {`{"r":["boss","admin","none"]}`, claim.Permissions{Source: claim.Source{Name: "r"}, Map: mapped}, "orders:read orders:write"},
		"a string at spaces":                {`{"r":"staff admin"}`, claim.Permissions{Source: claim.Source{Name: "r"}, Map: mapped}, "orders:read"},
		"a string that is listed whole":     {`{"r":"Domain Users"}`, claim.Permissions{Source: claim.Source{Name: "r"}, Map: mapped}, "app"},
		"one that is listed for nothing":    {`{"r":"Domain Users"}`, claim.Permissions{Source: claim.Source{Name: "r"}, Map: map[string][]string{"Domain Users": nil, "Users": {"admin"}}}, ""},
		"a string at commas":                {`{"r":"Domain Users,staff"}`, claim.Permissions{Source: claim.Source{Name: "r", Split: claim.Comma}, Map: mapped}, "app orders:read"},
		"a prefix":                          {`{"r":["editor","Domain Users","a\"b"]}`, claim.Permissions{Source: claim.Source{Name: "r"}, Prefix: "role:"}, "role:editor"},
		"a prefix for what is not listed":   {`{"r":["staff","editor","none"]}`, claim.Permissions{Source: claim.Source{Name: "r"}, Map: mapped, Prefix: "role:"}, "orders:read role:editor"},
		"nothing by itself":                 {`{"scope":"admin","permissions":["admin"],"roles":["admin"]}`, claim.Permissions{}, ""},
		"keys":                              {`{"r":{"staff":{},"x":{}}}`, claim.Permissions{Source: claim.Source{Name: "r", Keys: true}, Map: mapped}, "orders:read"},
	} {
		t.Run(rule, func(t *testing.T) {
			m := claim.Map{Permissions: row.p}
			if err := m.Check(); err != nil {
				t.Fatal(err)
			}
			user, err := m.Read(document(t, row.claims))
			if err != nil || strings.Join(user.Permissions, " ") != row.want {
				t.Errorf("%q, %v, want %q", user.Permissions, err, row.want)
			}
		})
	}
}

func TestWhatOneDocumentDoesNotSayTheNextMay(t *testing.T) {
	m := claim.Map{Username: claim.Source{Name: "preferred_username"}, Name: claim.Source{Name: "name"}, Groups: claim.Source{Name: "groups"},
		Claims: map[string]claim.Source{"department": {Name: "ext.department"}}}
	id, info := document(t, `{"sub":"s","preferred_username":"ada","groups":[],"acr":"gold","auth_time":1700000000}`), document(t, `{"preferred_username":"eve","name":"Ada","groups":["admins"],"ext":{"department":"r&d"},"acr":"lead"}`)
	if !m.Missing(id) || m.Missing(id, info) {
		t.Error("the first lacks name and department, both together nothing")
	}
	user, err := m.Read(id, info)
	want := &edgeward.Profile{Username: "ada", Name: "Ada", Claims: map[string][]string{"department": {"r&d"}}, ACR: "gold", AuthTime: time.Unix(1700000000, 0)}
	if err != nil || !reflect.DeepEqual(user.Profile, want) {
		t.Errorf("%+v, %v, want %+v: an empty list of groups is one", user.Profile, err, want)
	}
}

// How a user authenticated is what the token says that came of it, not what is said of
// the user.
func TestTheAuthenticationIsTheTokens(t *testing.T) {
	user, err := new(claim.Map).Read(document(t, `{"sub":"s"}`), document(t, `{"acr":"gold","auth_time":1700000000}`))
	if err != nil || user.Profile != nil {
		t.Errorf("%+v, %v", user.Profile, err)
	}
}

// acr and auth_time are read without being asked for: what is wrong with them refuses nothing.
func TestWhatNobodyAskedForRefusesNothing(t *testing.T) {
	for _, claims := range []string{
		`{"sub":"s","acr":{"a":1},"auth_time":"yesterday"}`, `{"sub":"s","acr":"` + strings.Repeat("a", 300) + `","auth_time":-1}`,
		`{"sub":"s","acr":"a\u0000b","auth_time":1e300}`, `{"sub":"s","auth_time":0}`, `{"sub":"s","groups":{},"email":[1]}`,
	} {
		if user, err := new(claim.Map).Read(document(t, claims)); err != nil || user.Subject != "s" || user.Profile != nil {
			t.Errorf("%s: %+v, %v", claims, user, err)
		}
	}
}

func TestWhatIsBeyondTheBoundsIsAnError(t *testing.T) {
	many := func(n int, format string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = `"` + fmt.Sprintf(format, i) + `"`
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	m := claim.Map{Username: claim.Source{Name: "u"}, Groups: claim.Source{Name: "groups"}, Permissions: claim.Permissions{Source: claim.Source{Name: "roles"}, Prefix: "role:"}}
	for rule, claims := range map[string]string{
		"groups":          `{"groups":` + many(edgeward.MaxGroups+1, "g%d") + `}`,
		"bytes":           `{"groups":` + many(200, strings.Repeat("g", 100)+"%d") + `}`,
		"a long group":    `{"groups":["` + strings.Repeat("g", edgeward.MaxProfileValue+1) + `"]}`,
		"permissions":     `{"roles":` + many(edgeward.MaxGroups+1, "r%d") + `}`,
		"long ones":       `{"roles":` + many(200, strings.Repeat("r", 100)+"%d") + `}`,
		"with a username": `{"groups":` + many(64, strings.Repeat("g", 250)+"%05d") + `,"u":"` + strings.Repeat("u", 100) + `"}`,
	} {
		t.Run(rule, func(t *testing.T) {
			user, err := m.Read(document(t, claims))
			if !errors.Is(err, claim.ErrBounds) || !errors.Is(err, edgeward.TokenClaim) || !strings.Contains(err.Error(), "only") || user.Profile != nil || user.Permissions != nil {
				t.Errorf("%+v, %v, want ErrBounds with its remedy", user, err)
			}
		})
	}
	m.Groups.Only = []string{"g1*"}
	if user, err := m.Read(document(t, `{"groups":`+many(edgeward.MaxGroups+1, "g%d")+`}`)); err != nil || len(user.Profile.Groups) != 112 {
		t.Errorf("with only: %v", err)
	}
	if _, err := m.Read(document(t, `{"groups":`+many(200, "g1b3b7a52-5c4e-4d3a-9d55-%012d")+`}`)); err != nil {
		t.Errorf("200 groups: %v", err)
	}
	if user, _ := (&claim.Map{Username: claim.Source{Name: "u"}}).Read(document(t, `{"u":"`+strings.Repeat("u", 256)+`"}`)); user.Profile != nil || len(user.Notes) != 1 {
		t.Errorf("a long username: %+v", user)
	}
}

func TestCheck(t *testing.T) {
	roles := claim.Source{Name: "roles"}
	for rule, m := range map[string]claim.Map{
		"a form without a claim":             {Groups: claim.Source{Keys: true}},
		"keys and members":                   {Groups: claim.Source{Name: "g", Keys: true, Members: "name"}},
		"keys that are split":                {Groups: claim.Source{Name: "g", Keys: true, Split: claim.Comma}},
		"an unknown split":                   {Groups: claim.Source{Name: "g", Split: "tab"}},
		"a star in the middle":               {Groups: claim.Source{Name: "g", Only: []string{"a*b"}}},
		"a star alone":                       {Groups: claim.Source{Name: "g", Only: []string{"*"}}},
		"a long name":                        {Groups: claim.Source{Name: strings.Repeat("g", 256)}},
		"an address of another claim":        {Email: claim.Source{Name: "upn"}},
		"a claim without a source":           {Claims: map[string]claim.Source{"a": {}}},
		"a claim without a name":             {Claims: map[string]claim.Source{"": roles}},
		"permissions of no claim":            {Permissions: claim.Permissions{Prefix: "role:"}},
		"a claim that permits nothing":       {Permissions: claim.Permissions{Source: roles}},
		"a prefix that a value completes":    {Permissions: claim.Permissions{Source: roles, Prefix: "ad"}},
		"a prefix with a space":              {Permissions: claim.Permissions{Source: roles, Prefix: "a :"}},
		"what is no permission":              {Permissions: claim.Permissions{Source: roles, Map: map[string][]string{"a": {"two words"}}}},
		"the subject's form":                 {Subject: claim.Source{Name: "s", Split: "x"}},
		"the form of a claim that is kept":   {Claims: map[string]claim.Source{"a": {Name: "a", Split: "x"}}},
		"the form of what gives permissions": {Permissions: claim.Permissions{Source: claim.Source{Name: "a", Split: "x"}, Prefix: "a:"}},
	} {
		if m.Check() == nil {
			t.Errorf("%s is accepted", rule)
		}
	}
	many := claim.Map{Claims: map[string]claim.Source{}}
	for i := range edgeward.MaxProfileNames + 1 {
		many.Claims[fmt.Sprint(i)] = roles
	}
	if many.Check() == nil {
		t.Error("more claims than a profile has are accepted")
	}
	if err := (&claim.Map{}).Check(); err != nil {
		t.Errorf("the zero Map: %v", err)
	}
	if err := (&claim.Map{Email: claim.Source{Name: "upn"}, EmailAssumed: true}).Check(); err != nil {
		t.Errorf("an address that is assumed: %v", err)
	}
}

// A reload sees every change.
func TestEveryFieldOfAMapCounts(t *testing.T) {
	of := claim.Source{Name: "a"}
	other := map[string]any{
		"claim.Source": of, "bool": true, "map[string]claim.Source": map[string]claim.Source{"a": of}, "string": "x", "claim.Split": claim.Comma, "[]string": []string{"x"},
		"map[string][]string": map[string][]string{"a": {"b"}}, "claim.Permissions": claim.Permissions{Prefix: "x"},
	}
	differ := func(of reflect.Type, equal func(reflect.Value) bool) {
		for i := range of.NumField() {
			changed := reflect.New(of).Elem()
			changed.Field(i).Set(reflect.ValueOf(other[changed.Field(i).Type().String()]))
			if equal(changed) {
				t.Errorf("%s.%s does not count", of, of.Field(i).Name)
			}
		}
	}
	differ(reflect.TypeFor[claim.Map](), func(v reflect.Value) bool { m := v.Interface().(claim.Map); return m.IsZero() })
	differ(reflect.TypeFor[claim.Permissions](), func(v reflect.Value) bool {
		m := claim.Map{Permissions: v.Interface().(claim.Permissions)}
		return m.IsZero()
	})
	differ(reflect.TypeFor[claim.Source](), func(v reflect.Value) bool { m := claim.Map{Name: v.Interface().(claim.Source)}; return m.IsZero() })
	a := claim.Map{Claims: map[string]claim.Source{"a": of}, Permissions: claim.Permissions{Map: map[string][]string{"a": {"b"}}}}
	b := claim.Map{Claims: map[string]claim.Source{"b": of}, Permissions: claim.Permissions{Map: map[string][]string{"a": {"b"}}}}
	c := claim.Map{Claims: map[string]claim.Source{"a": of}, Permissions: claim.Permissions{Map: map[string][]string{"a": {"c"}}}}
	if a.Equal(&b) || a.Equal(&c) || !a.Equal(&a) {
		t.Error("names, values and permissions count")
	}
}

func TestMatches(t *testing.T) {
	for pattern, row := range map[string][2]string{
		"a":               {"a", "ab ba A"},
		"a*":              {"a ab", "ba A"},
		"*a":              {"a ba", "ab"},
		"*a*":             {"a ab ba bab", "b"},
		"*@example.com":   {"x@example.com @example.com", "x@example.com.evil x@Example.com"},
		"repo:acme/app:*": {"repo:acme/app:", "repo:acme/app2:x"},
	} {
		for _, value := range strings.Fields(row[0]) {
			if !claim.Matches(pattern, value) {
				t.Errorf("%q does not match %q", pattern, value)
			}
		}
		for _, value := range strings.Fields(row[1]) {
			if claim.Matches(pattern, value) {
				t.Errorf("%q matches %q", pattern, value)
			}
		}
	}
	if slices.ContainsFunc([]string{"", "*", "**", "a*b", "***a"}, claim.IsPattern) {
		t.Error("what is no pattern is one")
	}
}
