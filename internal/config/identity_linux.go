package config

import (
	"io/fs"
	"syscall"
)

// An identity is what tells two files of one size and time apart: the inode, and
// when it was changed last, which nobody can set.
type identity struct {
	inode   uint64
	changed syscall.Timespec
}

func identify(info fs.FileInfo) identity {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return identity{stat.Ino, stat.Ctim}
	}
	return identity{}
}
