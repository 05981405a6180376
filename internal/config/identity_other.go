//go:build !linux

package config

import "io/fs"

// An identity is what tells two files of one size and time apart; here, nothing.
type identity struct{}

func identify(fs.FileInfo) identity { return identity{} }
