package devidp_test

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// Whatever the query, nobody is sent anywhere but to a registered address, and
// nothing breaks.
func FuzzAuthorize(f *testing.F) {
	b := visitor(f, "")
	_, sound, _ := strings.Cut(question(nil), "?")
	f.Add(sound)
	f.Add(sound + "&redirect_uri=https://evil.example/")
	f.Add("client_id=dev&redirect_uri=%zz")
	f.Add("client_id=dev;redirect_uri=//evil.example")
	f.Fuzz(func(t *testing.T, query string) {
		hr := httptest.NewRequest("GET", "/authorize", nil)
		hr.URL.RawQuery = query
		w := httptest.NewRecorder()
		b.p.Handler().ServeHTTP(w, hr)
		to := w.Header().Get("Location")
		if w.Code >= 500 || to != "" && !strings.HasPrefix(to, callback+"?") || strings.Contains(w.Body.String(), "<script") {
			t.Errorf("%d, to %q: %s", w.Code, to, w.Body)
		}
	})
}
