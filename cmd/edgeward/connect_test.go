package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheServerIsWhereTheConfigurationSays(t *testing.T) {
	for _, row := range []struct{ rule, text, want string }{
		{"the default of admin.listen", "routes: {}", "http://127.0.0.1:8081"},
		{"as it is written", `admin: {listen: "127.0.0.1:9"}`, "http://127.0.0.1:9"},
		{"by name", `admin: {listen: "localhost:9"}`, "http://localhost:9"},
		{"IPv6", `admin: {listen: "[::1]:9"}`, "http://[::1]:9"},
		{"every interface is also here", `admin: {listen: ":9"}`, "http://127.0.0.1:9"},
		{"every interface of IPv4", `admin: {listen: "0.0.0.0:9"}`, "http://127.0.0.1:9"},
		{"every interface of IPv6", `admin: {listen: "[::]:9"}`, "http://127.0.0.1:9"},
		{"a port that is not known", `admin: {listen: "127.0.0.1:0"}`, ""},
		{"no address", `admin: {listen: "nonsense"}`, ""},
	} {
		t.Run(row.rule, func(t *testing.T) {
			path, none := filepath.Join(t.TempDir(), "edgeward.yaml"), ""
			if err := os.WriteFile(path, []byte(row.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := connection{config: &path, server: &none}.address()
			if got != row.want || (err != nil) != (row.want == "") {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestANewRingReplacesNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.jwks")
	if err := writePrivate(path, []byte("first"), true); err != nil {
		t.Fatal(err)
	}
	if err := writePrivate(path, []byte("second"), true); err == nil {
		t.Error("a ring that somebody made meanwhile was replaced")
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "first" {
		t.Errorf("%q, %v", data, err)
	}
	if err := writePrivate(path, []byte("third"), false); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%v is left, %v", left, err)
	}
}
