package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/edgeward/edgeward/audit"
	"github.com/edgeward/edgeward/audit/auditfile"
	"github.com/edgeward/edgeward/internal/issuance"
)

// auditShown is how many records the page shows.
const auditShown = 100

type auditData struct {
	Entries []audit.Entry
	Verdict *verdict // nil when nobody asked
}

// A verdict is what the chain of the audit log says.
type verdict struct {
	Sound   bool
	Records uint64 // in the sound part
	Hash    string // of the last of these
	Problem string
}

var (
	errVerifying = errors.New("the log is being verified already")
	errLong      = errors.New("the log is too long to be verified here")
)

// showAudit is GET /console/audit; with verify=1 it reads the whole log.
func showAudit(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	if x.AuditFile == "" {
		return answer{}, issuance.ErrUnsupported
	}
	files, err := auditfile.Open(x.AuditFile)
	if err != nil {
		return answer{}, fmt.Errorf("console: audit log: %w", err)
	}
	defer files.Close()
	var d auditData
	if d.Entries, err = files.Last(auditShown); err == nil && f["verify"] != "" {
		d.Verdict, err = x.verify(ctx, files)
	}
	if err != nil {
		return answer{}, fmt.Errorf("console: audit log: %w", err)
	}
	return answer{name: "audit", title: "Audit", data: d}, nil
}

// verify reads the whole log, for one person at a time: it is as much work as
// the log is long. Who does not wait for it stops it.
func (x *exchange) verify(ctx context.Context, files auditfile.Files) (*verdict, error) {
	select {
	case x.verifying <- struct{}{}:
		defer func() { <-x.verifying }()
	default:
		return nil, errVerifying
	}
	head, err := files.Verify(func(r io.Reader) io.Reader { return stoppable{ctx, r} })
	v := &verdict{Sound: err == nil, Records: head.Count, Hash: fmt.Sprintf("%x", head.Hash)}
	if broken, ok := errors.AsType[*audit.BreakError](err); ok {
		v.Problem = fmt.Sprintf("line %d: %s", broken.Line, broken.Problem)
		if in, ok := errors.AsType[*auditfile.FileError](err); ok {
			v.Problem = filepath.Base(in.Path) + ", " + v.Problem
		}
		return v, nil
	}
	if errors.Is(err, audit.ErrTorn) { // the next record is being written right now
		v.Sound = true
		return v, nil
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, errLong
	}
	return v, err
}

// stoppable reads until ctx is done.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}
