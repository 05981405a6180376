package doorstest

import (
	"fmt"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// stepUps: a user who is known, and has authenticated otherwise, or longer ago, than the
// route asks for.
func (s *System) stepUps(t testing.TB) []row {
	const (
		navigate  = "Sec-Fetch-Mode: navigate"
		asks      = signIn + "?acr_values=gold%20urn%3Ax%3Asilver&max_age=300"
		challenge = `Bearer realm="edgeward", error="insufficient_user_authentication", error_description="Another authentication is required", acr_values="gold urn:x:silver", max_age="300"`
	)
	gold, urn, old := s.authenticated(t, "gold", time.Minute), s.authenticated(t, "urn:x:silver", 0), s.authenticated(t, "gold", time.Hour)
	ahead := s.authenticated(t, "gold", -time.Hour)
	token := func(acr string, ago time.Duration) string {
		return "Authorization: Bearer " + s.mint(t, s.claims(), jwt.StringClaim("scope", "orders:read"), jwt.StringClaim("acr", acr),
			jwt.Extra{Name: "auth_time", JSON: fmt.Sprint(time.Now().Add(-ago).Unix())})
	}
	refused := map[string]string{"Www-Authenticate": challenge}
	return []row{
		{rule: "a step-up: by the class, and of late", request: get("/strong/x", cookieOf(gold)), want: edgeward.Authenticated, seen: map[string]string{"X-Auth-Subject": "alice"}},
		{rule: "a step-up: by the other class", request: get("/strong/x", cookieOf(urn)), want: edgeward.Authenticated},
		{rule: "a step-up: a script is told how", request: get("/strong/x", cookieOf(s.cookie)), want: edgeward.StepUpRequired, loginURL: asks, answer: refused},
		{rule: "a step-up: of an hour ago", request: get("/strong/x", cookieOf(old)), want: edgeward.StepUpRequired, loginURL: asks, answer: refused},
		{rule: "a step-up: of an hour to come", request: get("/strong/x", cookieOf(ahead)), want: edgeward.StepUpRequired, loginURL: asks, answer: refused},
		{rule: "a step-up: a person is sent to sign in for it", request: get("/strong/x?a=1", navigate, cookieOf(s.cookie)), want: edgeward.StepUpRequired, location: asks + "&return_to=%2Fstrong%2Fx%3Fa%3D1"},
		{rule: "a step-up: also one who has no session yet", request: get("/strong/x", navigate), want: edgeward.CredentialMissing, location: asks + "&return_to=%2Fstrong%2Fx"},
		{rule: "a step-up: a form is no navigation to repeat", request: get("/strong/x", navigate, cookieOf(s.cookie)).method("POST"), want: edgeward.StepUpRequired, answer: refused,
			page: `href="` + signIn + `?acr_values=gold%20urn%3Ax%3Asilver&amp;max_age=300" target="_blank" rel="noopener"`},
		{rule: "a step-up: its user comes back to the page of the form", request: get("/strong/x", navigate, cookieOf(s.cookie), "Referer: http://api.example.com/forms/a").method("POST"), want: edgeward.StepUpRequired,
			page: `&amp;max_age=300&amp;return_to=%2Fforms%2Fa" target="_blank"`},
		{rule: "a step-up: no user steps up for a prefetch", request: get("/strong/x", navigate, "Sec-Purpose: prefetch", cookieOf(s.cookie)), want: edgeward.StepUpRequired, answer: map[string]string{"Location": ""}},
		{rule: "a step-up: what the client's URL says is nothing", request: get("/strong/x?acr_values=bronze&max_age=9999&acr=gold", cookieOf(s.cookie), "X-Auth-Acr: gold"), want: edgeward.StepUpRequired,
			beside: edgeward.StepUpRequired, answer: refused},
		{rule: "a step-up: an API key is no user's authentication", request: get("/strong/x", "X-API-Key: "+s.apiKey), want: edgeward.StepUpRequired, answer: refused},
		{rule: "a step-up: a token that says so", request: get("/strong/x", token("gold", time.Minute)), want: edgeward.Authenticated},
		{rule: "a step-up: a token of another class", request: get("/strong/x", token("bronze", time.Minute)), want: edgeward.StepUpRequired, answer: refused},
		{rule: "a step-up: a token of an hour ago", request: get("/strong/x", token("gold", time.Hour)), want: edgeward.StepUpRequired, answer: refused},
		{rule: "a step-up: a token that says neither", request: get("/strong/x", "Authorization: Bearer "+s.Token), want: edgeward.StepUpRequired, answer: refused},
		{rule: "a step-up: no second credential makes up for it", request: get("/strong/x", "Authorization: Bearer "+s.Token, cookieOf(gold)), want: edgeward.StepUpRequired, answer: refused},
		{rule: "a step-up: not where signing in does not help", request: get("/strong/tokens", "Authorization: Bearer "+s.Token, navigate), want: edgeward.StepUpRequired, answer: refused},
		{rule: "a step-up: a missing permission comes first", request: get("/strong/admin", cookieOf(s.cookie)), want: edgeward.InsufficientScope},
		{rule: "a step-up: where nothing is asked of it", request: get("/chain/x", cookieOf(gold)), want: edgeward.Authenticated},
	}
}
