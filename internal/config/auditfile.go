package config

import (
	"errors"
	"fmt"
	"os"

	"github.com/edgeward/edgeward/audit"
)

// auditSuffix is what the audit log's name has beyond the store's.
const auditSuffix = ".audit.jsonl"

// An auditFile is the audit log beside the store. The store's lock keeps other
// processes from writing to it.
type auditFile struct {
	log  *audit.Log
	file *os.File
	torn bool // a record that was written in part was removed
}

// openAudit opens the audit log, or makes it, and goes on where its chain ends.
// What the program wrote in part when it stopped was never acknowledged and is
// cut off. A chain that is broken anywhere else is left as it is: going on
// would make the break look older than it is.
func openAudit(path string) (*auditFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	head, size, err := audit.Verify(f)
	torn := errors.Is(err, audit.ErrTorn)
	if torn {
		err = f.Truncate(size)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &auditFile{audit.NewLog(f, head, nil), f, torn}, nil
}

func (a *auditFile) Close() error { return errors.Join(a.file.Sync(), a.file.Close()) }

// An AuditError says why the audit log cannot be gone on with. It is as it was.
type AuditError struct {
	Path string
	Err  error
}

func (e *AuditError) Error() string {
	return fmt.Sprintf("config: audit log %s: %v", e.Path, e.Err)
}

func (e *AuditError) Unwrap() error { return e.Err }

// Remedy says in a few words what to do, "" when that is anybody's guess.
func (e *AuditError) Remedy() string {
	if _, broken := errors.AsType[*audit.BreakError](e.Err); broken {
		return "find out who changed it, keep it as evidence, and move it away: a new chain begins"
	}
	return ""
}
