package main

import (
	"context"
	"embed"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"text/template"
	"time"
)

// The cores: one for the server under measurement, the other for wrk and for
// nginx behind the proxies.
const (
	serverCore = "0"
	loadCore   = "1"
)

//go:embed haproxy.cfg nginx.conf edgeward.yaml tokens.lua
//go:embed secure.cfg open.cfg checking.cfg secure.yaml Caddyfile
var files embed.FS

// A lab is the set of servers of one run, each on a free port of loopback.
type lab struct {
	ctx     context.Context // its end ends every process
	running sync.WaitGroup  // those that have not ended yet
	dir     string
	client  *http.Client // that asks whether a server does what is measured

	Dir                           string
	Nginx                         string
	Handler, Bare                 string
	Verify, Proxy, Admin          string
	HAProxyDecision, HAProxyProxy string
	Secure, SecureBare            string
	SecureOpen, SecureHAProxy     string
	SecureCaddy                   string
	Issuer, Audience              string
}

// A contender is one server at one address.
type contender struct {
	name string
	url  string
	open bool // it asks nobody for a token: a ceiling

	address string  // host:port, of those over TLS
	server  *server // likewise
}

// start runs every server and returns the contenders of the two matches, the
// ceiling first.
func (l *lab) start() (decision, proxy []contender, err error) {
	if err := l.addresses(&l.Nginx, &l.Handler, &l.Bare, &l.Verify, &l.Proxy, &l.Admin, &l.HAProxyDecision, &l.HAProxyProxy); err != nil {
		return nil, nil, err
	}
	if err := l.configure(); err != nil {
		return nil, nil, err
	}
	edgeward := l.file("edgeward")
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	for _, server := range []struct {
		address, core string
		command       []string
	}{
		{l.Nginx, loadCore, []string{"nginx", "-p", l.dir, "-c", l.file("nginx.conf"), "-e", "stderr"}},
		{l.Handler, serverCore, []string{self, "handler", l.Handler}},
		{l.Bare, serverCore, []string{self, "proxy", l.Bare, "http://" + l.Nginx}},
		{l.HAProxyProxy, serverCore, []string{"haproxy", "-f", l.file("haproxy.cfg")}},
		{l.Proxy, serverCore, []string{edgeward, "serve", "--config", l.file("edgeward.yaml"), "--log-level", "error"}},
	} {
		if _, err := l.run(server.address, server.core, server.command...); err != nil {
			return nil, nil, err
		}
	}
	decision = []contender{
		{name: "empty net/http handler", url: "http://" + l.Handler + "/api/orders", open: true},
		{name: "edgeward, forward-auth", url: "http://" + l.Verify + "/verify"},
		{name: checkingHAProxy, url: "http://" + l.HAProxyDecision + "/api/orders"},
	}
	proxy = []contender{
		{name: "bare httputil.ReverseProxy", url: "http://" + l.Bare + "/api/orders", open: true},
		{name: "edgeward, proxy", url: "http://" + l.Proxy + "/api/orders"},
		{name: checkingHAProxy, url: "http://" + l.HAProxyProxy + "/api/orders"},
	}
	return decision, proxy, nil
}

// build makes the gateway.
func (l *lab) build() error {
	if out, err := exec.CommandContext(l.ctx, "go", "build", "-o", l.file("edgeward"), "./cmd/edgeward").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

func (l *lab) file(name string) string { return filepath.Join(l.dir, name) }

// configure writes the configuration files with this run's addresses.
func (l *lab) configure() error {
	l.Dir, l.Issuer, l.Audience = l.dir, issuer, audience
	templates, err := template.New("").Funcs(template.FuncMap{"port": portOf}).ParseFS(files, "*")
	if err != nil {
		return err
	}
	for _, t := range templates.Templates() {
		f, err := os.OpenFile(l.file(t.Name()), os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		if err := t.Execute(f, l); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// A server is a process of the lab.
type server struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended and err is set
	err   error
}

// run starts a server on one core and waits until it listens. taskset becomes
// the server, so ending it ends the server.
func (l *lab) run(address, core string, command ...string) (*server, error) {
	cmd := exec.CommandContext(l.ctx, "taskset", append([]string{"-c", core}, command...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "PATH="+os.Getenv("PATH")+":/usr/sbin")
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{cmd: cmd, ended: make(chan struct{})}
	l.running.Go(func() {
		s.err = fmt.Errorf("%s: %v\n%s", strings.Join(command, " "), cmd.Wait(), output.String())
		close(s.ended)
	})
	for {
		if conn, err := net.Dial("tcp", address); err == nil {
			return s, conn.Close()
		}
		select {
		case <-s.ended:
			return nil, s.err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop asks the server to end and waits until it has.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-s.ended
	if !s.cmd.ProcessState.Success() {
		return s.err
	}
	return nil
}

// addresses gives each a free port of loopback.
func (l *lab) addresses(all ...*string) (err error) {
	for _, address := range all {
		if *address, err = freeAddress(); err != nil {
			return err
		}
	}
	return nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// check makes sure that c does what is measured: it lets a good token in and,
// unless it is a ceiling, refuses everything else.
func (l *lab) check(c contender, tokens string) error {
	file, err := os.ReadFile(tokens)
	if err != nil {
		return err
	}
	token, _, _ := strings.Cut(string(file), "\n")
	for presented, want := range map[string]bool{token: true, token[:len(token)-8] + "AAAAAAAA": false, "": false} {
		status, err := l.ask(c.url, presented)
		if err != nil {
			return err
		}
		if admitted := status == http.StatusOK; admitted != (want || c.open) {
			return fmt.Errorf("%s answers %d to a token of %d bytes that should be let in: %v", c.name, status, len(presented), want)
		}
	}
	return nil
}

func (l *lab) ask(url, token string) (status int, err error) {
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("X-Forwarded-Method", "GET")
	req.Header.Set("X-Forwarded-Proto", "http")
	req.Header.Set("X-Forwarded-Host", "app.example")
	req.Header.Set("X-Forwarded-Uri", "/api/orders")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := l.client.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}
