package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// errBrokeOff says that an answer ended before its end.
var errBrokeOff = errors.New("admin: the answer broke off")

const (
	backupType = "application/vnd.sqlite3"
	// pieceTimeout bounds how long a client may take for a piece of a backup, or
	// it could keep everybody else's from being made.
	pieceTimeout = 30 * time.Second
	pieceSize    = 256 << 10 // bytes
)

// backup is GET /v1/backup. The copy is whole on the disk before the first byte
// is sent, so that a fault is an answer and not half a file; one at a time, or
// callers could fill the disk. Its length is said, so that a client knows when
// it got less.
func backup(ctx context.Context, x *exchange) error {
	if x.api.Backup == nil {
		return errNone
	}
	select {
	case x.api.backingUp <- struct{}{}:
		defer func() { <-x.api.backingUp }()
	default:
		return errBusy
	}
	folder, err := os.MkdirTemp(x.api.Scratch, ".edgeward-backup-*") // mode 0700
	if err != nil {
		return fmt.Errorf("admin: backup: %w", err)
	}
	defer func() {
		if err := os.RemoveAll(folder); err != nil {
			x.failed(fmt.Errorf("admin: a copy of the store is left: %w", err))
		}
	}()
	path := filepath.Join(folder, "store")
	if err := x.api.Backup(ctx, path); err != nil {
		return fmt.Errorf("admin: backup: %w", err)
	}
	x.api.Authority.HandedOutStore(ctx, by(x.caller, &x.visit.Request))
	return x.sendFile(path)
}

func (x *exchange) sendFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("admin: backup: %w", err)
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return fmt.Errorf("admin: backup: %w", err)
	}
	h := x.w.Header()
	x.dress(backupType)
	h.Set("Content-Length", strconv.FormatInt(stat.Size(), 10))
	h.Set("Content-Disposition", `attachment; filename="edgeward-`+x.api.Now().UTC().Format("20060102T150405Z")+`.db"`)
	x.w.WriteHeader(http.StatusOK)
	pieces := http.NewResponseController(x.w)
	for sent := int64(0); sent < stat.Size(); {
		_ = pieces.SetWriteDeadline(time.Now().Add(pieceTimeout)) // not every writer has one
		n, err := io.CopyN(x.w, f, min(pieceSize, stat.Size()-sent))
		if err != nil {
			return fmt.Errorf("%w: %v", errBrokeOff, err)
		}
		sent += n
	}
	_ = pieces.SetWriteDeadline(time.Time{})
	return nil
}
