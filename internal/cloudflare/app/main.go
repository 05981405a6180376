//go:build wasip1

// Command app is the WebAssembly reactor that a Worker runs. Its exports are
// all that the driver calls; frames pass through two buffers.
package main

import (
	"github.com/edgeward/edgeward/internal/cloudflare/door"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
)

var (
	in, out []byte
	tasks   *runtime.Tasks
)

// inbuf makes room for a frame of n bytes and says where.
//
//go:wasmexport inbuf
func inbuf(n int32) *byte {
	if cap(in) < int(n)+1 {
		in = make([]byte, max(2*int(n), 64<<10))
	}
	in = in[:int(n)+1]
	return &in[0]
}

// outbuf says where the last frame is.
//
//go:wasmexport outbuf
func outbuf() *byte { return &out[:1][0] }

// boot takes the configuration and the secrets. It says what is wrong with them.
//
//go:wasmexport boot
func boot(n int32) int32 {
	f, err := runtime.ParseFrame(in[:n])
	if err != nil {
		return say(runtime.Frame{err.Error()})
	}
	booted, err := door.Boot(f)
	if err != nil {
		return say(runtime.Frame{err.Error()})
	}
	tasks = booted
	return say(nil)
}

//go:wasmexport start
func start(id, n int32) int32 {
	return say(tasks.Start(id, in[:n]))
}

//go:wasmexport step
func step(id, n int32) int32 {
	return say(tasks.Step(id, in[:n]))
}

//go:wasmexport cancel
func cancel(id int32) { tasks.Cancel(id) }

func say(f runtime.Frame) int32 {
	out = f.Append(out[:0])
	if cap(out) == 0 {
		out = make([]byte, 0, 64<<10)
	}
	return int32(len(out))
}

func main() {}
