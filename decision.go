package edgeward

// A Decision is the answer to a Request. The zero value refuses.
//
// A door that gets Allow forwards the request; else it answers with
// Reason.Status(), the Response fields and a problem document. It may read the
// fields, headers included, but never changes them: they can be shared with
// other requests.
type Decision struct {
	Allow    bool
	Reason   Reason
	Err      error     // what a log should know; never shown to a client
	Identity *Identity // nil unless a credential proved one
	// Host is the entry of the configuration that covers the request's host: a bounded
	// label, "" for that of all other hosts, and where there is none.
	Host  string
	Route string // the pattern that matched, a bounded label; "" for none

	Target         string      // base URL or name of the upstream; "" means the door's own
	Forwarding     *Forwarding // how it travels there; nil as the zero Forwarding
	KeepCredential bool        // the credential may travel on
	Credential     Credential

	// Forwardable says of a preflight, which is no request that a credential could
	// come with, that the route lets anybody send OPTIONS: a door that cannot answer
	// it may leave that to the application.
	Forwardable bool

	// Login is the absolute URL of the page where a person signs in, on a
	// refusal that signing in may cure. "" on every other decision.
	Login string
	// OtherAccount is the absolute URL where a user who is signed in chooses another
	// account, on a refusal that another one may not meet; "" where no sign-in helps.
	OtherAccount string

	Upstream Header // to set on the forwarded request, after inbound X-Auth-* and OwnFields are gone
	// OwnFields are the names of further fields that no client may send: by them the
	// configuration speaks to applications, on whichever route of whichever host. nil:
	// there are none.
	OwnFields FieldNames
	// Omitted says of fields that the identity's are too long for them, or cannot be
	// spelled in them: "Remote-Groups: too long". A log should know.
	Omitted  []string
	Response Header // to set on the answer to the client: CORS, challenge, Retry-After
}
