package upstream_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/door/upstream"
)

func TestCheck(t *testing.T) {
	for base, ok := range map[string]bool{
		"http://127.0.0.1:3000": true, "https://app.example": true, "http://app.example/": true, "http://app.example/base": true, "http://[::1]:80/a/b/": true,
		"": false, "app.example": false, "ftp://app.example": false, "http://": false, "http://u:p@app.example": false, "http://app.example?a": false,
		"http://app.example/?": false, "http://app.example/#": false, "http://app.example/../x": false, "http://app.example/a%2fb": false, "http://app.example//": false,
		"http://app.example/;x": false, "//app.example": false, "http://a b": false, "/x": false,
		"unix:/run/app.sock": true, "unix:run/app.sock": false, "unix:/": false, "unix:/run/../app": false, "unix:/run//app": false, "unix:/a\x00": false, "unix:": false,
		"unix:/" + strings.Repeat("a", 106): true, "unix:/" + strings.Repeat("a", 107): false, "http://!unix!2f": false,
	} {
		if err := upstream.Check(base); (err == nil) != ok {
			t.Errorf("%q: %v", base, err)
		}
	}
	if err := upstream.Check("http://user:hunter2@%zz"); strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error tells a secret: %v", err)
	}
}
