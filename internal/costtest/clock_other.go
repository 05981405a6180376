//go:build !linux

package costtest

import "time"

var start = time.Now()

func processorTime() int64 { return int64(time.Since(start)) }
