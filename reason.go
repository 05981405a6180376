package edgeward

import (
	"errors"
	"fmt"
	"time"
)

// A Reason says why a decision fell as it did. It is an error, so that a
// refusal wraps it and [ReasonOf] finds it again. Its code is stable: metrics,
// logs and docs/reasons.md use it. Clients see only the coarser [Reason.Problem],
// which is the same whatever made a token invalid.
type Reason uint8

// The reasons. The zero value refuses.
const (
	Undecided Reason = iota // nothing decided; also: could not tell

	Authenticated // allowed: a credential proved who it is
	Public        // allowed: the route asks for no credential
	Preflight     // answered by the edge: a CORS preflight

	MalformedRequest    // path, host, method or a header has no single reading
	AmbiguousCredential // more than one credential where one is meant
	MethodNotAllowed    // TRACE, CONNECT and the like
	UnknownHost         // nothing is configured for the host of the request
	UntrustedPeer       // forward-auth asked by somebody who is not a declared proxy
	CrossOrigin         // a page of another origin, or nobody can tell which, asked for a change

	CredentialMissing   // nothing was presented
	CredentialMalformed // presented, but not in the form that its scheme demands
	TokenMalformed      // not a strict compact JWS with JSON claims
	TokenAlgorithm      // alg is not allowed for that issuer or does not fit the key
	TokenIssuer         // issuer unknown, or not the one that the route asks for
	TokenKey            // no key of the issuer fits the kid
	TokenSignature      // the signature is wrong
	TokenExpired        // exp is past
	TokenNotYetValid    // nbf or iat is in the future
	TokenLifetime       // it claims to live longer than the cap
	TokenAudience       // meant for somebody else
	TokenType           // another kind of token
	TokenClaim          // a required claim is missing or out of bounds

	RefreshInvalid    // not a refresh token of ours: its form or its MAC is wrong
	RefreshUnknown    // ours, but the store has no such family
	RefreshExpired    // the family's absolute expiry is past
	RefreshRevoked    // the family was revoked before
	RefreshReused     // an old token came back: theft; the family is revoked by it
	RefreshRolledBack // newer than the store knows: a store was rolled back; revoked by it

	SessionInvalid // not a session cookie of ours: its form or its MAC is wrong
	SessionUnknown // ours, but the store has no such session: it has ended
	SessionExpired // idle for too long, or at its absolute end

	CodeInvalid // no authorization code that the provider would take

	TicketInvalid // not a ticket of ours: it was tampered with, or another installation sealed it
	TicketHost    // a ticket for another host
	TicketBrowser // a ticket for a sign-in that another browser began, or none
	TicketExpired // older than a minute
	TicketUsed    // redeemed before
	TicketEnded   // the sign-in that it hands over has ended

	APIKeyInvalid // not an API key of this environment: its form or its checksum is wrong
	APIKeyUnknown // the store has no key with that id
	APIKeySecret  // the id exists, the secret is wrong
	APIKeyExpired // the key, or this secret of it, is past its time
	APIKeyRevoked // the key was revoked
	APIKeyNetwork // the client's address is in none of the key's networks

	PersonalUnconfirmed // a personal token whose user has not signed in for too long, or never
	PersonalUsername    // a personal token came with the user name of another user

	CredentialRevoked // genuine, but revoked before its end
	TooManyFailures   // the client guessed too often and has to wait
	StepUpRequired    // known, but not authenticated as the route asks for: RFC 9470

	NoRoute           // no route covers the path: refused by default
	RouteSilent       // a route covers it, but nothing on its chain says who may come
	InsufficientScope // known, but without a required permission
	NotAllowed        // known, but no alternative that the route allows fits
	NetworkDenied     // the client's address is in none of the route's networks

	Unavailable // could not tell: a dependency did not answer

	reasonCount
)

// reasonRow is what a reason means to the outside.
type reasonRow struct {
	code    string // stable, for logs and metrics
	problem string // stable, for clients
	status  int
	text    string // one sentence for operators
}

var reasons = [reasonCount]reasonRow{
	Undecided:           {"undecided", "unavailable", 503, "nothing was decided; this is a defect, please report it"},
	Authenticated:       {"authenticated", "", 200, "a credential proved who is asking"},
	Public:              {"public", "", 200, "the route is public and asks for no credential"},
	Preflight:           {"preflight", "", 204, "a CORS preflight, answered at the edge"},
	MalformedRequest:    {"malformed_request", "bad_request", 400, "path, host, method or a header field has no single reading"},
	AmbiguousCredential: {"ambiguous_credential", "ambiguous_credential", 400, "more than one credential was sent where one is meant"},
	MethodNotAllowed:    {"method_not_allowed", "method_not_allowed", 405, "the method is never forwarded"},
	UnknownHost:         {"unknown_host", "unknown_host", 421, "the request is for a host that hosts does not list"},
	UntrustedPeer:       {"untrusted_peer", "forbidden", 403, "forward-auth was asked by a peer that trusted_proxies does not list"},
	CrossOrigin:         {"cross_origin", "forbidden", 403, "a page of another origin may have caused a request that changes something; Origin and Sec-Fetch-Site say which"},
	CredentialMissing:   {"credential_missing", "credential_required", 401, "the route asks for a credential and none was sent"},
	CredentialMalformed: {"credential_malformed", "invalid_token", 401, "the credential does not have the form of its scheme"},
	TokenMalformed:      {"token_malformed", "invalid_token", 401, "the token is not a strict compact JWS with JSON claims"},
	TokenAlgorithm:      {"token_algorithm", "invalid_token", 401, "the algorithm is not allowed for the issuer or does not fit the key"},
	TokenIssuer:         {"token_issuer", "invalid_token", 401, "the issuer is unknown, or not one that the route accepts"},
	TokenKey:            {"token_key", "invalid_token", 401, "the issuer has no key that fits the token"},
	TokenSignature:      {"token_signature", "invalid_token", 401, "the signature is wrong"},
	TokenExpired:        {"token_expired", "invalid_token", 401, "the token has expired"},
	TokenNotYetValid:    {"token_not_yet_valid", "invalid_token", 401, "the token is not valid yet, or was issued in the future"},
	TokenLifetime:       {"token_lifetime", "invalid_token", 401, "the token claims a longer life than allowed"},
	TokenAudience:       {"token_audience", "invalid_token", 401, "the token is meant for another audience"},
	TokenType:           {"token_type", "invalid_token", 401, "the token is of another kind than asked for"},
	TokenClaim:          {"token_claim", "invalid_token", 401, "a claim is missing, of the wrong type or out of bounds"},
	RefreshInvalid:      {"refresh_invalid", "invalid_grant", 400, "the refresh token is not one that was issued here"},
	RefreshUnknown:      {"refresh_unknown", "invalid_grant", 400, "the refresh token was issued here, but its family is not in the store"},
	RefreshExpired:      {"refresh_expired", "invalid_grant", 400, "the refresh family has reached its absolute expiry"},
	RefreshRevoked:      {"refresh_revoked", "invalid_grant", 400, "the refresh family was revoked"},
	RefreshReused:       {"refresh_reused", "invalid_grant", 400, "an old refresh token came back outside the grace window, as a stolen one does; its family is revoked"},
	RefreshRolledBack:   {"refresh_rolled_back", "invalid_grant", 400, "the refresh token is newer than its family in the store, which was rolled back; the family is revoked"},
	SessionInvalid:      {"session_invalid", "invalid_token", 401, "the session cookie is not one that was issued here"},
	SessionUnknown:      {"session_unknown", "invalid_token", 401, "the session cookie was issued here, but its session has ended"},
	SessionExpired:      {"session_expired", "invalid_token", 401, "the session was idle for too long or has reached its absolute expiry"},
	CodeInvalid:         {"code_invalid", "bad_request", 400, "a sign-in came back with an authorization code that its provider does not take: it expired, was used, or was made up"},
	TicketInvalid:       {"ticket_invalid", "bad_request", 400, "a ticket that hands a sign-in over to a host was tampered with, or made up"},
	TicketHost:          {"ticket_host", "bad_request", 400, "a ticket came to another host than it is for"},
	TicketBrowser:       {"ticket_browser", "bad_request", 400, "a ticket came from another browser than the one that began the sign-in, or that keeps no cookies"},
	TicketExpired:       {"ticket_expired", "bad_request", 400, "a ticket came more than a minute after it was issued"},
	TicketUsed:          {"ticket_used", "bad_request", 400, "a ticket came again"},
	TicketEnded:         {"ticket_ended", "bad_request", 400, "a ticket came after the session that it hands over had ended"},
	APIKeyInvalid:       {"api_key_invalid", "invalid_token", 401, "the API key does not have the form, the environment or the checksum of one that was issued here"},
	APIKeyUnknown:       {"api_key_unknown", "invalid_token", 401, "there is no API key with that id"},
	APIKeySecret:        {"api_key_secret", "invalid_token", 401, "the API key exists, but its secret is wrong"},
	APIKeyExpired:       {"api_key_expired", "invalid_token", 401, "the API key, or the secret that a rotation replaced, has expired"},
	APIKeyRevoked:       {"api_key_revoked", "invalid_token", 401, "the API key was revoked"},
	APIKeyNetwork:       {"api_key_network", "invalid_token", 401, "the API key may not be used from the client's network"},
	PersonalUnconfirmed: {"personal_unconfirmed", "confirmation_required", 401, "the personal token is genuine, but its user's account was not confirmed by a sign-in within personal_tokens.confirm_within"},
	PersonalUsername:    {"personal_username", "invalid_token", 401, "the personal token came by HTTP Basic with a user name that is not its user's"},
	CredentialRevoked:   {"credential_revoked", "invalid_token", 401, "the credential, its session, its subject, its issuer or its key was revoked"},
	TooManyFailures:     {"too_many_failures", "too_many_requests", 429, "the client's network presented too many wrong credentials and has to wait"},
	StepUpRequired:      {"step_up_required", "insufficient_user_authentication", 401, "the user is known, but has authenticated longer ago than the route's max_age, or by no acr that it accepts"},
	NoRoute:             {"no_route", "forbidden", 403, "no route covers the path, and what is not mentioned is refused"},
	RouteSilent:         {"route_silent", "forbidden", 403, "a route covers the path, but nothing on its chain says who may come in"},
	InsufficientScope:   {"insufficient_scope", "insufficient_scope", 403, "the identity lacks a permission that the route requires"},
	NotAllowed:          {"not_allowed", "forbidden", 403, "the identity satisfies no alternative that the route allows"},
	NetworkDenied:       {"network_denied", "forbidden", 403, "the client's address is unknown, or in none of the networks that the route is for"},
	Unavailable:         {"unavailable", "unavailable", 503, "a dependency did not answer, so nothing could be said about the credential"},
}

func (r Reason) row() reasonRow {
	if r >= reasonCount {
		r = Undecided
	}
	return reasons[r]
}

// Error returns the stable code, for logs and metrics.
func (r Reason) Error() string { return r.row().code }

// Problem returns the code that clients see; "" for what is allowed.
func (r Reason) Problem() string { return r.row().problem }

// Status returns the HTTP status code.
func (r Reason) Status() int { return r.row().status }

// Explanation returns one sentence for an operator, without a full stop.
func (r Reason) Explanation() string { return r.row().text }

// Reasons returns all reasons in order, for documentation and metrics.
func Reasons() []Reason {
	all := make([]Reason, reasonCount)
	for i := range all {
		all[i] = Reason(i)
	}
	return all
}

// ReasonOf returns the Reason that err wraps, and [Unavailable] when it wraps
// none: what is not a refusal is a "could not tell".
func ReasonOf(err error) Reason {
	if r, ok := errors.AsType[Reason](err); ok {
		return r
	}
	return Unavailable
}

// An UnavailableError says that a dependency did not answer: nothing is known
// about the credential. It wraps no Reason, so it can never be read as one.
type UnavailableError struct {
	What       string        // "key set of https://issuer.example/"
	RetryAfter time.Duration // when asking again makes sense; at least a second is said to clients
	Err        error
}

func (e *UnavailableError) Error() string { return fmt.Sprintf("%s: unavailable: %v", e.What, e.Err) }

func (e *UnavailableError) Unwrap() error { return e.Err }

// NewUnavailable returns an UnavailableError of at least a second. Of what err wraps
// nothing is left where that is a Reason: it would be read as a refusal.
func NewUnavailable(what string, retryAfter time.Duration, err error) error {
	if ReasonOf(err) != Unavailable {
		err = errors.New(err.Error())
	}
	return &UnavailableError{What: what, RetryAfter: max(retryAfter, time.Second), Err: err}
}

// A BlockedError says that a client guessed too often. It wraps
// [TooManyFailures].
type BlockedError struct {
	RetryAfter time.Duration // when trying again makes sense; at least a second is said to clients
}

func (e *BlockedError) Error() string {
	return fmt.Sprintf("too many failures, blocked for %v", e.RetryAfter)
}

func (e *BlockedError) Unwrap() error { return TooManyFailures }
