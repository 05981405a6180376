package telemetry

import (
	"fmt"
	"io"
	"log/slog"
)

// A Format is how log lines look.
type Format string

// The formats.
const (
	JSON   Format = "json"   // an object a line
	Text   Format = "text"   // key=value
	Pretty Format = "pretty" // for people at a terminal
)

// NewLog returns a logger that writes to w what is at least level. Pretty is
// coloured when color is set; the other formats never are.
func NewLog(w io.Writer, format Format, level slog.Leveler, color bool) (*slog.Logger, error) {
	options := &slog.HandlerOptions{Level: level}
	switch format {
	case JSON:
		return slog.New(slog.NewJSONHandler(w, options)), nil
	case Text:
		return slog.New(slog.NewTextHandler(w, options)), nil
	case Pretty:
		return slog.New(&pretty{out: &lockedWriter{w: w}, level: level, color: color}), nil
	default:
		return nil, fmt.Errorf("telemetry: no log format %q; there are json, text and pretty", format)
	}
}
