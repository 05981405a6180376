package account_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/store/storetest"
)

// A provider that says that somebody has left while their sign-in is being carried
// out is heard, at whatever step that is: what the provider vouched for has ended.
func TestBackchannelLogoutDuringASignIn(t *testing.T) {
	for whom, change := range map[string]func(object){
		"a session of a person": nil,
		"a session":             func(o object) { delete(o, "sub") },
		"a person":              func(o object) { delete(o, "sid") },
	} {
		for _, outcome := range outcomes {
			for at := range 16 {
				s := start(t, outcome, one)
				p := s.person()
				callback := p.begin(t, s.google, "google", "/")
				var redeemed atomic.Bool
				s.google.answer = func(url string) (*openid.Response, error) {
					redeemed.Store(redeemed.Load() || strings.HasSuffix(url, "/token"))
					return nil, nil
				}
				said := 0
				var operations atomic.Int64
				s.Store.Follow(func(storetest.Operation) storetest.Fault {
					if redeemed.Load() && operations.Add(1) == int64(at)+1 {
						s.Clock.Forward(10 * time.Millisecond)
						said = s.say(t, s.google.logoutToken("j", change))
						s.Clock.Forward(10 * time.Millisecond)
					}
					return storetest.Fault{}
				})
				status := p.get(t, callback).Code
				s.Store.Follow(nil)
				if said != 0 && said != 200 || status != 303 && status != 400 {
					t.Errorf("%s, %s at %d: the provider got %d, the person %d", whom, outcome, at, said, status)
				}
				if in, _ := p.whoami(t); (in == 200) != (said == 0) {
					t.Errorf("%s, %s at %d: the provider got %d, the person %d, and then %d", whom, outcome, at, said, status, in)
				}
				if said != 0 { // and whoever signs in after that is in, from the next second of the provider's clock on
					s.Clock.Forward(time.Second)
					s.google.answer = nil
					s.person().signIn(t).isIn(t, true)
				}
			}
		}
	}
}
