package pgstore_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store/pgstore"
	"github.com/edgeward/edgeward/store/pgstore/pgtest"
)

// pooler runs pgbouncer in front of the server.
func pooler(t *testing.T, l *lab, mode string) (addr string) {
	t.Helper()
	program := "/usr/sbin/pgbouncer"
	if _, err := os.Stat(program); err != nil {
		if program, err = exec.LookPath("pgbouncer"); err != nil {
			pgtest.Missing(t, "pgbouncer")
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = listener.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	_, upstream, _ := net.SplitHostPort(l.Addr())
	_ = listener.Close()
	dir, err := os.MkdirTemp("", "pgbouncer")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	users := filepath.Join(dir, "users")
	ini := fmt.Sprintf(`[databases]
postgres = host=127.0.0.1 port=%s password=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = plain
auth_file = %s
pool_mode = %s
`, upstream, pgtest.Password, port, users, mode)
	for path, text := range map[string]string{users: fmt.Sprintf("%q %q\n", pgtest.User, pgtest.Password), filepath.Join(dir, "ini"): ini} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := pgtest.Command(t, dir, program, filepath.Join(dir, "ini"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			return addr
		}
		if time.Now().After(deadline) {
			t.Fatal("pgbouncer does not answer")
		}
	}
}

func TestAPoolerThatSwallowsNotificationsIsRefused(t *testing.T) {
	l := newLab(t)
	refused(t, config(pgtest.URL(pooler(t, l, "transaction")), ""), pgstore.ErrPooler, "pooler")
}

// In session mode everything works, whatever the role's defaults are.
func TestAPoolerThatKeepsSessionsIsFine(t *testing.T) {
	l := newLab(t)
	l.SQL(`ALTER ROLE edgeward SET synchronous_commit = off; ALTER ROLE edgeward SET default_transaction_isolation = serializable`)
	s := run(t, config(pgtest.URL(pooler(t, l, "session")), ""))
	create(t, s, "a")
	holds(t, s, "a")
}
