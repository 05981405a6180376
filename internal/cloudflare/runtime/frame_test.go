package runtime_test

import (
	"bytes"
	"testing"

	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
)

// What is read of a frame has one wire form: no two messages of the driver read
// alike.
func FuzzParseFrame(f *testing.F) {
	for _, frame := range []runtime.Frame{nil, {""}, {"ok", "a", ""}, {"GET", "https://a.example/x", "192.0.2.1", "", "cookie", "a=b"}} {
		f.Add(frame.Append(nil))
	}
	f.Add([]byte{9, 0, 0, 0, 'o'})
	f.Add([]byte{255, 255, 255, 255})
	f.Add([]byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, wire []byte) {
		frame, err := runtime.ParseFrame(wire)
		if err == nil && !bytes.Equal(frame.Append(nil), wire) {
			t.Errorf("%q is read as %q", wire, frame)
		}
		if frame.At(len(frame)) != "" {
			t.Error("there is something behind the end")
		}
	})
}
