package console_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/login"
)

// TestAPlantedCookieLocksNoOperatorOut: row 22. What came twice is nobody's; both
// go, and the operator signs in.
func TestAPlantedCookieLocksNoOperatorOut(t *testing.T) {
	d := open(t).signIn()
	own := d.cookie
	for _, planted := range []string{own, "ew_console=x", "ew_console="} {
		own = d.signIn().cookie
		d.cookie = own + "; " + planted
		w := d.get("/console")
		if to := w.Header().Get("Location"); w.Code != 303 || !strings.HasPrefix(to, "/console/sign-in?") || !strings.Contains(to, "why=ended") {
			t.Errorf("%s: %d to %s", planted, w.Code, to)
		}
		if set := w.Header().Values("Set-Cookie"); !slices.Equal(set, []string{
			"ew_console=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", "ew_console=; Path=/; Max-Age=0; Secure; Partitioned",
		}) {
			t.Errorf("%s: %v", planted, set)
		}
	}
	if w := d.get("/console/live"); w.Code != 401 {
		t.Errorf("a script: %d", w.Code)
	}
	d.cookie = own
	out(t, d.get("/console")) // what nobody has any more has ended
	d.cookie = own + "; ew_console=x"
	w := d.post("/console/sign-in", "key", d.key)
	if set := w.Header().Values("Set-Cookie"); w.Code != 303 || len(set) != 2 || set[0] != "ew_console=; Path=/; Max-Age=0; Secure; Partitioned" {
		t.Errorf("%d %v", w.Code, set)
	}
	d.take(w)
	status(t, d.get("/console"), 200)
}

// TestAPlantedTransactionLocksNoOperatorOut: the same at a provider.
func TestAPlantedTransactionLocksNoOperatorOut(t *testing.T) {
	l := ada()
	d := openWith(t, l)
	d.cookie = "ew_console_login=a; ew_console_login=b"
	w := d.get("/console/login?provider=corp")
	if set := w.Header().Values("Set-Cookie"); w.Code != 303 || l.cookie != "" || len(set) != 2 || !strings.HasSuffix(set[0], "; Partitioned") {
		t.Errorf("%d with %q: %v", w.Code, l.cookie, set)
	}
	l.err = login.ErrState
	w = d.get("/console/callback?state=s&code=c")
	if set := w.Header().Values("Set-Cookie"); w.Code != 400 || l.cookie != "" || len(set) != 2 {
		t.Errorf("%d with %q: %v", w.Code, l.cookie, set)
	}
}
