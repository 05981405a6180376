package serve

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/certificate/certificatetest"
	"github.com/edgeward/edgeward/internal/setup/config"
)

// A pebble is the ACME server by which Let's Encrypt tests clients.
type pebble struct {
	directory string
	ca        *certificatetest.Authority
	cmd       *exec.Cmd
}

// startPebble runs one that proves hosts at the ports and issues for so many
// seconds.
func startPebble(t *testing.T, httpPort, tlsPort, seconds int) *pebble {
	t.Helper()
	program := os.Getenv("EDGEWARD_PEBBLE")
	if program == "" {
		if os.Getenv("EDGEWARD_REQUIRE_REAL") != "" {
			t.Fatal("EDGEWARD_PEBBLE names no pebble")
		}
		t.Skip("SKIPPED: EDGEWARD_PEBBLE names no pebble; make parts builds bin/pebble")
	}
	dir, port := t.TempDir(), freePort(t)
	p := &pebble{directory: fmt.Sprintf("https://127.0.0.1:%d/dir", port), ca: certificatetest.New(t)}
	chain, key := p.ca.Issue(time.Hour, "127.0.0.1")
	settings, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": fmt.Sprintf("127.0.0.1:%d", port), "certificate": filepath.Join(dir, "crt"), "privateKey": filepath.Join(dir, "key"),
		"httpPort": httpPort, "tlsPort": tlsPort, "profiles": map[string]any{"default": map[string]any{"description": "for tests", "validityPeriod": seconds}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"crt": chain, "key": key, "json": settings} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.cmd = exec.Command(program, "-config", filepath.Join(dir, "json"), "-dnsserver", loopbackDNS(t))
	p.cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.ca.Pool()}}}
	for {
		res, err := client.Get(p.directory)
		if err == nil {
			_ = res.Body.Close()
			return p
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (p *pebble) stop() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// loopbackDNS answers by TCP that every host is this machine, by IPv4.
func loopbackDNS(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answerDNS(conn)
		}
	}()
	return l.Addr().String()
}

func answerDNS(conn net.Conn) {
	defer conn.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		b := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, b); err != nil {
			return
		}
		end := 12 // of the question (RFC 1035 §4.1)
		for end < len(b) && b[end] != 0 {
			end += int(b[end]) + 1
		}
		if end+5 > len(b) {
			return
		}
		reply := append([]byte{}, b[:end+5]...)
		reply[2], reply[3] = 0x81, 0x80
		copy(reply[4:12], []byte{0, 1, 0, 0, 0, 0, 0, 0})
		if b[end+2] == 1 { // an A record
			reply[7] = 1
			reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1)
		}
		_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
	}
}

// shown waits until a host is served by a certificate that want takes.
func (s *site) shown(host string, want func(*x509.Certificate) bool) *x509.Certificate {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		conn, err := tls.Dial("tcp", s.at(config.ProxyListen), &tls.Config{ServerName: host, InsecureSkipVerify: true})
		if err != nil {
			continue
		}
		got := conn.ConnectionState().PeerCertificates[0]
		_ = conn.Close()
		if want(got) {
			return got
		}
	}
	s.t.Fatalf("no such certificate for %s\n%s", host, s.log)
	return nil
}

func isOrdered(host string) func(*x509.Certificate) bool {
	return func(c *x509.Certificate) bool {
		return c.VerifyHostname(host) == nil && strings.HasPrefix(c.Issuer.CommonName, "Pebble")
	}
}

const orderingProxy = `
proxy:
  listen: 127.0.0.1:TLSPORT
  upstream: UPSTREAM
  hosts: [app.example.com, other.example.com, "*.wild.example.com"]REDIRECT
  tls: {acme: {email: admin@example.com, directory: "DIRECTORY", ca: file:ca.pem, cache: kept}}
admin: {listen: 127.0.0.1:0}
`

func orderingSite(t *testing.T, seconds int, redirect bool) (*site, *pebble) {
	t.Helper()
	httpPort, tlsPort, line := freePort(t), freePort(t), ""
	p := startPebble(t, httpPort, tlsPort, seconds)
	if redirect {
		line = fmt.Sprintf("\n  redirect: 127.0.0.1:%d", httpPort)
	}
	text := strings.NewReplacer("TLSPORT", fmt.Sprint(tlsPort), "REDIRECT", line, "DIRECTORY", p.directory).Replace(orderingProxy)
	return newSite(t, p.ca, map[string][]byte{"ca.pem": p.ca.PEM}, text), p
}

// Certificates are ordered for the hosts of the configuration, by either challenge,
// kept where no one else reads them, and found there by the next start.
func TestCertificatesAreOrdered(t *testing.T) {
	for challenge, redirect := range map[string]bool{"tls-alpn-01": false, "http-01": true} {
		t.Run(challenge, func(t *testing.T) {
			s, p := orderingSite(t, 90*24*3600, redirect)
			for _, host := range []string{"app.example.com", "other.example.com"} {
				s.shown(host, isOrdered(host))
			}
			first := s.shown("app.example.com", isOrdered("app.example.com"))
			s.shown("stranger.example.org", func(c *x509.Certificate) bool { return c.VerifyHostname("stranger.example.org") != nil })
			if ok, failed, _ := s.System().Orders(); ok != 2 || failed != 0 {
				t.Errorf("%d orders, %d failed: two hosts are in the list, and a client's word is no order\n%s", ok, failed, s.log)
			}
			kept, err := filepath.Glob(filepath.Join(s.dir, "kept", "*", "*"))
			if err != nil || len(kept) != 3 {
				t.Errorf("%v is kept, %v", kept, err)
			}
			for _, name := range kept {
				if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%s: %v, %v", name, info.Mode(), err)
				}
			}
			p.stop()
			if err := s.live.Reload(); err != nil {
				t.Error(err)
			}
			if again := s.shown("app.example.com", isOrdered("app.example.com")); !again.Equal(first) {
				t.Error("a reload lost the certificate")
			}
			if text := s.log.String(); strings.Contains(text, "PRIVATE KEY") {
				t.Error(text)
			}
		})
	}
}

// A certificate is renewed before it ends; where the authority is gone, the one that
// is there is served, and operators hear of it.
func TestCertificatesAreRenewed(t *testing.T) {
	s, p := orderingSite(t, 12, false)
	first := s.shown("app.example.com", isOrdered("app.example.com"))
	s.shown("app.example.com", func(c *x509.Certificate) bool { return isOrdered("app.example.com")(c) && !c.Equal(first) })
	p.stop()
	for len(s.report().Warnings) == 0 || !strings.Contains(s.log.String(), "could not be ordered") {
		time.Sleep(20 * time.Millisecond)
	}
	s.shown("app.example.com", isOrdered("app.example.com"))
	if _, failed, _ := s.System().Orders(); failed == 0 {
		t.Error("no failure was counted")
	}

}
