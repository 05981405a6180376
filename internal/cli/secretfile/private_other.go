//go:build !linux

package secretfile

import (
	"errors"
	"os"
)

// Elsewhere a file has a name from the beginning.
func unnamed(string) (*os.File, error) { return nil, errors.ErrUnsupported }

func linkUnnamed(*os.File, string) error { return errors.ErrUnsupported }
