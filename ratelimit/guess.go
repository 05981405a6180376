package ratelimit

import "github.com/edgeward/edgeward"

// A class says what a reason makes of who was refused for it. The tests hold
// that every reason has one.
type class uint8

const (
	unclassified class = iota
	innocent
	guess
)

var classes = [...]class{
	edgeward.Undecided: innocent, edgeward.Unavailable: innocent,
	edgeward.Authenticated: innocent, edgeward.Public: innocent, edgeward.Preflight: innocent,

	edgeward.MalformedRequest: innocent, edgeward.AmbiguousCredential: innocent, edgeward.MethodNotAllowed: innocent,
	edgeward.UnknownHost: innocent, edgeward.UntrustedPeer: innocent, edgeward.CrossOrigin: innocent, edgeward.NoRoute: innocent, edgeward.RouteSilent: innocent,
	edgeward.CredentialMissing: innocent, edgeward.CredentialMalformed: innocent,

	// The wrong token, but a genuine one; or none of which an issuer's secret
	// could be learnt. An issuer that has just rotated its keys makes TokenKey
	// of good tokens until its key set is fetched again.
	edgeward.TokenMalformed: innocent, edgeward.TokenAlgorithm: innocent, edgeward.TokenIssuer: innocent, edgeward.TokenKey: innocent,
	edgeward.TokenExpired: innocent, edgeward.TokenNotYetValid: innocent, edgeward.TokenLifetime: innocent,
	edgeward.TokenAudience: innocent, edgeward.TokenType: innocent, edgeward.TokenClaim: innocent,
	edgeward.TokenSignature: guess,

	edgeward.RefreshUnknown: innocent, edgeward.RefreshExpired: innocent, edgeward.RefreshRevoked: innocent,
	edgeward.RefreshReused: innocent, edgeward.RefreshRolledBack: innocent,
	edgeward.RefreshInvalid: guess,

	// A browser sends the cookie of a session that has ended for a long time.
	edgeward.SessionUnknown: innocent, edgeward.SessionExpired: innocent,
	edgeward.SessionInvalid: guess,

	// Few are honest: a state in the browser's cookie was spent on it. Each costs
	// a request to the provider, which may in the end hear nobody from here.
	edgeward.CodeInvalid: guess,

	// Any page can have its visitor's browser bring one, and 256 bits of a key are
	// behind each.
	edgeward.TicketInvalid: innocent, edgeward.TicketHost: innocent, edgeward.TicketBrowser: innocent,
	edgeward.TicketExpired: innocent, edgeward.TicketUsed: innocent, edgeward.TicketEnded: innocent,

	edgeward.APIKeyExpired: innocent, edgeward.APIKeyRevoked: innocent, edgeward.APIKeyNetwork: innocent,
	edgeward.APIKeyInvalid: guess, edgeward.APIKeyUnknown: guess, edgeward.APIKeySecret: guess,
	edgeward.PersonalUnconfirmed: innocent, edgeward.PersonalUsername: innocent,

	edgeward.CredentialRevoked: innocent, edgeward.InsufficientScope: innocent, edgeward.NotAllowed: innocent, edgeward.NetworkDenied: innocent, edgeward.StepUpRequired: innocent,
	edgeward.TooManyFailures: innocent, // waiting longer for having asked would never end
}

// IsGuess reports whether who was refused for that reason tried out a
// credential that was never issued.
func IsGuess(r edgeward.Reason) bool { return classOf(r) == guess }

func classOf(r edgeward.Reason) class {
	if int(r) >= len(classes) {
		return unclassified
	}
	return classes[r]
}
