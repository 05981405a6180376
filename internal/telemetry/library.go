package telemetry

import (
	"context"
	"io"
	stdlog "log"
	"log/slog"
	"strings"

	"github.com/edgeward/edgeward/audit"
)

// maxLibraryLine bounds what is logged of a line of net/http, in bytes. It is cut
// before anything else looks at it: an upstream chooses what is in it.
const maxLibraryLine = 512

// LibraryLog returns a logger for libraries that know only the standard one, as
// net/http does: each line becomes a record of log at that level, bounded and
// without anything that came off the wire. net/http quotes that: up to 4 KB of an
// answer that nobody asked for, cookies included.
func LibraryLog(log *slog.Logger, level slog.Level) *stdlog.Logger {
	return stdlog.New(libraryWriter{log, level}, "", 0)
}

// OwnStandardLog makes the standard logger one of [LibraryLog]. An [http.Transport]
// has no other, so that a program calls it once, before it serves.
func OwnStandardLog(log *slog.Logger) {
	stdlog.SetFlags(0)
	stdlog.SetOutput(io.Writer(libraryWriter{log, slog.LevelWarn}))
}

// A libraryWriter is given one line at a time.
type libraryWriter struct {
	log   *slog.Logger
	level slog.Level
}

// Write implements [io.Writer].
func (w libraryWriter) Write(p []byte) (int, error) {
	if ctx := context.Background(); w.log.Enabled(ctx, w.level) {
		w.log.Log(ctx, w.level, "net/http", "message", libraryLine(p))
	}
	return len(p), nil
}

// libraryLine returns the first line of p without what lies between its first
// quote and its last, or its end where it was cut or has one quote. A stack that
// follows is left out: panics are logged where they are caught.
func libraryLine(p []byte) string {
	line, _, _ := strings.Cut(string(p[:min(len(p), maxLibraryLine)]), "\n")
	if first := strings.IndexByte(line, '"'); first >= 0 {
		rest := ""
		if last := strings.LastIndexByte(line, '"'); last > first && len(p) <= maxLibraryLine {
			rest = line[last+1:]
		}
		line = line[:first] + "[not shown]" + rest
	}
	return visible(audit.Redact(line), maxLibraryLine)
}
