package devsystem

import "testing"

// A second host is there where its name leads to this machine, at the port where
// browsers find the first.
func TestSecondHost(t *testing.T) {
	for origin, want := range map[string]string{
		"http://127.0.0.1:8080":         "http://notes.localhost:8080",
		"http://[::1]:8080":             "http://notes.localhost:8080",
		"http://localhost":              "http://notes.localhost",
		"http://192.0.2.1:8080":         "",
		"http://app.example.com":        "",
		"https://127.0.0.1:8443":        "", // its certificate is not for that name
		"http://[::]:8080":              "",
		"http://127.0.0.1.evil.example": "",
		"":                              "",
		"http://127.0.0.1:%":            "",
	} {
		if got := secondHost(origin); got != want {
			t.Errorf("%s: %q, want %q", origin, got, want)
		}
	}
}
