package driver

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// withoutLines removes file names, line numbers and the names of functions that are
// not Edgeward's from the table that Go's runtime describes functions by
// (runtime.pclntab), in what a module's memory begins with. They are a tenth of a
// module, compressed, and serve the traces of a program that ends by itself alone,
// which name Edgeward's functions as before: a panic of ours is recovered, and shown
// without a trace. To the runtime files and lines are tables that a function need not
// have, and names are nothing but text to print. What is no such table, whole and as
// Go 1.20 to 1.26 write it, stays as it is.
func withoutLines(memory []byte) {
	t, ok := findTable(memory)
	if !ok {
		return
	}
	kept := make([]byte, len(t.values))
	for _, f := range t.functions {
		for _, offset := range f.tables() {
			table, ok := t.table(offset)
			if !ok {
				return
			}
			copy(kept[offset:], table)
		}
	}
	for _, f := range t.functions {
		for _, field := range []int{funcFile, funcLine, funcUnit, funcStart} {
			clear(f[field : field+4])
		}
	}
	copy(t.values, kept)
	clear(t.files)
	for name := range bytes.SplitSeq(t.names, []byte{0}) {
		if !bytes.Contains(name, []byte(own)) {
			clear(name)
		}
	}
}

// A function is a runtime._func: the fields named below, then the offsets of as
// many tables as it says.
type function []byte

// The fields of a function that are used here, by their offset.
const (
	funcEntry  = 0
	funcName   = 4
	funcStack  = 16 // the offset of the table of stack sizes
	funcFile   = 20 // … of files
	funcLine   = 24 // … of lines
	funcCount  = 28 // how many more tables there are
	funcUnit   = 32 // the compilation unit, by which files are counted
	funcStart  = 36 // the first line
	funcTables = 44
)

func (f function) field(at int) uint64 { return uint64(binary.LittleEndian.Uint32(f[at:])) }

// tables returns the offsets of f's tables, but for files and lines; 0 is none.
func (f function) tables() []uint64 {
	all := []uint64{f.field(funcStack)}
	for i := range int(f.field(funcCount)) {
		all = append(all, f.field(funcTables+4*i))
	}
	return slices.DeleteFunc(all, func(offset uint64) bool { return offset == 0 })
}

// A pclntab is the part of memory that describes functions.
type pclntab struct {
	names     []byte // of functions, a zero behind each
	files     []byte // the files of each compilation unit, and their names
	values    []byte // tables from addresses to values (runtime.pctab)
	functions []function
}

// table returns the bytes of the table at an offset of values: pairs of numbers, of
// which the first is a zero only at the end.
func (t *pclntab) table(offset uint64) ([]byte, bool) {
	if offset >= uint64(len(t.values)) {
		return nil, false
	}
	in := reader{rest: t.values[offset:]}
	for first := true; in.uvarint() != 0 || first; first = false {
		in.uvarint() // a number that is not there is a zero
	}
	return t.values[offset : uint64(len(t.values))-uint64(len(in.rest))], !in.failed
}

// tableHeader is how a pclntab begins: magic number, two zeros, the size of an
// instruction and of a pointer. Eight numbers follow.
var tableHeader = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}

// findTable finds the only pclntab, and checks that all of it is what it should be.
func findTable(memory []byte) (t pclntab, ok bool) {
	at := bytes.Index(memory, tableHeader)
	if at < 0 || bytes.Contains(memory[at+1:], tableHeader) {
		return t, false
	}
	memory = memory[at:]
	const numbers = 8
	if len(memory) < len(tableHeader)+8*numbers {
		return t, false
	}
	var header [numbers]uint64
	for i := range header {
		header[i] = binary.LittleEndian.Uint64(memory[len(tableHeader)+8*i:])
	}
	count, parts := header[0], header[3:] // names, units, files, values, functions
	if !slices.IsSorted(parts) || parts[4] > uint64(len(memory)) {
		return t, false
	}
	t.names = memory[parts[0]:parts[1]]
	t.files, t.values = memory[parts[1]:parts[3]], memory[parts[3]:parts[4]]
	t.functions, ok = readFunctions(memory[parts[4]:], count, parts[1]-parts[0])
	return t, ok
}

// readFunctions reads count functions: first the entry of each and where it is
// described, then the descriptions.
func readFunctions(rest []byte, count, names uint64) (all []function, ok bool) {
	const row = 8
	if count > uint64(len(rest))/row {
		return nil, false
	}
	for i := range count {
		entry := uint64(binary.LittleEndian.Uint32(rest[i*row:]))
		at := uint64(binary.LittleEndian.Uint32(rest[i*row+4:]))
		if at+funcTables > uint64(len(rest)) {
			return nil, false
		}
		f := function(rest[at:])
		if f.field(funcEntry) != entry || f.field(funcName) >= names || f.field(funcCount) > uint64(len(f)-funcTables)/4 {
			return nil, false
		}
		all = append(all, f)
	}
	return all, true
}
