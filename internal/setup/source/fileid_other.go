//go:build !linux

package source

import "io/fs"

// A fileID is what tells two files of one size and time apart; here, nothing.
type fileID struct{}

func identify(fs.FileInfo) fileID { return fileID{} }
