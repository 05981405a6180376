package driver

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// A chunk is a piece of data as a module has it.
type chunk struct {
	at   uint64
	data []byte
}

// module is one with those pieces of data, and a section before and after.
func module(pieces ...chunk) []byte {
	data := binary.AppendUvarint(nil, uint64(len(pieces)))
	for _, p := range pieces {
		data = append(appendUvarint7(append(data, 0, 0x41), p.at), 0x0b)
		data = append(binary.AppendUvarint(data, uint64(len(p.data))), p.data...)
	}
	m := append([]byte("\x00asm\x01\x00\x00\x00"), 1, 2, 'a', 'b', dataSection)
	m = append(binary.AppendUvarint(m, uint64(len(data))), data...)
	return append(m, 0, 3, 'x', 'y', 'z')
}

func TestCompact(t *testing.T) {
	// 64 and 8192 are numbers whose last byte would have the sign.
	for rule, row := range map[string]struct{ in, want []chunk }{
		"nothing":           {},
		"one":               {[]chunk{{64, []byte("a")}}, []chunk{{64, []byte("a")}}},
		"side by side":      {[]chunk{{8192, []byte("a")}, {8193, []byte("b")}}, []chunk{{8192, []byte("ab")}}},
		"near":              {[]chunk{{20, []byte("ab")}, {40, []byte("c")}, {41, []byte("d")}}, []chunk{{20, append(append([]byte("ab"), make([]byte, 18)...), 'c', 'd')}}},
		"far":               {[]chunk{{1, []byte("a")}, {67, []byte("b")}}, []chunk{{1, []byte("a")}, {67, []byte("b")}}},
		"backwards":         {[]chunk{{100, []byte("a")}, {98, []byte("b")}}, []chunk{{98, []byte("b\x00a")}}},
		"over one another":  {[]chunk{{100, []byte("abc")}, {101, []byte("x")}}, []chunk{{100, []byte("axc")}}},
		"zeros over it":     {[]chunk{{100, []byte("abc")}, {0, make([]byte, 102)}, {110, []byte("x")}}, []chunk{{102, append(append([]byte("c"), make([]byte, 7)...), 'x')}}},
		"as near as can be": {[]chunk{{1, []byte("a")}, {66, []byte("b")}}, []chunk{{1, append(append([]byte("a"), make([]byte, nearby)...), 'b')}}},
		"zeros alone":       {[]chunk{{5, make([]byte, 9)}}, nil},
		"zeros within":      {[]chunk{{5, append(append([]byte("a"), make([]byte, 65)...), 'b')}}, []chunk{{5, []byte("a")}, {71, []byte("b")}}},
	} {
		got, err := Compact(module(row.in...))
		if err != nil || !bytes.Equal(got, module(row.want...)) {
			t.Errorf("%s: %q, %v", rule, got, err)
		}
		if again, err := Compact(got); err != nil || !bytes.Equal(again, got) {
			t.Errorf("%s: another time it is %q, %v", rule, again, err)
		}
	}
}

func TestCompactRefusesWhatItCannotRead(t *testing.T) {
	whole := module(chunk{64, []byte("a")}, chunk{200, []byte("b")})
	for n := range whole {
		got, err := Compact(whole[:n])
		if complete := n == 8 || n == 12 || n == len(whole)-5; (err == nil) != complete {
			t.Errorf("the first %d of %d bytes: %q, %v", n, len(whole), got, err)
		}
	}
	for at, b := range map[int]byte{15: 1, 16: 0x23, 17: 0x7f} { // passive, another offset, a negative one
		broken := bytes.Clone(whole)
		if broken[at] = b; at == 17 {
			broken = module(chunk{5, nil})
			broken[17] = 0x7f
		}
		if got, err := Compact(broken); err == nil {
			t.Errorf("byte %d as %#x: %q", at, b, got)
		}
	}
	for _, count := range []byte{0, 1, 3} { // of two
		broken := bytes.Clone(whole)
		if broken[14] = count; broken[12] != dataSection {
			t.Fatalf("%q", whole)
		}
		if got, err := Compact(broken); err == nil {
			t.Errorf("%d pieces: %q", count, got)
		}
	}
}

// memoryOf is the memory that a module of those pieces begins with.
func memoryOf(pieces []chunk) []byte {
	memory := make([]byte, 512)
	for _, p := range pieces {
		copy(memory[p.at:], p.data)
	}
	return memory
}

// piecesOf reads what [module] has made.
func piecesOf(m []byte) (all []chunk) {
	in := reader{rest: m[13:]}
	in.uvarint() // the size of the section
	for range in.uvarint() {
		in.byte()
		in.byte()
		p := chunk{at: in.uvarint7()}
		in.byte()
		p.data = in.bytes()
		all = append(all, p)
	}
	return all
}

// Wherever pieces lie, and in whatever order, memory is the same.
func TestCompactKeepsMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		pieces := make([]chunk, 1+r.IntN(6))
		for i := range pieces {
			pieces[i] = chunk{r.Uint64N(300), bytes.Repeat([]byte{byte('a' + i)}, r.IntN(30))}
		}
		got, err := Compact(module(pieces...))
		if err != nil || !bytes.Equal(memoryOf(piecesOf(got)), memoryOf(pieces)) {
			t.Fatalf("%v: %q, %v", pieces, got, err)
		}
	}
}
