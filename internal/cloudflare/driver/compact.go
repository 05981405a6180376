package driver

import (
	"encoding/binary"
	"errors"
	"slices"
)

const (
	dataSection = 11
	// nearby is how many zeros between two pieces of data are cheaper to write than
	// the beginning of another piece.
	nearby = 64
)

var errModule = errors.New("driver: no WebAssembly module as Go makes it")

// Compact returns the module that Go's linker has made, of the same meaning and a
// tenth smaller when it is compressed. The linker leaves out zeros wherever there
// are some, also the 18 in each of the 20 bytes of a table that finds functions
// by their address (runtime.findfuncbucket), of which there are 16 for each
// function: that is 80,000 pieces of data. What lies close together is put into
// one piece here.
func Compact(module []byte) ([]byte, error) {
	const header = 8
	if len(module) < header {
		return nil, errModule
	}
	in, out := reader{rest: module[header:]}, append([]byte(nil), module[:header]...)
	for len(in.rest) > 0 {
		id, body := in.byte(), in.bytes()
		if id == dataSection {
			var err error
			if body, err = compactData(body); err != nil {
				return nil, err
			}
		}
		out = binary.AppendUvarint(append(out, id), uint64(len(body)))
		out = append(out, body...)
	}
	if in.failed {
		return nil, errModule
	}
	return out, nil
}

// compactData joins the pieces of a data section. All of them are active, in
// memory 0, at an i32.const, and memory is zero before: so are the zeros between
// two pieces, unless an earlier one lies there, which they would overwrite.
func compactData(body []byte) ([]byte, error) {
	in := reader{rest: body}
	count, end := in.uvarint(), uint64(0)
	var pieces []piece
	for range count {
		if in.byte() != 0 || in.byte() != 0x41 {
			in.failed = true
		}
		at := in.uvarint7()
		if in.byte() != 0x0b {
			in.failed = true
		}
		data := in.bytes()
		if in.failed {
			return nil, errModule
		}
		if last := len(pieces) - 1; last >= 0 && at >= end && at-end <= nearby && !overlaps(pieces[:last], end, at) {
			pieces[last].data = append(append(pieces[last].data, make([]byte, at-end)...), data...)
		} else {
			pieces = append(pieces, piece{at, append([]byte(nil), data...)})
		}
		end = at + uint64(len(data))
	}
	if in.failed || len(in.rest) > 0 { // pieces beyond the count would be lost
		return nil, errModule
	}
	out := binary.AppendUvarint(nil, uint64(len(pieces)))
	for _, p := range pieces {
		out = append(appendUvarint7(append(out, 0, 0x41), p.at), 0x0b)
		out = append(binary.AppendUvarint(out, uint64(len(p.data))), p.data...)
	}
	return out, nil
}

// overlaps reports whether one of pieces lies between two addresses.
func overlaps(pieces []piece, from, to uint64) bool {
	return slices.ContainsFunc(pieces, func(p piece) bool { return p.at < to && from < p.at+uint64(len(p.data)) })
}

type piece struct {
	at   uint64 // address
	data []byte
}

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
