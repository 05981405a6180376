package e2e

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait for something that happens soon or never. It is
// no claim about speed.
const patience = 30 * time.Second

// A process is a real part that one test started. It is ended by its id, at the
// latest when the test ends.
type process struct {
	t      *testing.T
	name   string
	cmd    *exec.Cmd
	output *logBuffer
	done   chan struct{} // closed when the process has ended and err is set
	err    error
}

// start runs cmd until the test ends. Its standard input stays open for as
// long.
func start(t *testing.T, name string, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, name: name, cmd: cmd, output: &logBuffer{}, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.output, p.output
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	dieWithParent(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		stdin.Close()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, p.output.tail())
		}
	})
	return p
}

// stop asks the process to end, waits until it has, and returns how it ended.
func (p *process) stop(how os.Signal) error {
	p.t.Helper()
	p.signal(how)
	select {
	case <-p.done:
		return p.err
	case <-time.After(patience):
		p.t.Fatalf("%s did not end on %v", p.name, how)
		return nil
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.done
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// listens waits until something accepts connections on address.
func (p *process) listens(address string) {
	p.t.Helper()
	eventually(p.t, p.name+" listens on "+address, patience, func() bool {
		if p.ended() {
			p.t.Fatalf("%s ended: %v", p.name, p.err)
		}
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// says waits until the process has written every text: edgeward writes its log
// five times a second, so an answer may be here before its line.
func (p *process) says(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		eventually(p.t, fmt.Sprintf("%s says %q", p.name, text), patience, func() bool { return strings.Contains(p.output.String(), text) })
	}
}

// eventually polls until what holds, and fails the test when it never does.
func eventually(t *testing.T, what string, limit time.Duration, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(25 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still not so after %v: %s", limit, what)
		}
	}
}

// answers reports whether url answers with status.
func answers(url string, status int) bool {
	res, err := http.Get(url)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == status
}

// body returns what url answers, whatever the status.
func body(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// handedOut are the ports that freePort gave away: tests run in parallel.
var (
	portMutex sync.Mutex
	handedOut = map[int]bool{}
)

// freePort finds a port that nobody listens on, below those that the kernel
// takes for outgoing connections: one of them, of any test, could have it
// before it is used.
func freePort(t *testing.T) int {
	t.Helper()
	portMutex.Lock()
	defer portMutex.Unlock()
	for range 1000 {
		port := 20_000 + rand.IntN(12_000)
		if handedOut[port] {
			continue
		}
		l, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue
		}
		l.Close()
		handedOut[port] = true
		return port
	}
	t.Fatal("no port is free")
	return 0
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// A logBuffer collects what a process says while tests read it.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// tail returns the last 8 KiB, enough to see why.
func (b *logBuffer) tail() string {
	all := b.String()
	return all[max(0, len(all)-8<<10):]
}
