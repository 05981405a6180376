package driver

import (
	"bytes"
	"debug/gosym"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// program is what the memory of a program begins with, built as a Worker's module is.
func program(t *testing.T) []byte {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":       "module " + own + "program\n\ngo 1.26\n",
		"main.go":      "package main\n\nimport \"" + own + "program/room\"\n\nfunc main() { println(inlined(1), room.Called()) }\n\nfunc inlined(n int) int { return n + 1 }\n",
		"room/room.go": "package room\n\n//go:noinline\nfunc Called() int { return 1 }\n",
	} {
		if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", "app.wasm", ".")
	cmd.Dir, cmd.Env = folder, append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	built, err := os.ReadFile(filepath.Join(folder, "app.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	in := reader{rest: built[8:]}
	for len(in.rest) > 0 {
		if id, body := in.byte(), in.bytes(); id == dataSection {
			memory, err := readData(body)
			if err != nil {
				t.Fatal(err)
			}
			return memory
		}
	}
	t.Fatal("no data")
	return nil
}

// What the standard library reads of the table after it is what it read before, but
// for files, lines and the names of functions that are not Edgeward's.
func TestWithoutLines(t *testing.T) {
	before := program(t)
	after := bytes.Clone(before)
	withoutLines(after)
	at := bytes.Index(before, tableHeader)
	table := func(memory []byte) *gosym.Table {
		made, err := gosym.NewTable(nil, gosym.NewLineTable(memory[at:], 0))
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	old, now := table(before), table(after)
	if len(old.Funcs) < 500 || len(now.Funcs) != len(old.Funcs) {
		t.Fatalf("%d functions, before %d", len(now.Funcs), len(old.Funcs))
	}
	lines, names := 0, 0
	for i, f := range now.Funcs {
		was := old.Funcs[i]
		name := ""
		if strings.Contains(was.Name, own) {
			name = was.Name
			names++
		}
		if f.Entry != was.Entry || f.End != was.End || f.Name != name {
			t.Errorf("%s at %d to %d, before %s at %d to %d", f.Name, f.Entry, f.End, was.Name, was.Entry, was.End)
		}
		if file, line, _ := old.PCToLine(f.Entry); file != "" && line > 0 {
			lines++
		}
		if file, line, _ := now.PCToLine(f.Entry); file != "" || line > 0 {
			t.Errorf("%s is at %s:%d", f.Name, file, line)
		}
	}
	if lines < 500 || names == 0 {
		t.Errorf("before, %d functions have lines; %d names are Edgeward's", lines, names)
	}
	again := bytes.Clone(after)
	if withoutLines(again); !bytes.Equal(again, after) {
		t.Error("another time it changes again")
	}
}

// Tables of the stack and of pointers, which the runtime cannot do without, are
// the same.
func TestWithoutLinesKeepsTables(t *testing.T) {
	before := program(t)
	after := bytes.Clone(before)
	withoutLines(after)
	old, _ := findTable(before)
	now, ok := findTable(after)
	if !ok || len(now.functions) != len(old.functions) {
		t.Fatalf("%v: %d functions", ok, len(now.functions))
	}
	used := make([]bool, len(now.values))
	for i, f := range now.functions {
		was := old.functions[i]
		tables := []int{16} // of stack sizes; 20 and 24 are those of files and lines
		for n := range int(binary.LittleEndian.Uint32(was[28:])) {
			tables = append(tables, 44+4*n)
		}
		for _, field := range tables {
			offset := binary.LittleEndian.Uint32(was[field:])
			if offset == 0 {
				continue
			}
			a, _ := now.table(uint64(offset))
			b, read := old.table(uint64(offset))
			if !read || len(b) < 3 || !bytes.Equal(a, b) || binary.LittleEndian.Uint32(f[field:]) != offset {
				t.Fatalf("function %d, table at %d: %v, before %v", i, offset, a, b)
			}
			for j := range b {
				used[int(offset)+j] = true
			}
		}
	}
	for i, b := range now.values {
		if b != 0 && !used[i] {
			t.Fatalf("byte %d of the tables is %d, and in none that is used", i, b)
		}
	}
	if len(now.files) < 1000 || slices.ContainsFunc(now.files, func(b byte) bool { return b != 0 }) {
		t.Errorf("files are there: %q", now.files)
	}
	changed := 0
	for i := range before {
		if before[i] != after[i] {
			changed++
			if after[i] != 0 {
				t.Fatalf("byte %d is %d, before %d", i, after[i], before[i])
			}
		}
	}
	if changed == 0 {
		t.Error("nothing is left out")
	}
}

func TestFunctionsAreBounded(t *testing.T) {
	if _, ok := readFunctions(nil, 1, 1); ok {
		t.Error("a function is read where none is")
	}
}

// A table that is not understood as a whole stays.
func TestWithoutLinesLeavesWhatItCannotRead(t *testing.T) {
	whole := program(t)
	at := bytes.Index(whole, tableHeader)
	number := func(m []byte, i int) []byte { return m[at+8+8*i:] }
	values := int(binary.LittleEndian.Uint64(number(whole, 6)))
	functions := at + int(binary.LittleEndian.Uint64(number(whole, 7)))
	first := functions + int(binary.LittleEndian.Uint32(whole[functions+4:]))
	put := binary.LittleEndian.PutUint32
	for rule, change := range map[string]func(m []byte) []byte{
		"another magic number":    func(m []byte) []byte { m[at] = 0xf0; return m },
		"two tables":              func(m []byte) []byte { return append(m, tableHeader...) },
		"a header cut off":        func(m []byte) []byte { return m[:at+20] },
		"functions cut off":       func(m []byte) []byte { return m[:functions+100] },
		"too many functions":      func(m []byte) []byte { put(number(m, 0)[4:], 1); return m },
		"parts in another order":  func(m []byte) []byte { put(number(m, 5), 1); return m },
		"a part beyond the end":   func(m []byte) []byte { put(number(m, 7)[4:], 1); return m },
		"a function beyond":       func(m []byte) []byte { put(m[functions+4:], 1<<31); return m },
		"another entry":           func(m []byte) []byte { put(m[first+funcEntry:], 77); return m },
		"a name beyond":           func(m []byte) []byte { put(m[first+funcName:], 1<<30); return m },
		"more tables than memory": func(m []byte) []byte { put(m[first+funcCount:], 1<<31); return m },
		"a table beyond":          func(m []byte) []byte { put(m[first+funcStack:], 1<<30); return m },
		"a table without an end": func(m []byte) []byte {
			put(m[first+funcStack:], 1)
			for i := at + values + 1; i < functions; i++ {
				m[i] = 1
			}
			return m
		},
	} {
		broken := change(bytes.Clone(whole))
		after := bytes.Clone(broken)
		if withoutLines(after); !bytes.Equal(after, broken) {
			t.Errorf("%s: it changed", rule)
		}
	}
}
