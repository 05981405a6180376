package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"edgeward": main})
}

// The scripts run the real program. Their own commands, beside testscript's:
//
//	exits CODE command…        run a command and demand its exit code
//	await FILE [TEXT]          wait until there is such a file, with TEXT in it
//	await-change FILE OLD      wait until FILE differs from OLD
//	asks STATUS PATH [TOKEN]   ask dev's gateway and demand a status; the answer is on stdout
//	tamper NAME                set NAME to a token with another subject than the signed one
//	signal NAME first|last     send a signal to a command in the background
//	address NAME LOG LISTENER  set NAME to the address in the log of a server
//	requests STATUS METHOD URL [Field: value]… [-- body]
//	                           send a request and demand a status; the answer is on stdout
//	member NAME MEMBER         set NAME to the first string member of that name in stdout, JSON
//	known NAME VALUE           set NAME to a value of dev.env
//	line NAME FILE             set NAME to the first line of a file
//	module FILE                write the smallest WebAssembly module
//	program NAME COMMAND       set NAME to where a command is
//	free ADDRESS               set the variable ADDRESS to a free one of this machine
//	readme-files               write the files that the README shows
//	readme-commands SECTION FILE  write a shell script of what it says to type
//	hides FOLDER TEXT…         demand that no file below FOLDER holds any TEXT
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":        exits,
			"await":        await,
			"await-change": awaitChange,
			"asks":         asks,
			"tamper":       tamperToken,
			"signal":       send,
			"address":      address,
			"requests":     requests,
			"member":       member,
			"known":        func(ts *testscript.TestScript, _ bool, args []string) { ts.Setenv(args[0], devValue(ts, args[1])) },
			"line":         line,
			"module": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte("\x00asm\x01\x00\x00\x00"), 0o600))
			},
			"readme-files":    readmeFiles,
			"readme-commands": readmeCommands,
			"free":            free,
			"program":         program,
			"hides":           hides,
		},
	})
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// patience bounds every wait for what happens soon or never; it claims no speed.
const patience = 30 * time.Second

func eventually(ts *testscript.TestScript, what string, holds func() bool) {
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("still not so: %s", what)
		}
	}
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	text := []byte(strings.Join(args[1:], " "))
	eventually(ts, strings.Join(args, " "), func() bool {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && bytes.Contains(data, text)
	})
}

func awaitChange(ts *testscript.TestScript, _ bool, args []string) {
	old := ts.ReadFile(args[1])
	eventually(ts, args[0]+" changes", func() bool {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && string(data) != old
	})
}

// devValue returns a value of dev.env.
func devValue(ts *testscript.TestScript, name string) string {
	for line := range strings.Lines(ts.ReadFile(".edgeward/dev.env")) {
		if value, found := strings.CutPrefix(line, name+"="); found {
			return strings.TrimSpace(value)
		}
	}
	ts.Fatalf("no %s in dev.env", name)
	return ""
}

func asks(ts *testscript.TestScript, _ bool, args []string) {
	request, err := http.NewRequest(http.MethodGet, devValue(ts, "GATEWAY")+args[1], nil)
	ts.Check(err)
	if len(args) > 2 {
		token := args[2]
		if token == "TOKEN" {
			token = devValue(ts, "TOKEN")
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answered(ts, request, args[0])
}

func address(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile("for=" + regexp.QuoteMeta(args[2]) + ` address=(\S+)`).FindStringSubmatch(ts.ReadFile(args[1]))
	if found == nil {
		ts.Fatalf("no address of %s in %s", args[2], args[1])
	}
	ts.Setenv(args[0], found[1])
}

func requests(ts *testscript.TestScript, _ bool, args []string) {
	fields, body := args[3:], ""
	if at := slices.Index(fields, "--"); at >= 0 {
		fields, body = fields[:at], fields[at+1]
	}
	request, err := http.NewRequest(args[1], args[2], strings.NewReader(body))
	ts.Check(err)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		request.Header.Set(name, value)
	}
	answered(ts, request, args[0])
}

func answered(ts *testscript.TestScript, request *http.Request, status string) {
	answer, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer answer.Body.Close()
	_, err = io.Copy(ts.Stdout(), answer.Body)
	ts.Check(err)
	if strconv.Itoa(answer.StatusCode) != status {
		ts.Fatalf("%d, want %s", answer.StatusCode, status)
	}
}

func member(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(`"` + args[1] + `": ?"([^"]+)"`).FindStringSubmatch(ts.ReadFile("stdout"))
	if found == nil {
		ts.Fatalf("no %s in the answer", args[1])
	}
	ts.Setenv(args[0], found[1])
}

func line(ts *testscript.TestScript, _ bool, args []string) {
	text, _, _ := strings.Cut(ts.ReadFile(args[1]), "\n")
	ts.Setenv(args[0], text)
}

func program(ts *testscript.TestScript, _ bool, args []string) {
	path, err := exec.LookPath(args[1])
	ts.Check(err)
	ts.Setenv(args[0], path)
}

func hides(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, text := range args[1:] {
			if bytes.Contains(data, []byte(text)) {
				ts.Fatalf("%s holds %s", path, text)
			}
		}
		return err
	}))
}

func tamperToken(ts *testscript.TestScript, _ bool, args []string) {
	parts := strings.Split(devValue(ts, "TOKEN"), ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	ts.Check(err)
	parts[1] = base64.RawURLEncoding.EncodeToString(bytes.Replace(payload, []byte(`"alice"`), []byte(`"admin"`), 1))
	ts.Setenv(args[0], strings.Join(parts, "."))
}

// free finds an address that nobody listens at. Another program can take it
// before it is used: tests that need none of that let the server choose.
func free(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	ts.Check(l.Close())
}
