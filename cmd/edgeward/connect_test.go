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
