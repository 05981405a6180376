package login_test

import (
	"net/url"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login"
)

// A user may want another account than that of the provider's own session
// (OpenID Connect Core §3.1.2.1). A provider that lists what it supports is asked
// for nothing else: some refuse what they do not know.
func TestAnotherAccount(t *testing.T) {
	for _, row := range []struct {
		rule string
		said any // prompt_values_supported; nil is nothing
		as   login.Account
		want string
	}{
		{"any account", []string{"login"}, login.AnyAccount, ""},
		{"another, and nothing is said", nil, login.OtherAccount, "login"},
		{"another, which is supported", []string{"none", "select_account", "login"}, login.OtherAccount, "select_account"},
		{"another, which is not", []string{"none", "login"}, login.OtherAccount, "login"},
		{"another, and what is said is no list", "select_account", login.OtherAccount, "login"},
		{"a choice, whatever is said", []string{"login"}, login.ChooseAccount, "select_account"},
	} {
		b := &browser{world: newWorld(t)}
		b.one.about = put("prompt_values_supported", row.said)
		begun, err := b.BeginAs(t.Context(), "one", edgeward.Secret{}, "/", row.as)
		if err != nil {
			t.Fatalf("%s: %v", row.rule, err)
		}
		u, err := url.Parse(begun.Location)
		if err != nil {
			t.Fatal(err)
		}
		if q := u.Query(); q.Get("prompt") != row.want || q.Has("prompt") != (row.want != "") {
			t.Errorf("%s: prompt %q, want %q", row.rule, q.Get("prompt"), row.want)
		}
	}
}
