package admin_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Whatever who has a key sends is done, or is a mistake of theirs. It is never
// an outage: nobody would ask again for what can only be refused, and nobody
// would be woken for it.
func FuzzRequest(f *testing.F) {
	s := start(f, copies(write("the store"), f.TempDir()))
	for _, name := range names() {
		method, path, _ := strings.Cut(name, " ")
		f.Add(method, path, "limit=2&after=x", `{"subject":"alice"}`, "k")
	}
	f.Add("POST", "/v1/revocations", "", `{"scope":"subject","issuer":"https://idp.example","value":"x","not_before":"2026-01-01T00:00:00Z"}`, "")
	f.Add("POST", "/v1/api-keys", "", `{"subject":"x","permissions":["a"],"networks":["::/0"],"expires":"2027-01-01T00:00:00Z"}`, "k")
	f.Add("POST", "/v1/sessions", "", `{"subject":"x","issuer":"i","client_ip":"::1","replaces":"ews_x"}`, "k")
	f.Add("GET", "/v1/sessions", "issuer=i&subject=s&after=AAAAAAAAAAAAAAAAAAAAAA", "", "")
	f.Fuzz(func(t *testing.T, method, path, query, body, key string) {
		hr := httptest.NewRequest("GET", base+"/", strings.NewReader(body))
		hr.Method, hr.URL = method, &url.URL{Path: path, RawQuery: query}
		hr.RequestURI = hr.URL.RequestURI()
		hr.Header = http.Header{"Authorization": {"Bearer " + s.admin}, "Content-Type": {"application/json"}}
		if key != "" {
			hr.Header["Idempotency-Key"] = []string{key}
		}
		for range 2 {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, hr)
			if w.Code >= 500 && w.Code != http.StatusNotImplemented {
				t.Errorf("%s %s: %d %s", method, hr.RequestURI, w.Code, w.Body)
			}
			if bytes.Contains(w.Body.Bytes(), []byte(s.admin)) {
				t.Errorf("%s %s tells the caller's key", method, hr.RequestURI)
			}
			hr.Body = io.NopCloser(strings.NewReader(body))
		}
	})
}
