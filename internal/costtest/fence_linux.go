package costtest

import (
	"os"
	"runtime/debug"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// LooksAtMost fails t when f reads a byte of its input behind the given head: the
// input is long bytes, and the memory behind head cannot be read. So it holds that
// a bound comes before the work, whatever the work costs.
func LooksAtMost(t *testing.T, head string, long int, f func(input string)) {
	t.Helper()
	page := os.Getpagesize()
	readable := (len(head) + page - 1) / page * page
	memory, err := unix.Mmap(-1, 0, readable+(long+page-1)/page*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(memory) })
	begin := memory[readable-len(head):]
	copy(begin, head)
	if err := unix.Mprotect(memory[readable:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if v := recover(); v != nil {
			t.Errorf("it looks behind the first %d bytes of %d: %v", len(head), long, v)
		}
	}()
	f(unsafe.String(&begin[0], long))
}
