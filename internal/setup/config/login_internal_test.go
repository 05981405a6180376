package config

import (
	"reflect"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/config/connection"
	"github.com/edgeward/edgeward/internal/wire/userpath"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/policy/allow"
)

type signer struct{ jwt.Signer }

// What a reload changes about a login has to be seen as a change: every field
// counts, also one that is added later.
func TestEveryFieldOfALoginCounts(t *testing.T) {
	other := map[string]any{
		"string": "other", "time.Duration": time.Minute, "config.Pages": Pages{Name: "other"}, "userpath.Prefix": userpath.Prefix("/other"), "issuance.Outcome": issuance.Outcome("other"), "edgeward.Secret": edgeward.NewSecret("other"),
		"issuance.Bounds": issuance.DefaultBounds(), "allow.Rule": allow.Of(allow.Alternative{Groups: []string{"other"}}), "[]string": []string{"other"}, "[]jwt.Algorithm": []jwt.Algorithm{jwt.ES512},
		"claim.Map": claim.Map{Username: claim.Source{Name: "other"}}, "[]config.Provider": []Provider{{}, {}},
		"connection.Connection": connection.Connection{JWKSURI: "other"},
		"openid.Userinfo":       openid.UserinfoNever, "[]openid.Param": []openid.Param{{Name: "other", Value: "other"}}, "openid.Endpoints": openid.Endpoints{EndSession: "other"},
		"bool": true, "[]uint8": []byte("other"), "jwt.Signer": signer{},
	}
	differ := func(of reflect.Type, equal func(changed reflect.Value) bool) {
		for i := range of.NumField() {
			changed := reflect.New(of).Elem()
			changed.Field(i).Set(reflect.ValueOf(other[changed.Field(i).Type().String()]))
			if equal(changed) {
				t.Errorf("%s.%s does not count", of, of.Field(i).Name)
			}
		}
	}
	differ(reflect.TypeFor[Login](), func(v reflect.Value) bool { l := v.Interface().(Login); return l.Equal(&Login{}) })
	differ(reflect.TypeFor[Provider](), func(v reflect.Value) bool { return v.Interface().(Provider).equal(Provider{}) })
	differ(reflect.TypeFor[connection.Connection](), func(v reflect.Value) bool {
		c := v.Interface().(connection.Connection)
		return c.Equal(&connection.Connection{})
	})
	for _, p := range []Pages{{Brand: "other"}, {Style: "other"}, {Languages: []string{"other"}}} {
		if (&Login{Pages: p}).Equal(&Login{}) {
			t.Errorf("%+v does not count", p)
		}
	}
	if l := (&Login{Origin: "a", Providers: []Provider{{Name: "a"}}}); !l.Equal(&Login{Origin: "a", Providers: []Provider{{Name: "a"}}}) {
		t.Error("two that say the same differ")
	}
}
