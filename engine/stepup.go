package engine

import (
	"errors"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/policy"
)

// authenticated asks how, and when, the user authenticated. It comes after what no
// authentication of the same user cures.
func (e *Engine) authenticated(route *policy.Route, id *edgeward.Identity) error {
	if route.StepUp.IsZero() || route.StepUp.Met(id, e.now()) {
		return nil
	}
	return &edgeward.StepUpError{StepUp: route.StepUp}
}

// asking returns where a user signs in as err asks for, or else, who has no good
// credential, as the route will. What stands in the URL is only a wish: the route is
// asked again afterwards.
func asking(login string, route *policy.Route, err error) string {
	asked := &route.StepUp
	if refused, ok := errors.AsType[*edgeward.StepUpError](err); ok {
		asked = &refused.StepUp
	}
	if login == "" {
		return ""
	}
	var q form.Text
	if classes := asked.ACRValues(); classes != "" {
		q = q.Add("acr_values", classes)
	}
	if age := asked.Seconds(); age != "" {
		q = q.Add("max_age", age)
	}
	if len(q) == 0 {
		return login
	}
	return q.Below(login)
}
