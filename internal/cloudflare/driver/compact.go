package driver

import (
	"encoding/binary"
	"errors"
)

const (
	dataSection = 11
	// nearby is how many zeros between two pieces of data are cheaper to write than
	// the beginning of another piece.
	nearby = 64
	// maxMemory bounds what a module's memory begins with, in bytes.
	maxMemory = 64 << 20
)

var errModule = errors.New("driver: no WebAssembly module as Go makes it")

// Compact returns the module that Go's linker has made, of the same meaning and a
// sixth smaller when it is compressed. The linker leaves out zeros wherever there
// are some, also the 18 in each of the 20 bytes of a table that finds functions
// by their address (runtime.findfuncbucket), of which there are 16 for each
// function: that is 80,000 pieces of data. What lies close together becomes one
// piece here. Line numbers are left out (see [withoutLines]).
func Compact(module []byte) ([]byte, error) {
	const header = 8
	if len(module) < header {
		return nil, errModule
	}
	in, out := reader{rest: module[header:]}, append([]byte(nil), module[:header]...)
	for len(in.rest) > 0 {
		id, body := in.byte(), in.bytes()
		if id == dataSection {
			memory, err := readData(body)
			if err != nil {
				return nil, err
			}
			withoutLines(memory)
			body = appendData(nil, memory)
		}
		out = binary.AppendUvarint(append(out, id), uint64(len(body)))
		out = append(out, body...)
	}
	if in.failed {
		return nil, errModule
	}
	return out, nil
}

// readData returns what memory begins with: the pieces of a data section, where a
// later one overwrites an earlier one, and zeros. All pieces are active, in memory
// 0, at an i32.const.
func readData(body []byte) ([]byte, error) {
	in := reader{rest: body}
	var memory []byte
	for range in.uvarint() {
		if in.byte() != 0 || in.byte() != 0x41 {
			in.failed = true
		}
		at := in.uvarint7()
		if in.byte() != 0x0b {
			in.failed = true
		}
		data := in.bytes()
		end := at + uint64(len(data))
		if in.failed || at > maxMemory || end > maxMemory {
			return nil, errModule
		}
		if missing := int(end) - len(memory); missing > 0 {
			memory = append(memory, make([]byte, missing)...)
		}
		copy(memory[at:], data)
	}
	if in.failed || len(in.rest) > 0 { // pieces beyond the count would be lost
		return nil, errModule
	}
	return memory, nil
}

// appendData appends the data section that makes memory: pieces which begin and
// end with something, and have no more than [nearby] zeros in a row.
func appendData(dst, memory []byte) []byte {
	var pieces []piece
	for at, b := range memory {
		last := len(pieces) - 1
		switch {
		case b == 0:
		case last >= 0 && at-pieces[last].end <= nearby:
			pieces[last].end = at + 1
		default:
			pieces = append(pieces, piece{at, at + 1})
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(pieces)))
	for _, p := range pieces {
		dst = append(appendUvarint7(append(dst, 0, 0x41), uint64(p.at)), 0x0b)
		dst = append(binary.AppendUvarint(dst, uint64(p.end-p.at)), memory[p.at:p.end]...)
	}
	return dst
}

// A piece is a part of memory.
type piece struct{ at, end int }

// A reader reads what WebAssembly is made of, and remembers that it could not.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.failed = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) uvarint() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.failed, size = true, len(r.rest)
	}
	r.rest = r.rest[size:]
	return n
}

// bytes reads a length, and so many bytes.
func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.failed, n = true, uint64(len(r.rest))
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// uvarint7 reads a signed number (SLEB128), which must not be negative: its last
// byte has the sign in bit 6.
func (r *reader) uvarint7() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || r.rest[size-1]&0x40 != 0 {
		r.failed, size = true, len(r.rest)
	}
	r.rest = r.rest[size:]
	return n
}

func appendUvarint7(dst []byte, n uint64) []byte {
	dst = binary.AppendUvarint(dst, n)
	if last := dst[len(dst)-1]; last&0x40 != 0 {
		dst[len(dst)-1] = last | 0x80
		dst = append(dst, 0)
	}
	return dst
}
