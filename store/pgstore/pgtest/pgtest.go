// Package pgtest runs PostgreSQL servers for tests, from the programs that the
// system has installed.
package pgtest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A Server is one that a test owns.
type Server struct {
	t    testing.TB
	dir  string
	bin  string
	port int
	cmd  *exec.Cmd
	said bytes.Buffer // by the server as it started
}

// Superuser may do everything on a Server, User what an application may.
const (
	Superuser = "postgres"
	User      = "edgeward"
	Password  = "correct-horse"
)

// Start makes a server with the settings, of the form name=value, on a free
// port of the loopback interface. It ends with the test. Without PostgreSQL the
// test is skipped, or fails where all real parts were asked for.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	return StartIn(t, "", settings...)
}

// StartIn makes the server's files in a directory of the caller's.
func StartIn(t testing.TB, parent string, settings ...string) *Server {
	t.Helper()
	s := &Server{t: t, bin: programs(t), port: freePort(t)}
	var err error
	if s.dir, err = os.MkdirTemp(parent, "pgtest"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(s.dir) })
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(Password), 0o644); err != nil {
		t.Fatal(err)
	}
	s.run("initdb", "-D", s.data(), "-U", Superuser, "--pwfile", secret, "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync")
	s.Configure(append([]string{"listen_addresses='127.0.0.1'", "port=" + strconv.Itoa(s.port), "unix_socket_directories=''", "shared_buffers=64MB", "max_connections=60", "log_min_messages=fatal"}, settings...)...)
	t.Cleanup(s.Kill)
	s.Boot()
	s.SQL("CREATE ROLE " + User + " LOGIN PASSWORD '" + Password + "'; GRANT CREATE ON DATABASE postgres TO " + User)
	return s
}

// Standby makes a server that follows s, and has s wait for it with every
// commit.
func (s *Server) Standby() *Server {
	s.t.Helper()
	next := &Server{t: s.t, bin: s.bin, port: freePort(s.t)}
	var err error
	if next.dir, err = os.MkdirTemp("", "pgtest"); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = os.RemoveAll(next.dir) })
	cmd := next.command("pg_basebackup", "-D", next.data(), "-R", "-X", "stream", "-c", "fast", "--no-sync",
		"-d", fmt.Sprintf("host=127.0.0.1 port=%d user=%s application_name=standby", s.port, Superuser))
	cmd.Env = append(cmd.Env, "PGPASSWORD="+Password)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("pg_basebackup: %v: %s", err, out)
	}
	next.Configure("port=" + strconv.Itoa(next.port))
	s.t.Cleanup(next.Kill)
	next.Boot()
	s.SQL("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
	s.SQL("SELECT pg_reload_conf()")
	for s.SQL("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1" {
		time.Sleep(20 * time.Millisecond)
	}
	return next
}

// Promote makes a standby the primary. It waits for no other.
func (s *Server) Promote() {
	s.t.Helper()
	s.SQL("SELECT pg_promote()")
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Configure adds settings, which count from the next Boot on.
func (s *Server) Configure(settings ...string) {
	s.t.Helper()
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(strings.Join(settings, "\n") + "\n")
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// Place puts a file, which the server alone may read, among the server's.
func (s *Server) Place(name string, content []byte) {
	s.t.Helper()
	cmd := s.command("sh", "-c", `umask 077; cat > "$0"`, filepath.Join(s.data(), name))
	cmd.Path = "/bin/sh"
	cmd.Stdin = bytes.NewReader(content)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
}

// Boot starts a server that does not run, and waits until it answers.
func (s *Server) Boot() {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if s.cmd == nil {
			s.cmd = s.command("postgres", "-D", s.data())
			s.said.Reset()
			s.cmd.Stderr = &s.said
			if err := s.cmd.Start(); err != nil {
				s.t.Fatal(err)
			}
		}
		if s.command("pg_isready", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port)).Run() == nil {
			return
		}
		if s.gone() { // processes of one that was killed may still hold its memory
			_ = s.cmd.Wait()
			s.cmd = nil
		}
		if time.Now().After(deadline) {
			s.Kill()
			s.t.Fatalf("PostgreSQL does not answer: %s", s.said.String())
		}
	}
}

// Kill ends the server as a crash does, if it runs.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
	s.orphansEnd()
}

// orphansEnd waits for the processes that the server has left behind: they see
// that it is gone.
func (s *Server) orphansEnd() {
	for range 200 {
		conn, err := net.DialTimeout("tcp", s.Addr(), time.Second)
		if err != nil {
			return
		}
		_ = conn.Close()
		time.Sleep(10 * time.Millisecond)
	}
}

// Addr is where the server listens.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL names the server for User, without the password.
func (s *Server) URL() string { return URL(s.Addr()) }

// URL names a server that is reached at addr.
func URL(addr string) string { return "postgres://" + User + "@" + addr + "/postgres" }

// SQL runs statements as the superuser and returns what they answer.
func (s *Server) SQL(statements string) string {
	s.t.Helper()
	cmd := s.command("psql", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-U", Superuser, "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-qAtX", "-f", "-")
	cmd.Env = append(cmd.Env, "PGPASSWORD="+Password)
	cmd.Stdin = strings.NewReader(statements)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("psql: %v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func (s *Server) run(program string, args ...string) {
	s.t.Helper()
	if out, err := s.command(program, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v: %s", program, err, out)
	}
}

func (s *Server) command(program string, args ...string) *exec.Cmd {
	return Command(s.t, s.dir, filepath.Join(s.bin, program), args...)
}

// Command is one that runs as the server does, in a directory that becomes its
// own.
func Command(t testing.TB, dir, program string, args ...string) *exec.Cmd {
	t.Helper()
	own(t, dir)
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	unprivileged(cmd)
	return cmd
}

// programs is the directory of the newest PostgreSQL on this machine.
func programs(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil { // the others are beside it, and maybe not on the PATH
			return filepath.Dir(path)
		}
	}
	newest, where := 0, ""
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	for _, path := range found {
		dir := filepath.Dir(path)
		if n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir))); n > newest {
			newest, where = n, dir
		}
	}
	if where == "" {
		Missing(t, "PostgreSQL")
	}
	return where
}

// Missing ends a test that lacks a real part: aloud, or as a failure where
// every part was asked for.
func Missing(t testing.TB, part string) {
	t.Helper()
	if os.Getenv("EDGEWARD_REQUIRE_REAL") == "1" {
		t.Fatalf("%s is missing, and EDGEWARD_REQUIRE_REAL=1 asks for every real part: make parts", part)
	}
	t.Skipf("SKIPPED: %s is missing; install it with: make parts", part)
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// account is the user that the server runs as: it refuses to be root.
func account() (uid, gid int, err error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, fmt.Errorf("the tests run as root, and PostgreSQL does not: %w", err)
	}
	uid, _ = strconv.Atoi(u.Uid)
	gid, _ = strconv.Atoi(u.Gid)
	return uid, gid, nil
}
