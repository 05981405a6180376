package gateway

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward/audit"
	"github.com/edgeward/edgeward/audit/auditfile"
	"github.com/edgeward/edgeward/internal/setup/config"
)

// auditInterval bounds what a power cut takes from the audit log: the records of
// the last second or two, by one fsync for all of them. No operation waits for it, and
// what was done is in the store by then.
const auditInterval = time.Second

// An auditFile is the audit log beside the store, in one file after the other. The
// store's lock keeps other processes from writing to it.
type auditFile struct {
	log    *audit.Log
	files  *auditfile.Rotation
	keep   int                   // full files; 0 means all
	torn   bool                  // a record that was written in part was removed
	synced audit.Head            // how far it is on the disk for good; Run's own
	unsafe atomic.Pointer[error] // what the last fsync returned; nil before the first
	faults atomic.Uint64         // fsyncs that went wrong
}

// openAudit opens the audit log, or makes it, and goes on where its chain ends.
// What the program wrote in part when it stopped was never acknowledged and is
// cut off. A chain that is broken anywhere else is left as it is: going on
// would make the break look older than it is.
func openAudit(s *config.Store) (*auditFile, error) {
	files, head, torn, err := auditfile.OpenRotation(s.AuditPath(), int64(s.AuditFileSize)<<20, private)
	if err != nil {
		return nil, err
	}
	return &auditFile{log: audit.NewLog(files, head, nil), files: files, keep: s.AuditFiles, torn: torn}, nil
}

var errAuditExposed = errors.New("every user of this machine may read or write it")

// private refuses a file that others may read, as the store does with its own.
func private(f *os.File) error {
	info, err := f.Stat()
	if err == nil && info.Mode().Perm()&0o007 != 0 {
		err = fmt.Errorf("%w (mode %#o)", errAuditExposed, info.Mode().Perm())
	}
	return err
}

// run keeps the log on the disk until ctx is done. After a failure it finds out
// when there is room again: a node that is taken out of service carries out no operations
// that would.
func (a *auditFile) run(ctx context.Context) {
	for pause(ctx, auditInterval) {
		_ = a.log.Confess() // ready tells
		head := a.log.Head()
		if head == a.synced {
			continue
		}
		err := a.keepFiles(ctx)
		if err != nil {
			a.faults.Add(1)
		} else {
			a.synced = head
		}
		a.unsafe.Store(&err)
	}
}

// keepFiles keeps what was written on the disk, and removes files that are too old.
func (a *auditFile) keepFiles(ctx context.Context) error {
	if err := a.files.Sync(); err != nil || a.keep == 0 {
		return err
	}
	return a.files.Retire(ctx, a.log, a.keep)
}

// ready returns nil when the last record was written, and kept.
func (a *auditFile) ready() error {
	if lost, _ := a.log.Lost(); lost > 0 {
		return fmt.Errorf("audit: %d records could not be written to the log", lost)
	}
	if err := a.unsafe.Load(); err != nil && *err != nil {
		return fmt.Errorf("audit: %w", *err)
	}
	return nil
}

// failures counts what could not be written, or kept.
func (a *auditFile) failures() uint64 {
	_, lost := a.log.Lost()
	return lost + a.faults.Load()
}

func (a *auditFile) Close() error { return a.files.Close() }

// An AuditError says why the audit log cannot be gone on with. It is as it was.
type AuditError struct {
	Path string
	Err  error
}

func (e *AuditError) Error() string {
	return "config: " + e.Detail()
}

// Detail says for a person what is wrong.
func (e *AuditError) Detail() string { return fmt.Sprintf("audit log %s: %v", e.Path, e.Err) }

func (e *AuditError) Unwrap() error { return e.Err }

// Remedy says in a few words what to do, "" when that is anybody's guess.
func (e *AuditError) Remedy() string {
	if _, broken := errors.AsType[*audit.BreakError](e.Err); broken {
		return "find out who changed it, keep all of its files as evidence, and move them away: a new chain begins"
	}
	if errors.Is(e.Err, errAuditExposed) {
		return "chmod 600 " + e.Path
	}
	return ""
}
