package console

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/netip"
	"path"
	"strconv"
	"strings"
	"time"
)

//go:embed pages
var pageFiles embed.FS

// parseTemplates reads every file in pages as a template of its own, beside the
// layout and the parts that several of them use.
func parseTemplates(now func() time.Time) (map[string]*template.Template, error) {
	shared, err := template.New("").Funcs(functions(now)).ParseFS(pageFiles, "pages/layout.html", "pages/parts.html")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, err
	}
	all := map[string]*template.Template{}
	for _, file := range files {
		t, err := template.Must(shared.Clone()).ParseFS(pageFiles, file)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(path.Base(file), ".html")
		all[name] = t.Lookup(path.Base(file))
		if live := t.Lookup(name + "-live"); live != nil {
			all[name+"-live"] = live
		}
	}
	return all, nil
}

func functions(now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"stamp": stamp, "iso": iso, "address": address, "number": number, "link": link,
		"ago":     func(t time.Time) string { return ago(now().Sub(t)) },
		"until":   func(t time.Time) string { return short(t.Sub(now())) },
		"past":    func(t time.Time) bool { return !t.IsZero() && !now().Before(t) },
		"short":   short,
		"rate":    func(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) },
		"percent": percent,
		"join":    func(list []string) string { return strings.Join(list, " ") },
		"depth":   depth,
		"bytes":   bytesOf,
		"slug":    func(s string) string { return strings.ReplaceAll(strings.ToLower(s), " ", "-") },
	}
}

// depth is how far below the root a pattern is; "/api/*" covers "/api", too.
func depth(pattern string) int {
	return min(strings.Count(strings.Trim(strings.TrimSuffix(pattern, "/*"), "/"), "/"), 6)
}

// stamp is a time as everybody in the world reads it; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// iso is a time for machines (RFC 3339).
func iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func ago(d time.Duration) string {
	if d < time.Second {
		return "just now"
	}
	return short(d) + " ago"
}

// short is a duration in its largest fitting unit.
func short(d time.Duration) string {
	for _, unit := range [...]struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if d >= 2*unit.of || d >= unit.of && unit.of <= time.Second {
			return strconv.Itoa(int(d/unit.of)) + " " + unit.name
		}
	}
	return "0 s"
}

func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// number groups digits: 1,234,567.
func number(n any) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// percent is the share of part in the whole that both make.
func percent(part, rest uint64) string {
	if part+rest == 0 {
		return "–"
	}
	return strconv.FormatFloat(100*float64(part)/float64(part+rest), 'f', 1, 64) + " %"
}

func bytesOf(n int64) string {
	switch {
	case n < 1<<10:
		return strconv.FormatInt(n, 10) + " B"
	case n < 1<<20:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	}
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
}
