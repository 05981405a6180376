// Package claim reads what an issuer says of a user: from an ID token, an access token
// or userinfo to a subject, permissions and an [edgeward.Profile]. The same language
// says where each of them is, for providers of sign-ins and for issuers of bearer
// tokens.
//
// Nothing is read that a [Map] does not name, but acr and auth_time (OpenID Connect
// Core §2), which have one form. A value gives exactly the permissions that the
// configuration gives it; no claim is one by itself.
package claim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// A Map says what becomes of an issuer's claims. The zero Map takes the subject from
// sub, and reads nothing else but acr and auth_time. It is read-only once in use, and
// safe for concurrent use then.
type Map struct {
	// Subject is whom a token is about, one value: sub unless it names another claim.
	// A claim in its place has to be unique and never given to another user.
	Subject Source
	// Username, Email and Name are one value each, Groups a list.
	Username, Email, Name, Groups Source
	// EmailAssumed takes e-mail addresses without asking whether they are verified, of
	// an issuer that verifies every address and does not say so. Otherwise a claim
	// called email is there, whatever it is read for, where email_verified stands
	// beside it, true or "true", and Email can be read from no other (OpenID Connect
	// Core §5.1).
	EmailAssumed bool
	// Claims are kept by the names that the configuration gives them, at most
	// [edgeward.MaxProfileNames].
	Claims      map[string]Source
	Permissions Permissions
}

// Permissions says what values permit. The zero value permits nothing.
type Permissions struct {
	// Source is where the values are. A string is split at white space unless
	// Source.Split says else, but for one that Map has whole.
	Source Source
	// Map says which permissions a value gives: exactly these. A value that is not
	// here gives what Prefix makes of it.
	Map map[string][]string
	// Prefix makes a permission of each other value that is a scope-token (RFC 6749
	// §3.3): by "role:", editor gives role:editor. "" makes none.
	Prefix string
}

// A Document is what an issuer says: claims by name. A claim that is null is absent.
type Document interface {
	Lookup(name string) (jwt.Value, bool)
}

// An object is a [Document] that is no token.
type object []jwt.Member

// Object returns the members of a JSON object, as userinfo answers it, as a
// [Document]; one without claims where v is no object.
func Object(v jwt.Value) Document {
	members, _ := v.Members()
	return object(members)
}

func (o object) Lookup(name string) (jwt.Value, bool) {
	for _, m := range o {
		if m.Name == name && !m.Value.IsNull() {
			return m.Value, true
		}
	}
	return jwt.Value{}, false
}

// A User is what [Map.Read] read.
type User struct {
	Subject     string            // "" where no document says it
	Permissions []string          // sorted, each once, each a scope-token
	Profile     *edgeward.Profile // within its bounds; nil when nothing is said
	Notes       []Note            // at most one for each source
}

// A Note is about a claim that is there and whose form gives nothing, or not all. It
// holds nothing that the issuer sent.
type Note struct {
	Claim   string // as the configuration names it
	Problem string // "is an array with objects: …"
}

func (n Note) String() string { return fmt.Sprintf("claim %q %s", n.Claim, n.Problem) }

// ErrBounds is what the error of [Map.Read] wraps, beside [edgeward.TokenClaim], where
// an issuer says more of a user than an [edgeward.Profile] holds.
var ErrBounds = errors.New("claim: more than is kept of a user")

// IsZero reports whether m is the zero Map.
func (m *Map) IsZero() bool { return m.Equal(&Map{}) }

// Equal reports whether m and o say the same. A nil map is an empty one.
func (m *Map) Equal(o *Map) bool {
	return m.EmailAssumed == o.EmailAssumed && m.Subject.equal(&o.Subject) && m.Username.equal(&o.Username) && m.Email.equal(&o.Email) &&
		m.Name.equal(&o.Name) && m.Groups.equal(&o.Groups) && m.Permissions.equal(&o.Permissions) && m.sameClaims(o)
}

func (m *Map) sameClaims(o *Map) bool {
	for name, s := range m.Claims {
		if other, found := o.Claims[name]; !found || !s.equal(&other) {
			return false
		}
	}
	return len(m.Claims) == len(o.Claims)
}

func (p *Permissions) equal(o *Permissions) bool {
	for value, permissions := range p.Map {
		if other, found := o.Map[value]; !found || !slices.Equal(permissions, other) {
			return false
		}
	}
	return p.Prefix == o.Prefix && len(p.Map) == len(o.Map) && p.Source.equal(&o.Source)
}

func (s *Source) equal(o *Source) bool {
	return s.Name == o.Name && s.Keys == o.Keys && s.Members == o.Members && s.Split == o.Split && slices.Equal(s.Only, o.Only)
}

// Check says what is wrong with m.
func (m *Map) Check() error {
	for _, s := range [...]*Source{&m.Subject, &m.Username, &m.Email, &m.Name, &m.Groups} {
		if err := s.Check(); err != nil {
			return err
		}
	}
	for name, s := range m.Claims {
		switch err := s.Check(); {
		case name == "" || s.IsZero():
			return errors.New("claim: a claim is kept without a name, or from none")
		case err != nil:
			return err
		}
	}
	switch {
	case len(m.Claims) > edgeward.MaxProfileNames:
		return fmt.Errorf("claim: %d claims are kept, at most %d are possible", len(m.Claims), edgeward.MaxProfileNames)
	case !m.EmailAssumed && !m.Email.IsZero() && !m.Email.address():
		return fmt.Errorf("claim: email_verified speaks of the claim email, not of %q", m.Email.Name)
	}
	return m.Permissions.check()
}

func (p *Permissions) check() error {
	if err := p.Source.Check(); err != nil {
		return err
	}
	switch given := len(p.Map) > 0 || p.Prefix != ""; {
	case p.Source.IsZero() && given:
		return errors.New("claim: permissions are given by the values of no claim")
	case !p.Source.IsZero() && !given:
		return fmt.Errorf("claim: nothing says what the values of %q permit", p.Source.Name)
	case p.Prefix != "" && !IsPrefix(p.Prefix):
		return fmt.Errorf("claim: %q is no prefix of permissions", p.Prefix)
	}
	for value, permissions := range p.Map {
		for _, permission := range permissions {
			if !edgeward.IsScopeToken(permission) {
				return fmt.Errorf("claim: %q gives %q, which is no permission", value, permission)
			}
		}
	}
	return nil
}

// IsPrefix reports whether s can be a [Permissions.Prefix]: a scope-token that ends
// with a sign that is neither letter nor digit. After "ad" an issuer's value min would
// be the permission admin.
func IsPrefix(s string) bool {
	if !edgeward.IsScopeToken(s) {
		return false
	}
	switch c := s[len(s)-1]; {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return false
	}
	return true
}

// Missing reports whether some claim that m names is in none of the documents, so
// that another one of the same user may have it.
func (m *Map) Missing(documents ...Document) bool {
	for _, s := range m.Claims {
		if m.lacks(&s, documents) {
			return true
		}
	}
	return m.lacks(&m.Subject, documents) || m.lacks(&m.Username, documents) || m.lacks(&m.Email, documents) || m.lacks(&m.Name, documents) ||
		m.lacks(&m.Groups, documents) || m.lacks(&m.Permissions.Source, documents)
}

func (m *Map) lacks(s *Source, documents []Document) bool {
	if s.IsZero() {
		return false
	}
	_, found := m.find(s, documents)
	return !found
}

// find returns the claim of s from the first document that has it. An e-mail address
// is one only if it is verified, whatever it is read for: as username or subject, too,
// it would be that of another user.
func (m *Map) find(s *Source, documents []Document) (v jwt.Value, found bool) {
	if s.address() && !m.EmailAssumed {
		return s.verified(documents)
	}
	return s.first(documents)
}

const (
	email         = "email"
	emailVerified = "email_verified"
)

// address reports whether s is the claim that email_verified speaks of (OpenID Connect
// Core §5.1), at the top or in an object.
func (s *Source) address() bool { return s.Name == email || strings.HasSuffix(s.Name, "."+email) }

// verified returns the e-mail address of the first document that says of one whether
// it is verified: an empty value where that is a no. A document that has an address
// and says nothing of it leaves that to the next.
func (s *Source) verified(documents []Document) (v jwt.Value, said bool) {
	beside := Source{Name: strings.TrimSuffix(s.Name, email) + emailVerified}
	for _, d := range documents {
		address, found := s.find(d)
		if !found {
			continue
		}
		is, found := beside.find(d)
		if !found {
			continue
		}
		text, _ := is.Text() // Apple and Cognito write it as a string
		if yes, _ := is.Bool(); yes || text == "true" {
			return address, true
		}
		return jwt.Value{}, true
	}
	return jwt.Value{}, false
}

// Read reads the documents of one user. What one does not say is looked for in the
// next: an ID token first, then userinfo, once its sub was compared. A claim that is
// there comes from the first document that has it, whatever it says.
//
// The error wraps [ErrBounds] and [edgeward.TokenClaim] when groups or claims are
// beyond the bounds of [edgeward.Profile]: a part of a user's groups would be another
// user's. It names the claim, and no value.
func (m *Map) Read(documents ...Document) (User, error) {
	r := reading{of: m, documents: documents}
	subject := m.Subject
	if subject.IsZero() {
		subject.Name = "sub"
	}
	r.user.Subject = r.single(&subject)
	r.user.Permissions = r.permissions(&m.Permissions)
	r.size = 0 // neither is part of a profile
	p := edgeward.Profile{Username: r.single(&m.Username), Email: r.single(&m.Email), Name: r.single(&m.Name), Groups: r.list(&m.Groups)}
	for _, name := range sorted(m.Claims) {
		s := m.Claims[name]
		if values := r.list(&s); len(values) > 0 {
			if p.Claims == nil {
				p.Claims = make(map[string][]string, len(m.Claims))
			}
			p.Claims[name] = values
			r.size += len(name)
		}
	}
	p.ACR, p.AuthTime = r.acr(), r.authTime()
	if r.size > edgeward.MaxProfile {
		r.refuse("groups and claims take %d bytes, at most %d are possible; keep fewer with only", r.size, edgeward.MaxProfile)
	}
	if r.err != nil {
		return User{Notes: r.user.Notes}, r.err
	}
	if !p.IsZero() {
		r.user.Profile = &p
	}
	return r.user, nil
}

// sorted returns the names in order: what is said of them is the same each time.
func sorted(claims map[string]Source) []string {
	names := make([]string, 0, len(claims))
	for name := range claims {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// A reading is under way.
type reading struct {
	of        *Map
	documents []Document
	user      User
	size      int // bytes of values
	err       error
}

func (r *reading) note(s *Source, problem string) {
	if problem != "" {
		r.user.Notes = append(r.user.Notes, Note{s.Name, problem})
	}
}

// refuse keeps the first error.
func (r *reading) refuse(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s: %w", ErrBounds, fmt.Sprintf(format, args...), edgeward.TokenClaim)
	}
}

// value returns the claim of s, if it is named and there.
func (r *reading) value(s *Source) (v jwt.Value, found bool) {
	if s.IsZero() {
		return v, false
	}
	if v, found = r.of.find(s, r.documents); !found && s.elsewhere(r.documents) {
		r.note(s, "is not sent, since there are too many values: have the issuer send fewer, as those of groups that are assigned to the application")
	}
	return v, found && v.JSON() != ""
}

// single returns the one value of a source, "" where there is none. Several would have
// to be chosen among, and a boolean identifies no user.
func (r *reading) single(s *Source) string {
	v, found := r.value(s)
	if !found {
		return ""
	}
	all, problem := s.values(v)
	_, isBool := v.Bool()
	switch {
	case isBool:
		problem = "is a boolean, where one text is wanted"
	case len(all) > 1:
		problem = "has several values, where one is wanted"
	case len(all) == 1 && len(all[0]) > edgeward.MaxProfileValue:
		problem = fmt.Sprintf("is longer than %d bytes", edgeward.MaxProfileValue)
	case len(all) == 1 && problem == "":
		r.size += len(all[0])
		return all[0]
	}
	r.note(s, problem)
	return ""
}

// list returns the values of a source, sorted, each once.
func (r *reading) list(s *Source) []string {
	v, found := r.value(s)
	if !found {
		return nil
	}
	all, problem := s.values(v)
	r.note(s, problem)
	slices.Sort(all)
	all = slices.Compact(all)
	for _, value := range all {
		if r.size += len(value); len(value) > edgeward.MaxProfileValue {
			r.refuse("claim %q has a value of %d bytes, at most %d are possible; leave it out with only", s.Name, len(value), edgeward.MaxProfileValue)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if len(all) > edgeward.MaxGroups {
		r.refuse("claim %q has %d values, at most %d are possible; keep fewer with only", s.Name, len(all), edgeward.MaxGroups)
	}
	return all
}

// permissions returns what the values of a claim permit.
func (r *reading) permissions(p *Permissions) []string {
	v, found := r.value(&p.Source)
	if !found {
		return nil
	}
	s := p.Source
	if s.Split == "" && !s.Keys && s.Members == "" {
		s.Split = Space
	}
	if text, ok := v.Text(); ok {
		if _, whole := p.Map[text]; whole {
			s.Split = "" // "Domain Users" is one group
		}
	}
	values, problem := s.values(v)
	var all []string
	for _, value := range values {
		given, found := p.Map[value]
		switch {
		case found:
			all = append(all, given...)
		case p.Prefix == "":
		case !edgeward.IsScopeToken(value):
			problem = "has a value with a sign that no permission has: give it one by map"
		default:
			all = append(all, p.Prefix+value)
		}
	}
	r.note(&s, problem)
	slices.Sort(all)
	all = slices.Compact(all)
	size := 0
	for _, permission := range all {
		size += len(permission)
	}
	if len(all) > edgeward.MaxGroups || size > edgeward.MaxProfile {
		r.refuse("claim %q gives %d permissions of %d bytes, at most %d of %d are possible; keep fewer with only", s.Name, len(all), size, edgeward.MaxGroups, edgeward.MaxProfile)
	}
	return all
}

// authentication is the document that is about the authentication: the first, an ID
// token or an access token. What userinfo says is of the user.
func (r *reading) authentication() []Document { return r.documents[:min(len(r.documents), 1)] }

// acr returns how the user authenticated, which is a string. No key asks for the
// claim, so that a malformed one refuses nothing: it says nothing.
func (r *reading) acr() string {
	s := Source{Name: "acr"}
	v, found := s.first(r.authentication())
	if !found {
		return ""
	}
	if _, ok := v.Text(); !ok {
		r.note(&s, "is no string")
		return ""
	}
	return r.single(&s)
}

// maxAuthTime is far beyond any clock, and within what a time.Time holds.
const maxAuthTime = 1 << 40

// authTime returns when the user authenticated, in whole seconds, as acr does.
func (r *reading) authTime() time.Time {
	s := Source{Name: "auth_time"}
	v, found := s.first(r.authentication())
	if !found {
		return time.Time{}
	}
	seconds, ok := v.Number()
	switch {
	case !ok || seconds < 0 || seconds > maxAuthTime:
		r.note(&s, "is no number of seconds")
		return time.Time{}
	case seconds == 0: // BankID Norge sends it for: unknown
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}
