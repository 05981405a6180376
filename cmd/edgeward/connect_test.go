package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/certificate/certificatetest"
)

// Commands reach a server behind TLS that the configuration's own files speak for,
// one whose authority --ca names, and one on a Unix socket; and no other.
func TestCommandsReachTheServer(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a := certificatetest.New(t)
	chain, key := a.Issue(time.Hour, "admin.example.com")
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		t.Fatal(err)
	}
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	secure := httptest.NewUnstartedServer(answer)
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	socket := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	local := &httptest.Server{Listener: listener, Config: &http.Server{Handler: answer}}
	local.Start()
	t.Cleanup(local.Close)

	write("tls.crt", chain)
	keyFile, ca := write("key", []byte("ew_live_key")), write("ca.pem", a.PEM)
	ca2, none := write("other.pem", certificatetest.New(t).PEM), ""
	at := secure.Listener.Addr().String()
	plain := write("plain.yaml", []byte("admin: {listen: \""+at+"\", tls: {acme: {}}, origin: https://admin.example.com}\n"))
	pinned := write("pinned.yaml", []byte("admin: {listen: \""+at+"\", tls: {certificates: [{certificate: file:tls.crt, key: file:tls.key}]}}\n"))
	unix := write("unix.yaml", []byte("admin: {listen: \"unix:"+socket+"\"}\n"))
	url := "unix:" + socket
	for rule, row := range map[string]struct {
		config, server, ca *string
		reached            bool
	}{
		"the certificate of the configuration":  {&pinned, &none, &none, true},
		"a certificate that nothing speaks for": {&plain, &none, &none, false},
		"a socket of the configuration":         {&unix, &none, &none, true},
		"a socket":                              {&none, &url, &none, true},
		"another authority":                     {&pinned, &none, &ca2, false},
		"another name than the certificate's":   {&pinned, &none, &ca, false},
	} {
		api, err := connection{config: row.config, server: row.server, keyFile: &keyFile, ca: row.ca}.open()
		if err != nil {
			t.Errorf("%s: %v", rule, err)
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		err = api.EndSession(ctx, "id")
		cancel()
		if (err == nil) != row.reached {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestTheServerIsWhereTheConfigurationSays(t *testing.T) {
	for _, row := range []struct{ rule, text, want string }{
		{"the default of admin.listen", "routes: {}", "http://127.0.0.1:8081"},
		{"as it is written", `admin: {listen: "127.0.0.1:9"}`, "http://127.0.0.1:9"},
		{"by name", `admin: {listen: "localhost:9"}`, "http://localhost:9"},
		{"IPv6", `admin: {listen: "[::1]:9"}`, "http://[::1]:9"},
		{"every interface is also here", `admin: {listen: ":9"}`, "http://127.0.0.1:9"},
		{"every interface of IPv4", `admin: {listen: "0.0.0.0:9"}`, "http://127.0.0.1:9"},
		{"every interface of IPv6", `admin: {listen: "[::]:9"}`, "http://127.0.0.1:9"},
		{"by TLS", `admin: {listen: "127.0.0.1:9", tls: {}}`, "https://127.0.0.1:9"},
		{"a Unix socket", `admin: {listen: "unix:/run/edgeward/admin.sock"}`, "unix:/run/edgeward/admin.sock"},
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
