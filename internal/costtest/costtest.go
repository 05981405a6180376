// Package costtest holds functions that read what a client sent to a cost that is
// linear in it: what is quadratic turns one request into a second of processor
// time (CWE-407).
package costtest

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
)

const (
	large  = 64 << 10 // bytes
	factor = 16       // from the short input to the long one
	// tolerated is how much more a byte of the long input may cost than one of the
	// short: caches miss, memory grows. Quadratic cost is factor.
	tolerated = 5
	runs      = 9 // of which the cheapest counts
)

// Linear fails t when f costs more a byte for a long input than for a short one.
// An input is seed, repeated. Both are timed side by side by the time that this
// thread had a processor, where the system tells it, and the cheapest of some runs
// counts, so that a busy machine changes neither: it asserts a ratio, and no
// duration. f must not start goroutines that do its work.
func Linear(t *testing.T, seed string, f func(input string)) {
	t.Helper()
	LinearUpTo(t, seed, large, f)
}

// LinearUpTo is Linear for f that refuses what is longer than most bytes.
func LinearUpTo(t *testing.T, seed string, most int, f func(input string)) {
	t.Helper()
	if seed == "" {
		t.Fatal("costtest: the seed is empty")
	}
	of := func(n int) string { return strings.Repeat(seed, n/len(seed)+1)[:n] }
	if ratio := perByte(of(most), f) / perByte(of(most/factor), f); ratio > tolerated {
		t.Errorf("a byte of %d of %.20q costs %.1f times one of %d: the cost is not linear", most, seed, ratio, most/factor)
	}
}

// perByte is the least that f costs, by the byte of input.
func perByte(input string, f func(string)) float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	least, times := math.MaxFloat64, large/len(input)
	for range runs {
		begin := processorTime()
		for range times {
			f(input)
		}
		least = min(least, float64(processorTime()-begin))
	}
	return (least + resolution) / float64(times*len(input))
}

// resolution keeps what is too cheap to be timed from being divided by: 20 µs
// for 64 KiB.
const resolution = 20_000

// Sizes runs a benchmark with inputs of some lengths, seed repeated, and reports
// bytes a second: of what is linear, or bounded, they do not fall.
func Sizes(b *testing.B, seed string, f func(input string)) {
	for _, n := range []int{1 << 10, 4 << 10, 16 << 10, 60 << 10} {
		input := strings.Repeat(seed, n/len(seed)+1)[:n]
		b.Run(fmt.Sprintf("%dKiB", n>>10), func(b *testing.B) {
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				f(input)
			}
		})
	}
}
