package door_test

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

func TestWhatCarriesCredentialsTravelsAsTheApplicationMaySeeIt(t *testing.T) {
	session := cookie.Session + "=ews_x"
	for rule, row := range map[string]struct {
		came edgeward.Header
		want http.Header
	}{
		"nothing came":                    {edgeward.Header{"Accept": {"*/*"}}, nil},
		"what is gone is there and empty": {edgeward.Header{"Authorization": {"Bearer x"}, "X-Api-Key": {"ew_live_x"}, "Cookie": {session}}, http.Header{"Authorization": {""}, "X-Api-Key": {""}, "Cookie": {""}}},
		"the application's own stays":     {edgeward.Header{"Authorization": {"Basic dTpw"}, "X-Api-Key": {"theirs"}, "Cookie": {"a=1"}}, http.Header{"Authorization": {"Basic dTpw"}, "X-Api-Key": {"theirs"}, "Cookie": {"a=1"}}},
		"cookies are one line":            {edgeward.Header{"Cookie": {"a=1", session, "b=2"}}, http.Header{"Cookie": {"a=1; b=2"}}},
	} {
		v := door.NewVisit()
		v.Request.Header, v.Decision = row.came, edgeward.Decision{Allow: true, Reason: edgeward.Public, Upstream: edgeward.Header{"X-Auth-Subject": {"ada"}}}
		if got := v.Travelling(); !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: %q, want %q", rule, got, row.want)
		}
	}
}
