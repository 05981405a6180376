package costtest

import "golang.org/x/sys/unix"

// processorTime is how long this thread has had a processor, in nanoseconds.
func processorTime() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic("costtest: " + err.Error())
	}
	return t.Nano()
}
