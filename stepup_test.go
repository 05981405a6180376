package edgeward_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
)

func TestStepUpIsMetByWhatTheIssuerSays(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	both := edgeward.StepUp{ACR: []string{"gold", "silver"}, MaxAge: 5 * time.Minute}
	for rule, row := range map[string]struct {
		asked  edgeward.StepUp
		acr    string
		at     time.Time
		apiKey string
		met    bool
	}{
		"nothing is asked":                    {edgeward.StepUp{}, "", time.Time{}, "", true},
		"nothing is asked of an API key":      {edgeward.StepUp{}, "", time.Time{}, "k1", true},
		"one of the classes":                  {both, "silver", ago(time.Minute), "", true},
		"another class":                       {both, "bronze", ago(time.Minute), "", false},
		"a class that begins alike":           {both, "silver2", ago(time.Minute), "", false},
		"no class":                            {both, "", ago(time.Minute), "", false},
		"just in time":                        {both, "gold", ago(5 * time.Minute), "", true},
		"by the issuer's clock that is slow":  {both, "gold", ago(5*time.Minute + edgeward.AuthLeeway), "", true},
		"too old":                             {both, "gold", ago(5*time.Minute + edgeward.AuthLeeway + 1), "", false},
		"no time":                             {both, "gold", time.Time{}, "", false},
		"by the issuer's clock that is fast":  {both, "gold", now.Add(edgeward.AuthLeeway), "", true},
		"a time that is to come":              {both, "gold", now.Add(edgeward.AuthLeeway + 1), "", false},
		"long to come":                        {edgeward.StepUp{MaxAge: 366 * 24 * time.Hour}, "", now.Add(1 << 62), "", false},
		"an API key with the user's":          {both, "gold", ago(time.Minute), "k1", false},
		"an API key where the age is asked":   {edgeward.StepUp{MaxAge: time.Hour}, "", ago(time.Minute), "k1", false},
		"an API key where the class is asked": {edgeward.StepUp{ACR: []string{"gold"}}, "gold", time.Time{}, "k1", false},
	} {
		id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "alice", APIKey: row.apiKey, Profile: &edgeward.Profile{ACR: row.acr, AuthTime: row.at}})
		if err != nil {
			t.Fatal(err)
		}
		if met := row.asked.Met(id, now); met != row.met {
			t.Errorf("%s: %v", rule, met)
		}
	}
	id, _ := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "alice", Profile: &edgeward.Profile{ACR: "gold", AuthTime: now}})
	if n := testing.AllocsPerRun(100, func() { both.Met(id, now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestStepUpsAreAskedForTogether(t *testing.T) {
	for rule, row := range map[string]struct {
		a, b    edgeward.StepUp
		classes string
		seconds string
	}{
		"of nothing":                    {edgeward.StepUp{}, edgeward.StepUp{}, "", ""},
		"of one":                        {edgeward.StepUp{}, edgeward.StepUp{ACR: []string{"b"}, MaxAge: time.Minute}, "b", "60"},
		"the classes that both know":    {edgeward.StepUp{ACR: []string{"c", "a", "b"}}, edgeward.StepUp{ACR: []string{"b", "c"}}, "c b", ""},
		"the younger":                   {edgeward.StepUp{MaxAge: time.Hour}, edgeward.StepUp{MaxAge: time.Minute}, "", "60"},
		"the younger, other way around": {edgeward.StepUp{MaxAge: time.Minute}, edgeward.StepUp{MaxAge: time.Hour}, "", "60"},
		"what nothing meets":            {edgeward.StepUp{ACR: []string{"a"}}, edgeward.StepUp{ACR: []string{"b"}}, "a", ""},
	} {
		both := row.a.And(row.b)
		if both.ACRValues() != row.classes || both.Seconds() != row.seconds {
			t.Errorf("%s: %q, %q", rule, both.ACRValues(), both.Seconds())
		}
	}
}

// RFC 9470 §3.
func TestTheChallengeOfAStepUp(t *testing.T) {
	for rule, row := range map[string]struct {
		asked edgeward.StepUp
		want  string
	}{
		"both":                  {edgeward.StepUp{ACR: []string{"urn:x:gold", "silver"}, MaxAge: 5 * time.Minute}, `, acr_values="urn:x:gold silver", max_age="300"`},
		"a class":               {edgeward.StepUp{ACR: []string{"gold"}}, `, acr_values="gold"`},
		"an age":                {edgeward.StepUp{MaxAge: 90 * time.Second}, `, max_age="90"`},
		"no class splits it":    {edgeward.StepUp{ACR: []string{`a", realm="evil`, "b c", "d\r\nX: y", "gold"}}, `, acr_values="gold"`},
		"none that can be said": {edgeward.StepUp{ACR: []string{`"`}}, ``},
	} {
		h := edgeward.Header{}
		edgeward.SetStatusFields(h, 401, &edgeward.StepUpError{StepUp: row.asked})
		want := `Bearer realm="edgeward", error="insufficient_user_authentication", error_description="Another authentication is required"` + row.want
		if got := h.First("Www-Authenticate"); got != want {
			t.Errorf("%s: %s", rule, got)
		}
	}
	h := edgeward.Header{}
	edgeward.SetStatusFields(h, 401, edgeward.StepUpRequired)
	if got := h.First("Www-Authenticate"); !strings.Contains(got, "insufficient_user_authentication") {
		t.Error("a plain reason:", got)
	}
	if err := error(&edgeward.StepUpError{}); !errors.Is(err, edgeward.StepUpRequired) {
		t.Error("it wraps no reason")
	}
}
