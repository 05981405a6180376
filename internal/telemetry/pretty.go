package telemetry

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
)

// ANSI codes of the pretty format.
const (
	reset  = "\x1b[0m"
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
)

// A formatter is an error that is made for reading, over several lines: the
// mistakes in a configuration. It answers for what it prints.
type formatter interface{ Format(color bool) string }

// lockedWriter keeps lines whole.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// pretty writes lines for people: a request as status, method, path and who;
// anything else as a sentence with its attributes behind.
type pretty struct {
	out   *lockedWriter
	level slog.Leveler
	color bool
	with  []slog.Attr
}

// Enabled implements [slog.Handler].
func (p *pretty) Enabled(_ context.Context, level slog.Level) bool { return level >= p.level.Level() }

// WithAttrs implements [slog.Handler].
func (p *pretty) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *p
	next.with = append(append([]slog.Attr(nil), p.with...), attrs...)
	return &next
}

// WithGroup implements [slog.Handler]; nothing here uses groups.
func (p *pretty) WithGroup(string) slog.Handler { return p }

// Handle implements [slog.Handler].
func (p *pretty) Handle(_ context.Context, r slog.Record) error {
	attrs := append([]slog.Attr(nil), p.with...)
	r.Attrs(func(a slog.Attr) bool { attrs = append(attrs, a); return true })
	var b strings.Builder
	b.WriteString(p.paint(dim, r.Time.Format("15:04:05")) + " ")
	if r.Message == accessMessage {
		p.access(&b, attrs)
	} else {
		p.sentence(&b, r, attrs)
	}
	b.WriteByte('\n')
	_, err := io.WriteString(p.out, b.String())
	return err
}

func (p *pretty) sentence(b *strings.Builder, r slog.Record, attrs []slog.Attr) {
	switch {
	case r.Level >= slog.LevelError:
		b.WriteString(p.paint(red, "error "))
	case r.Level >= slog.LevelWarn:
		b.WriteString(p.paint(yellow, "warn  "))
	}
	b.WriteString(visible(r.Message, maxError))
	for _, a := range attrs {
		if page, ok := a.Value.Resolve().Any().(formatter); ok {
			b.WriteString("\n" + strings.TrimRight(page.Format(p.color), "\n"))
			continue
		}
		b.WriteString("  " + p.paint(dim, a.Key+"=") + visible(a.Value.Resolve().String(), maxError))
	}
}

// access writes the fields a reader looks for first without their names.
func (p *pretty) access(b *strings.Builder, attrs []slog.Attr) {
	field := map[string]string{}
	for _, a := range attrs {
		field[a.Key] = a.Value.Resolve().String()
	}
	fmt.Fprintf(b, "%s %-7s %s%s", p.status(field["status"]), field["method"], field["host"], field["path"])
	who := field["subject"]
	if who == "" {
		who = "anonymous"
	}
	fmt.Fprintf(b, "  %s  %s", who, p.paint(dim, field["reason"]+" "+field["duration_ms"]+"ms"))
	if field["status"] >= "4" { // what to look for it by
		fmt.Fprintf(b, "  %s", p.paint(dim, "client="+cmp.Or(field["client"], "unknown")+"  id="+field["id"]))
	}
	if err := field["err"]; err != "" {
		b.WriteString("\n         " + p.paint(dim, "└ "+err))
	}
}

func (p *pretty) status(status string) string {
	switch {
	case status < "4":
		return p.paint(green, status)
	case status < "5":
		return p.paint(yellow, status)
	default:
		return p.paint(red, status)
	}
}

func (p *pretty) paint(code, s string) string {
	if !p.color {
		return s
	}
	return code + s + reset
}
