package console_test

import (
	"net/http"
	"testing"

	"github.com/edgeward/edgeward/login"
)

// TestWhoIsNoOperatorUsesAnotherAccount: the provider's own session would bring
// the same one back for ever.
func TestWhoIsNoOperatorUsesAnotherAccount(t *testing.T) {
	l := ada()
	l.signIn.Permissions = []string{"read"}
	d := openWith(t, l)
	d.cookie = "ew_console_login=begun"
	status(t, d.get("/console/callback?state=s&code=c"), 403, "no operator", ">Use another account</a>",
		`href="/console/login?account=other&amp;next=%2Fconsole%2Fsessions%3Fq%3Da&amp;provider=corp"`, `account=choose`)
	for path, want := range map[string]login.Account{
		"/console/login?provider=corp": login.AnyAccount, "/console/login?provider=corp&account=other": login.OtherAccount,
		"/console/login?provider=corp&account=choose": login.ChooseAccount, "/console/login?provider=corp&account=none": login.AnyAccount,
	} {
		if w := d.get(path); w.Code != 303 || l.as != want {
			t.Errorf("%s: %d, prompt %q", path, w.Code, l.as)
		}
	}
}

// TestNothingBeginsAheadOfTheOperator: row 42.
func TestNothingBeginsAheadOfTheOperator(t *testing.T) {
	for name, value := range map[string]string{"Sec-Purpose": "prefetch", "Sec-Fetch-Mode": "no-cors"} {
		for _, target := range []string{"/console/login?provider=corp", "/console/callback?state=s&code=c"} {
			l := ada()
			d := openWith(t, l)
			hr := d.request(http.MethodGet, target)
			hr.Header.Set(name, value)
			if w := d.serve(hr); w.Code != 401 || len(w.Header()["Set-Cookie"]) > 0 || l.returnTo != "" || l.callback.Code != "" {
				t.Errorf("%s, %s: %d %v", target, name, w.Code, w.Header())
			}
		}
	}
}
