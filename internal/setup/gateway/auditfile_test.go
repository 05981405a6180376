package gateway_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/audit"
	"github.com/edgeward/edgeward/audit/auditfile"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/revocation"
)

const auditPath = "edgeward.db.audit.jsonl"

// deeds does something that is audited, and closes everything.
func (f folder) deeds() {
	f.t.Helper()
	m, err := gateway.Open(f.load().Config, onDisk)
	if err != nil {
		f.t.Fatal(err)
	}
	s, err := gateway.Build(f.load().Config, gateway.Environment{State: m}, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	for range 2 {
		_, _ = s.Authority.RevokeSubject(f.t.Context(), by, issuance.Target{Issuer: "https://idp.example", Subject: "alice", Scope: revocation.Subject, Reason: "test", Force: true})
	}
	if err := m.Close(); err != nil {
		f.t.Fatal(err)
	}
}

func TestTheAuditLogGoesOnAfterARestart(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	f.deeds()
	f.deeds()
	head, _, err := audit.Verify(bytes.NewReader(f.read(auditPath)))
	if err != nil || head.Count != 4 {
		t.Errorf("%d records, %v", head.Count, err)
	}
	if info, err := os.Stat(f.path(auditPath)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// A crash in the middle of a write leaves half a record, which nobody was told
// was kept.
func TestHalfARecordIsCutOff(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	f.deeds()
	whole := f.read(auditPath)
	f.write(auditPath, string(whole)+`{"time":"2026`)
	f.deeds()
	after := f.read(auditPath)
	head, _, err := audit.Verify(bytes.NewReader(after))
	if err != nil || head.Count != 4 || !bytes.HasPrefix(after, whole) {
		t.Errorf("%d records, %v", head.Count, err)
	}
}

func TestABrokenChainIsEvidence(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	f.deeds()
	broken := strings.Replace(string(f.read(auditPath)), "test", "TEST", 1)
	f.write(auditPath, broken)
	_, err := gateway.NewLive(f.load(), onDisk, nil)
	fault, ok := errors.AsType[*gateway.AuditError](err)
	if !ok || !strings.Contains(fault.Remedy(), "evidence") || fault.Path != f.path(auditPath) {
		t.Errorf("err = %v", err)
	}
	if string(f.read(auditPath)) != broken {
		t.Error("it was changed")
	}
	if err := os.Rename(f.path(auditPath), f.path("evidence")); err != nil {
		t.Fatal(err)
	}
	f.run(onDisk) // also: the store was closed again
}

// Who was there first, or copied it back carelessly, must not make it public.
func TestAnAuditLogThatOthersMayReadIsRefused(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	f.deeds()
	if err := os.Chmod(f.path(auditPath), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := gateway.NewLive(f.load(), onDisk, nil)
	if fault, ok := errors.AsType[*gateway.AuditError](err); !ok || fault.Remedy() != "chmod 600 "+f.path(auditPath) {
		t.Errorf("err = %v", err)
	}
	if err := os.Chmod(f.path(auditPath), 0o640); err != nil {
		t.Fatal(err)
	}
	f.deeds() // a group that the operator chose
}

func TestNoSecretIsAudited(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	l := f.run(onDisk)
	issued := issue(t, l)
	log := string(f.read(auditPath))
	if strings.Count(log, "\n") != 3 {
		t.Errorf("three credentials were issued:\n%s", log)
	}
	for method, field := range issued.fields {
		_, value, _ := strings.Cut(strings.TrimPrefix(field[1], "Bearer "), "=")
		if value == "" {
			value = strings.TrimPrefix(field[1], "Bearer ")
		}
		if strings.Contains(log, value) {
			t.Errorf("the %s is in the audit log", method)
		}
	}
}

// A full file is followed by another, of which the configuration says how large
// they are and how many are kept.
func TestTheAuditLogIsOfManyFiles(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db, audit_file_size: 1, audit_files: 1}", "")
	fill := func() {
		r, head, _, err := auditfile.OpenRotation(f.path(auditPath), 1<<30, nil)
		if err != nil {
			t.Fatal(err)
		}
		l, long := audit.NewLog(r, head, nil), strings.Repeat("x", 500)
		for range 1 << 9 {
			_ = l.Append(t.Context(), audit.Record{Action: long, Object: long, Reason: long, Actor: long})
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	fill()
	f.deeds()
	fill()
	f.deeds()
	if full, err := auditfile.Full(f.path(auditPath)); err != nil || len(full) != 2 {
		t.Fatalf("%v, %v", full, err)
	}
	l := f.run(onDisk)
	_, _ = l.System().Authority.RevokeSubject(t.Context(), by, issuance.Target{Issuer: "https://idp.example", Subject: "alice", Scope: revocation.Subject, Force: true})
	waitUntil(t, func() bool { full, err := auditfile.Full(f.path(auditPath)); return err == nil && len(full) == 1 })
	files, err := auditfile.Open(f.path(auditPath))
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	if head, err := files.Verify(nil); err != nil || head.Count != 2*(1<<9)+4+2 {
		t.Errorf("%d records, %v", head.Count, err)
	}
}
