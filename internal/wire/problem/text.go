package problem

import (
	"strconv"

	"github.com/edgeward/edgeward/internal/wire/page"
)

// A text is what one public code is called.
type text struct {
	detail string // one sentence for programs; generic, "" for none
	says   string // the page's message in the catalogue; "" for the one called as the code
	retry  bool   // trying again can help
	other  bool   // another account can help, and LoginURL leads to where it is chosen
}

// texts holds one row per [edgeward.Reason.Problem]. Nothing in it depends on
// the request.
var texts = [...]struct {
	code string
	text
}{
	{"bad_request", text{detail: "The request has no single reading, so it was not forwarded."}},
	{"ambiguous_credential", text{detail: "More than one credential was sent where one is meant.", retry: true}},
	{"method_not_allowed", text{}},
	{"credential_required", text{}},
	{"invalid_token", text{}},
	{"confirmation_required", text{detail: "The user of this personal token has not signed in for a long time. Once they have signed in with a browser, it is accepted again."}},
	{"invalid_grant", text{detail: "The refresh token is not valid."}},
	{"insufficient_user_authentication", text{detail: "The user has to authenticate again, as the challenge says (RFC 9470)."}},
	{"too_many_requests", text{detail: "Too many wrong credentials came from this network. Try again later."}},
	{"forbidden", text{detail: "Access to this resource is not open.", other: true}},
	{"unknown_host", text{detail: "This server does not answer for the host of the request."}},
	{"insufficient_scope", text{detail: "The credential lacks a permission that this resource requires.", other: true}},
	{"unavailable", text{detail: "The credential could not be checked at the moment. Try again later.", retry: true}},
}

// titleOf returns the status phrase (RFC 9110 §15).
func titleOf(status int) string { return page.English().Text(strconv.Itoa(status)) }
