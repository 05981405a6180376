package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// readme is the README of the whole project.
const readme = "../../README.md"

// A block is what stands between two fences.
type block struct {
	section  string // the heading above it
	language string
	lines    []string
}

func blocksOf(path string) (all []block, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var section string
	var open *block
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{section: section, language: language}
		case fence:
			all, open = append(all, *open), nil
		case open != nil:
			open.lines = append(open.lines, line)
		case strings.HasPrefix(line, "#"):
			section = strings.TrimLeft(line, "# ")
		}
	}
	return all, nil
}

// commands returns the lines of a section that a reader types.
func commands(all []block, section string) (typed []string) {
	for _, b := range all {
		for _, line := range b.lines {
			if command, ok := strings.CutPrefix(line, "$ "); ok && b.section == section {
				typed = append(typed, command)
			}
		}
	}
	return typed
}

// readmeFiles writes the files of the README's YAML blocks, whose first line
// names them: blocks of one file are one file, in which a section takes the place
// of an earlier one of its name.
func readmeFiles(ts *testscript.TestScript, _ bool, _ []string) {
	all, err := blocksOf(readme)
	ts.Check(err)
	files := map[string]string{}
	for _, b := range all {
		if b.language != "yaml" {
			continue
		}
		name := regexp.MustCompile(`^# ([^\s:,]+\.yaml)`).FindStringSubmatch(b.lines[0])
		if name == nil {
			ts.Fatalf("a block of YAML does not begin with the name of its file: %s", b.lines[0])
		}
		files[name[1]] = merged(files[name[1]], strings.Join(b.lines, "\n")+"\n")
	}
	for name, text := range files {
		for _, change := range []string{"127.0.0.1:8080", "127.0.0.1:3000"} {
			text = strings.ReplaceAll(text, change, ts.Getenv(change))
		}
		if name == "edgeward.yaml" {
			text += "admin: {listen: " + ts.Getenv("127.0.0.1:8081") + "}\n"
		}
		path := ts.MkAbs(name)
		ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
		ts.Check(os.WriteFile(path, []byte(text), 0o600))
	}
}

// section is the line that begins one at the top of a file.
var section = regexp.MustCompile(`(?m)^[a-z_]+:`)

// merged is text with the sections of more, in place of those of the same names.
func merged(text, more string) string {
	for _, name := range section.FindAllString(more, -1) {
		before, rest, found := strings.Cut("\n"+text, "\n"+name)
		if !found {
			continue
		}
		after := ""
		if next := section.FindStringIndex(rest); next != nil {
			after = rest[next[0]:]
		}
		text = before + "\n" + after
	}
	return text + more
}

// readmeCommands writes a shell script of what a reader types in a section. A
// status is said in the comment of a curl line; everything else succeeds.
func readmeCommands(ts *testscript.TestScript, _ bool, args []string) {
	all, err := blocksOf(readme)
	ts.Check(err)
	typed := commands(all, args[0])
	if len(typed) == 0 {
		ts.Fatalf("the README has no commands under %q", args[0])
	}
	var b strings.Builder
	b.WriteString(`set -u
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
go() { shift 2; edgeward "$@"; } # go run ./cmd/edgeward
curl() { command curl -sS -o /dev/null -w '%{http_code}' --retry 50 --retry-delay 1 --retry-connrefused "$@"; }
`)
	for _, line := range typed {
		line = strings.ReplaceAll(line, "127.0.0.1:8081", ts.Getenv("127.0.0.1:8081"))
		b.WriteString(checked(line))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o600))
}

var saysStatus = regexp.MustCompile(`\s#\s+([1-5]\d\d)\b`)

// checked is a line that ends the script unless it does what it says.
func checked(line string) string {
	failed := fmt.Sprintf("{ echo failed: %s; exit 1; }\n", quoted(line))
	command, _, _ := strings.Cut(line, " #")
	switch {
	case strings.HasPrefix(command, "curl "):
		status := "2.."
		if said := saysStatus.FindStringSubmatch(line); said != nil {
			status = said[1]
		}
		return fmt.Sprintf("got=$(%s)\n[[ $got =~ ^%s$ ]] || { echo it was $got; false; } || %s", command, status, failed)
	case strings.HasSuffix(strings.TrimSpace(command), "&"):
		return command + "\nuntil command curl -s -o /dev/null $ADMIN_URL/healthz; do sleep 0.1; done\n"
	}
	return command + " || " + failed
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Every block of commands is followed by a script, or is named here with the
// reason.
func TestEveryBlockOfTheReadmeIsTried(t *testing.T) {
	all, err := blocksOf(readme)
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob("testdata/script/readme*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	var tried string
	for _, path := range scripts {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		tried += string(text)
	}
	for _, b := range all {
		if len(commands([]block{b}, b.section)) > 0 && !strings.Contains(tried, "'"+b.section+"'") {
			t.Errorf("no script follows the commands under %q", b.section)
		}
	}
}
