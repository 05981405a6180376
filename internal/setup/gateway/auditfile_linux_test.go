package gateway_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/edgeward/edgeward/audit"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/revocation"
)

// descriptor returns that by which this process has path open.
func descriptor(t *testing.T, path string) int {
	t.Helper()
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if target, _ := os.Readlink(link); target == path {
			n, err := strconv.Atoi(filepath.Base(link))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("%s is not open", path)
	return -1
}

// instead puts path in the place of an open file.
func instead(t *testing.T, fd int, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Dup3(int(f.Fd()), fd, syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
}

// A full disk hides nothing: the node says so as long as it lasts, and the log
// says afterwards how many records are missing.
func TestAFullDiskSilencesNoAuditLog(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	l := f.run(onDisk)
	end := func() {
		_, _ = l.System().Authority.RevokeSubject(t.Context(), by, issuance.Target{Issuer: "https://idp.example", Subject: "alice", Scope: revocation.Subject, Reason: "test", Force: true})
	}
	end()
	fd := descriptor(t, f.path(auditPath))
	instead(t, fd, "/dev/full")
	end()
	end()
	if err := l.System().Ready(); err == nil || !strings.Contains(err.Error(), "audit: 2 records") {
		t.Errorf("ready: %v", err)
	}
	if r, _ := l.System().Stats(); r.Unaudited < 2 {
		t.Errorf("%d failures are counted", r.Unaudited)
	}
	instead(t, fd, f.path(auditPath))
	waitUntil(t, func() bool { return l.System().Ready() == nil }) // without another deed
	end()
	text := f.read(auditPath)
	if head, _, err := audit.Verify(bytes.NewReader(text)); err != nil || head.Count != 3 || !bytes.Contains(text, []byte(`"object":"records/2"`)) {
		t.Errorf("%d records, %v\n%s", head.Count, err, text)
	}
}

// A disk that is almost full takes the beginning of a record.
func TestAFullDiskLeavesNoHalfRecord(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4k"); err != nil {
		t.Skipf("NOT TESTED: what an almost full disk leaves; mounting a small one needs root: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	f := newHybrid(t, "{path: edgeward.db}", "")
	l := f.run(onDisk)
	fd, small := descriptor(t, f.path(auditPath)), filepath.Join(dir, "audit")
	if err := os.WriteFile(small, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	instead(t, fd, small)
	defer instead(t, fd, f.path(auditPath))
	for range 100 {
		_, _ = l.System().Authority.RevokeSubject(t.Context(), by, issuance.Target{Issuer: "https://idp.example", Subject: "alice", Scope: revocation.Subject, Reason: "test", Force: true})
	}
	text, err := os.ReadFile(small)
	if err != nil {
		t.Fatal(err)
	}
	if head, _, err := audit.Verify(bytes.NewReader(text)); err != nil || head.Count == 0 || head.Count == 100 {
		t.Errorf("%d records, %v", head.Count, err)
	}
}

// What a power cut would take is not kept: a device that cannot keep anything
// stands for a disk that fails.
func TestRecordsAreKeptOnTheDisk(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	l := f.run(onDisk)
	fd := descriptor(t, f.path(auditPath))
	instead(t, fd, os.DevNull)
	defer instead(t, fd, f.path(auditPath))
	_, _ = l.System().Authority.RevokeSubject(t.Context(), by, issuance.Target{Issuer: "https://idp.example", Subject: "alice", Scope: revocation.Subject, Reason: "test", Force: true})
	waitUntil(t, func() bool { return l.System().Ready() != nil })
	if r, _ := l.System().Stats(); r.Unaudited == 0 || !strings.HasPrefix(l.System().Ready().Error(), "audit: ") {
		t.Errorf("%d failures are counted, %v", r.Unaudited, l.System().Ready())
	}
}
