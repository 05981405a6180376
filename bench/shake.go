package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// shakers is how many clients connect at once.
const shakers = 16

// shake returns the load of connections that are closed once their handshake is
// done, full or resumed. This program does it again, on the core of the load.
func (l *lab) shake(kind string) func(contender, int) (int, error) {
	return func(c contender, seconds int) (int, error) {
		self, err := os.Executable()
		if err != nil {
			return 0, err
		}
		return l.counted(regexp.MustCompile(`^([0-9]+)\n$`), self, "shake", c.address, kind, strconv.Itoa(seconds))
	}
}

// multiplex loads a contender with requests, 16 connections of 16 streams.
func (l *lab) multiplex(c contender, seconds int) (int, error) {
	token, err := os.ReadFile(l.file("same.txt"))
	if err != nil {
		return 0, err
	}
	return l.counted(regexp.MustCompile(`, ([0-9]+) succeeded, 0 failed, 0 errored, 0 timeout\nstatus codes: [0-9]+ 2xx, 0 3xx, 0 4xx, 0 5xx`),
		"h2load", "-t1", "-c16", "-m16", "-D"+strconv.Itoa(seconds), "-H", "authorization: Bearer "+strings.TrimSpace(string(token)), c.url)
}

// counted runs a load on its core, and returns the number that it says.
func (l *lab) counted(said *regexp.Regexp, command ...string) (int, error) {
	out, err := exec.CommandContext(l.ctx, "taskset", append([]string{"-c", loadCore}, command...)...).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", command[0], err, out)
	}
	found := said.FindSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("%s said:\n%s", command[0], out)
	}
	return strconv.Atoi(string(found[1]))
}

// shakeHands connects to address for some seconds, and prints how often. All
// contenders get X25519 and TLS 1.3, which is what each of them can do.
func shakeHands(address, kind, seconds string) error {
	length, err := strconv.Atoi(seconds)
	if err != nil {
		return err
	}
	config := &tls.Config{
		ServerName: secureHost, InsecureSkipVerify: true, // the check of the chain is the client's work, not what is measured
		MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519}, NextProtos: []string{"http/1.1"},
	}
	var kept ticket
	config.ClientSessionCache = &kept
	if err := connect(address, config, func(conn *tls.Conn) error { return askFor(conn) }); err != nil {
		return err
	}
	switch {
	case kind == "full":
		config.ClientSessionCache = new(none)
	case kept.session == nil:
		return errors.New("the server gives no session ticket")
	}
	done, err := together(shakers, time.Now().Add(time.Duration(length)*time.Second), func(int) error {
		return connect(address, config, func(conn *tls.Conn) error {
			if resumed := conn.ConnectionState().DidResume; resumed != (kind == "resumed") {
				return fmt.Errorf("resumed: %v", resumed)
			}
			return nil
		})
	})
	fmt.Println(done)
	return err
}

func connect(address string, config *tls.Config, then func(*tls.Conn) error) error {
	conn, err := tls.Dial("tcp", address, config)
	if err != nil {
		return err
	}
	return errors.Join(then(conn), conn.Close())
}

// askFor sends a request and reads the beginning of its answer: by then the
// server's session ticket is here.
func askFor(conn *tls.Conn) error {
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", secureHost); err != nil {
		return err
	}
	answer := make([]byte, len("HTTP/1.1 "))
	if _, err := conn.Read(answer); err != nil {
		return err
	}
	if !strings.HasPrefix(string(answer), "HTTP/1.1") {
		return fmt.Errorf("an answer that begins with %q", answer)
	}
	return nil
}

// none remembers no session: a client that would resume, and cannot.
type none struct{}

func (*none) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (*none) Put(string, *tls.ClientSessionState)        {}

// A ticket is a session that is resumed again and again.
type ticket struct{ session *tls.ClientSessionState }

func (t *ticket) Get(string) (*tls.ClientSessionState, bool) { return t.session, t.session != nil }
func (t *ticket) Put(_ string, s *tls.ClientSessionState) {
	if t.session == nil {
		t.session = s
	}
}
