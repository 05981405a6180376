package revocation

import "github.com/edgeward/edgeward"

// A Scope is what an [Entry] names.
type Scope string

// The scopes.
const (
	Token   Scope = "token"   // a jti of an issuer
	Session Scope = "session" // the public id of a session
	Family  Scope = "family"  // the public id of a refresh family: its access tokens bear it as sid
	Subject Scope = "subject" // a subject of an issuer: what was issued until NotBefore
	Logout  Scope = "logout"  // the same without what is [Config.Spared]
	Issuer  Scope = "issuer"  // an issuer: what it issued until NotBefore
	Key     Scope = "key"     // a kid of an issuer: what it signed, whenever
	APIKey  Scope = "api_key" // the public id of an API key

	change Scope = "change" // a subject of an issuer, whose account changed: see [Log.Announce]
)

// scopes says for each scope by which of its handles an identity is found, and
// what an entry has to say.
var scopes = map[Scope]struct {
	kind     edgeward.HandleKind
	ofIssuer bool // the value means something only together with an issuer
	timed    bool // it has a NotBefore
	many     bool // it names credentials that nobody has counted
}{
	Token: {edgeward.TokenHandle, true, false, false},
	// Both ids are long and random, and an identity does not say which it has.
	Session: {edgeward.SessionHandle, false, false, false},
	Family:  {edgeward.SessionHandle, false, false, false},
	Subject: {edgeward.SubjectHandle, true, true, true},
	Logout:  {edgeward.LogoutHandle, true, true, true},
	Issuer:  {edgeward.IssuerHandle, false, true, true},
	Key:     {edgeward.SigningKeyHandle, true, false, true},
	APIKey:  {edgeward.APIKeyHandle, false, false, false},
	change:  {edgeward.ChangeHandle, true, true, true},
}

// revokes reports whether s is a scope of revocations: of what callers revoke and list.
func (s Scope) revokes() bool {
	_, known := scopes[s]
	return known && s != change
}
