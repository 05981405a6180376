package runtime

import (
	"encoding/binary"
	"errors"
)

// A Frame is what passes between Go and the driver: a list of byte strings.
// On the wire each is its length in four bytes, the least significant first,
// and then itself.
type Frame []string

// MaxFrame bounds a frame, in bytes on the wire.
const MaxFrame = 4 << 20

// ErrFrame says that a frame cannot be read.
var ErrFrame = errors.New("runtime: a frame is cut short or too long")

// ParseFrame reads a frame. The strings are copies.
func ParseFrame(wire []byte) (Frame, error) {
	if len(wire) > MaxFrame {
		return nil, ErrFrame
	}
	var f Frame
	for len(wire) > 0 {
		if len(wire) < 4 {
			return nil, ErrFrame
		}
		n := binary.LittleEndian.Uint32(wire)
		if wire = wire[4:]; uint64(n) > uint64(len(wire)) {
			return nil, ErrFrame
		}
		f = append(f, string(wire[:n]))
		wire = wire[n:]
	}
	return f, nil
}

// Append appends the frame's wire form to dst.
func (f Frame) Append(dst []byte) []byte {
	for _, s := range f {
		dst = append(binary.LittleEndian.AppendUint32(dst, uint32(len(s))), s...)
	}
	return dst
}

// At returns the string at i, "" where the frame is shorter.
func (f Frame) At(i int) string {
	if i < len(f) {
		return f[i]
	}
	return ""
}
