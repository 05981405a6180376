package server

import (
	"runtime"
	"runtime/debug"
	"testing"
	"unsafe"
)

// A stack that has grown by copying is at another address.
func TestARequestsStackGrowsOnce(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the collector shrinks stacks
	moved := make(chan bool)
	go func() {
		deepen()
		var here byte
		before := uintptr(unsafe.Pointer(&here))
		passOn()
		moved <- uintptr(unsafe.Pointer(&here)) != before
	}()
	if <-moved {
		t.Error("a stack that was grown for a request grew again for it")
	}
}

// passOn takes as much of a stack as a request that is passed on does.
//
//go:noinline
func passOn() {
	var frame [10 << 10]byte
	runtime.KeepAlive(&frame)
}
