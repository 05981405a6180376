package problem

// A Fault is a problem that no decision is behind: the request was allowed, or
// nobody was asked, and something else went wrong. Its text is its code, stable
// for clients. A Fault that is not one of these is [Internal].
type Fault string

// The faults.
const (
	NotFound            Fault = "not_found"
	RequestTimeout      Fault = "request_timeout"      // the client sent its body too slowly
	BodyTooLarge        Fault = "content_too_large"    // max_body of the route, or a limit of the application's, passed on
	BodyBroken          Fault = "bad_request"          // the client's body broke off or is not what it says
	FieldsTooLarge      Fault = "header_too_large"     // RFC 6585 §5
	PreflightUnanswered Fault = "preflight_unanswered" // forward-auth cannot answer for the application
	Internal            Fault = "internal_error"
	BadGateway          Fault = "bad_gateway"     // the upstream did not answer, or not with HTTP
	GatewayTimeout      Fault = "gateway_timeout" // the upstream took too long
	UpstreamBusy        Fault = "upstream_busy"   // all connections to it are in use

	// Of operations on credentials.
	Conflict             Fault = "conflict"
	InProgress           Fault = "in_progress"
	AlreadyDone          Fault = "already_done"
	UnsupportedMediaType Fault = "unsupported_media_type"
	Unprocessable        Fault = "unprocessable"
	IdempotencyMismatch  Fault = "idempotency_mismatch"
	NotConfigured        Fault = "not_configured"
	OutcomeUnknown       Fault = "unavailable"

	// Of signing in and leaving.
	UnknownProvider  Fault = "unknown_provider"
	ReturnRefused    Fault = "return_refused"
	LoginLoop        Fault = "login_loop"
	LoginMismatch    Fault = "login_mismatch"
	LoginDenied      Fault = "login_denied"
	LoginNotAllowed  Fault = "login_not_allowed" // by allow of the provider
	StepUpClass      Fault = "step_up_acr"       // the provider did not do what acr of a route asks for
	StepUpAge        Fault = "step_up_max_age"   // nor max_age
	TicketRefused    Fault = "ticket_refused"    // that hands a sign-in over to a host
	LoginUnavailable Fault = "login_unavailable" // the provider or the store did not answer
	ProviderAnswer   Fault = "provider_answer"   // it answered what proves nothing
	FormPost         Fault = "form_post"         // it answered by POST
	TooManyLogins    Fault = "too_many_logins"   // of one person
	LogoutUnknown    Fault = "logout_unknown"    // the store did not answer
)

// Faults returns all faults, for documentation.
func Faults() []Fault {
	return []Fault{
		NotFound, RequestTimeout, BodyTooLarge, BodyBroken, FieldsTooLarge, PreflightUnanswered, Internal, BadGateway, GatewayTimeout, UpstreamBusy,
		Conflict, InProgress, AlreadyDone, UnsupportedMediaType, Unprocessable, IdempotencyMismatch, NotConfigured, OutcomeUnknown,
		UnknownProvider, ReturnRefused, LoginLoop, LoginMismatch, LoginDenied, LoginNotAllowed, StepUpClass, StepUpAge, TicketRefused, LoginUnavailable, ProviderAnswer, FormPost, TooManyLogins, LogoutUnknown,
	}
}

// Status returns the HTTP status code.
func (f Fault) Status() int { return f.row().status }

// Explanation returns one sentence for an operator, without a full stop.
func (f Fault) Explanation() string { return f.row().explanation }

// Document returns the document of a fault.
func (f Fault) Document(requestID string) Document {
	row := f.row()
	return Document{Status: row.status, Title: titleOf(row.status), Code: row.code, RequestID: requestID, text: row.text}
}

func (f Fault) row() faultRow {
	for _, row := range faults {
		if row.code == string(f) {
			return row
		}
	}
	return Internal.row()
}

// A faultRow is what a fault means to the outside.
type faultRow struct {
	code        string
	status      int
	explanation string
	text
}

var faults = [...]faultRow{
	{string(NotFound), 404, "the listener serves no such path", text{}},
	{string(RequestTimeout), 408, "the client sent its body too slowly", text{retry: true}},
	{string(BodyTooLarge), 413, "the body is larger than max_body of the route, or than what a handler accepts", text{}},
	{string(BodyBroken), 400, "the client's body broke off or is not framed as it says", text{says: "body_broken"}},
	{string(FieldsTooLarge), 431, "the request has too many header fields, or too large ones", text{}},
	{string(PreflightUnanswered), 403, "forward-auth was asked about a CORS preflight that only the proxy in front, or the application, can answer", text{detail: "A CORS preflight cannot be answered through forward-auth."}},
	{string(Internal), 500, "a defect in Edgeward; the log has where", text{retry: true}},
	{string(BadGateway), 502, "the upstream did not answer, or not with HTTP; the log has why", text{retry: true}},
	{string(GatewayTimeout), 504, "the upstream took too long to begin its answer", text{retry: true}},
	{string(UpstreamBusy), 503, "all connections that max_connections of the upstream allows were in use for too long", text{retry: true}},
	{string(Conflict), 409, "the state of what the operation names does not allow it", text{says: "programs"}},
	{string(InProgress), 409, "the same operation is under way; it can be asked for again after Retry-After", text{says: "programs"}},
	{string(AlreadyDone), 409, "the operation was done before, and its answer cannot be read any more", text{says: "programs"}},
	{string(UnsupportedMediaType), 415, "the body has another media type than the operation reads", text{says: "programs"}},
	{string(Unprocessable), 422, "the request is well-formed and asks for what cannot be", text{says: "programs"}},
	{string(IdempotencyMismatch), 422, "the Idempotency-Key was used for another request", text{says: "programs"}},
	{string(NotConfigured), 501, "the operation needs what is not configured, or not there on this platform", text{says: "programs"}},
	{string(OutcomeUnknown), 503, "the store did not answer: it is not known whether the operation was done", text{detail: "It is not known whether this was done. Ask again.", says: "outcome_unknown", retry: true}},
	{string(UnknownProvider), 400, "no login provider of that name is configured", text{detail: "There is no such provider."}},
	{string(ReturnRefused), 400, "return_to leads elsewhere, or can be read in two ways", text{detail: "return_to is no path of this origin and not on the list."}},
	{string(LoginLoop), 400, "a browser signed in three times within half a minute and was sent to sign in again: what it got is not what the route asks for, or the browser keeps no cookies", text{detail: "Several sign-ins within moments led back here."}},
	{string(LoginMismatch), 400, "a callback that fits no sign-in of that browser: too late, used before, or begun elsewhere", text{detail: "The callback fits no sign-in of this browser."}},
	{string(LoginDenied), 403, "the user refused at the provider, or has to do something there first", text{detail: "The provider refused the sign-in."}},
	{string(StepUpClass), 403, "a user was led to the provider for acr of a route, and the provider has authenticated them by another one, twice where it might help; the audit log has which. Nothing changed: who was signed in still is", text{detail: "The provider has not authenticated the user as was asked for.", other: true}},
	{string(StepUpAge), 403, "a user was led to the provider for max_age of a route, and the ID token has no auth_time, or an older one; the audit log has which. Nothing changed: who was signed in still is", text{detail: "The provider has not authenticated the user again, or does not say so.", other: true}},
	{string(LoginNotAllowed), 403, "`allow` of the login provider does not let that user in; the audit log has who it was, and the log what is missing", text{detail: "This account may not sign in here.", other: true}},
	{string(TicketRefused), 400, "a sign-in that came from the login's origin to this host was not begun by this browser, took longer than a minute, was used before or has ended; the audit log has which", text{detail: "The sign-in that was to arrive here gives nothing. Begin anew."}},
	{string(LoginUnavailable), 503, "a sign-in could not be finished: the provider or the store did not answer", text{detail: "Signing in is not possible at the moment. Try again later.", retry: true}},
	{string(ProviderAnswer), 502, "the provider answered what proves nothing: HTML, too much, a token that is wrong, an error that is not the user's; the log has which", text{detail: "The provider's answer proves nothing.", retry: true}},
	{string(FormPost), 405, "the provider sent its answer by POST (response_mode=form_post), with which no cookie of the sign-in comes; set response_mode to query at the provider", text{detail: "The provider sent its answer by POST. Set response_mode to query at the provider."}},
	{string(TooManyLogins), 429, "a user signed in too often, and has to wait", text{detail: "Too many sign-ins of this user. Try again later.", other: true}},
	{string(LogoutUnknown), 503, "a session may live on: the store did not answer when it was to be ended", text{detail: "The session may live on. Try again later.", retry: true}},
}
