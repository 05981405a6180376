package client

import (
	"net/netip"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/revocation"
)

// The requests and answers of the API, as openapi.json describes them. Package
// admin, which also runs where encoding/json does not, reads and writes them
// member by member; a test holds both to each other.

// A Handed secret is one that JSON spells out, in the one answer that issues a
// credential. Nothing else prints it.
type Handed struct{ edgeward.Secret }

// MarshalJSON implements [json.Marshaler].
func (h Handed) MarshalJSON() ([]byte, error) { return strictjson.AppendString(nil, h.Reveal()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (h *Handed) UnmarshalText(text []byte) error {
	h.Secret = edgeward.NewSecret(string(text))
	return nil
}

// A Session is what may be known of a session.
type Session struct {
	ID          string     `json:"id"` // public
	Issuer      string     `json:"issuer"`
	Subject     string     `json:"subject"`
	Permissions []string   `json:"permissions"`
	ClientIP    netip.Addr `json:"client_ip,omitzero"`
	UserAgent   string     `json:"user_agent,omitempty"`
	Created     time.Time  `json:"created"`
	Seen        time.Time  `json:"seen"`
	Expires     time.Time  `json:"expires"`
}

// A NewSession asks for a session, once somebody has checked who it is for.
type NewSession struct {
	Issuer      string     `json:"issuer,omitempty"` // "" means the issuer of our tokens
	Subject     string     `json:"subject"`
	Permissions []string   `json:"permissions,omitempty"`
	ClientIP    netip.Addr `json:"client_ip,omitzero"`
	UserAgent   string     `json:"user_agent,omitempty"`
	Replaces    Handed     `json:"replaces,omitzero"` // the cookie value that dies, at step-up
}

// A CreatedSession is a session and the cookie that is it.
type CreatedSession struct {
	Session   Session `json:"session"`
	Cookie    Handed  `json:"cookie"`     // name=value
	SetCookie Handed  `json:"set_cookie"` // the whole field for the browser
}

// Sessions are a page of a list.
type Sessions struct {
	Sessions []Session `json:"sessions"`
	Next     string    `json:"next,omitempty"` // where to go on; "" at the end
}

// A NewPair asks for a token pair, once somebody has checked who it is for.
type NewPair struct {
	Subject     string     `json:"subject"`
	Permissions []string   `json:"permissions,omitempty"`
	ClientID    string     `json:"client_id,omitempty"` // the OAuth client that the refresh token is bound to
	ClientIP    netip.Addr `json:"client_ip,omitzero"`
	UserAgent   string     `json:"user_agent,omitempty"`
}

// A Pair is an access token and the refresh token that succeeds it.
type Pair struct {
	AccessToken    Handed    `json:"access_token"`
	TokenType      string    `json:"token_type"`
	ExpiresIn      int64     `json:"expires_in"` // seconds
	RefreshToken   Handed    `json:"refresh_token"`
	RefreshExpires time.Time `json:"refresh_expires"` // no refresh moves it
	Family         string    `json:"family"`          // public id: sid of the access token
}

// An APIKey is what may be known of an API key.
type APIKey struct {
	ID          string         `json:"id"`               // public
	Issuer      string         `json:"issuer,omitempty"` // of a personal token's user; "": an operator's key
	Subject     string         `json:"subject"`
	Name        string         `json:"name,omitempty"`
	Permissions []string       `json:"permissions"`
	Networks    []netip.Prefix `json:"networks,omitempty"` // none: from anywhere
	Created     time.Time      `json:"created"`
	Expires     time.Time      `json:"expires,omitzero"`   // zero: never
	Used        time.Time      `json:"used,omitzero"`      // to within some minutes
	Revoked     time.Time      `json:"revoked,omitzero"`   // zero: it is not
	OldUntil    time.Time      `json:"old_until,omitzero"` // when the secret before the rotation ends
}

// A NewAPIKey asks for an API key.
type NewAPIKey struct {
	Subject     string         `json:"subject"` // the owner
	Name        string         `json:"name,omitempty"`
	Permissions []string       `json:"permissions,omitempty"`
	Networks    []netip.Prefix `json:"networks,omitempty"` // none: from anywhere
	Expires     time.Time      `json:"expires,omitzero"`   // zero: never
}

// A CreatedAPIKey is an API key and its text, which is told this once.
type CreatedAPIKey struct {
	APIKey APIKey `json:"api_key"`
	Secret Handed `json:"secret"`
}

// EndPersonalTokens names a user whose personal tokens are to end.
type EndPersonalTokens struct {
	Issuer  string `json:"issuer,omitempty"` // "": every sign-in provider
	Subject string `json:"subject"`
	Reason  string `json:"reason,omitempty"`
}

// EndedPersonalTokens says how many personal tokens of a user were alive.
type EndedPersonalTokens struct {
	Subject string `json:"subject"`
	Ended   int    `json:"ended"`
}

// APIKeys are a page of a list.
type APIKeys struct {
	APIKeys []APIKey `json:"api_keys"`
	Next    string   `json:"next,omitempty"` // where to go on; "" at the end
}

// A Rotation says how long the old secret lives on.
type Rotation struct {
	KeepOldSeconds int64 `json:"keep_old_seconds"` // 0 ends all old secrets at once, as after a leak
}

// A Revocation is one entry: see [revocation.Entry].
type Revocation struct {
	Scope     revocation.Scope `json:"scope"`
	Issuer    string           `json:"issuer,omitempty"`
	Value     string           `json:"value"`
	NotBefore time.Time        `json:"not_before,omitzero"`
	Expires   time.Time        `json:"expires,omitzero"`
	Reason    string           `json:"reason,omitempty"`
	Revoked   time.Time        `json:"revoked,omitzero"` // set by the server
	Force     bool             `json:"force,omitempty"`  // of a request: also when nothing of that name is known
}

// A Logout asks to revoke whatever a subject was issued until now.
type Logout struct {
	Issuer  string `json:"issuer,omitempty"` // "" means every issuer that is accepted
	Subject string `json:"subject"`
	Reason  string `json:"reason,omitempty"`
	Force   bool   `json:"force,omitempty"` // also when neither subject nor issuer is known
}

// A LoggedOut says what has ended.
type LoggedOut struct {
	Scope       revocation.Scope `json:"scope"` // logout: operators' API keys and sign-ins at the console live on
	Subject     string           `json:"subject"`
	Ended       Ended            `json:"ended"`
	Revocations []Revocation     `json:"revocations"` // one for each issuer
}

// Ended counts what was alive and has ended. Bearer tokens are counted nowhere.
type Ended struct {
	Sessions int `json:"sessions"`
	Families int `json:"families"` // of refresh tokens
	APIKeys  int `json:"api_keys"`
	Consoles int `json:"consoles"` // sign-ins at the console
}

// Revocations are a page of a list.
type Revocations struct {
	Revocations []Revocation `json:"revocations"`
	Next        string       `json:"next,omitempty"` // where to go on; "" at the end
}

// A Ban is a source that guessed too often.
type Ban struct {
	ID     string       `json:"id"` // the first address of the source
	Source netip.Prefix `json:"source"`
	Until  time.Time    `json:"until"`
}

// Bans are a page of a list.
type Bans struct {
	Bans []Ban  `json:"bans"`
	Next string `json:"next,omitempty"` // where to go on; "" at the end
}
