package devsystem

import (
	"context"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/edgeward/edgeward/internal/cli/signals"
)

// Keys that dev understands. In raw mode the terminal sends Ctrl-C and Ctrl-D
// as characters.
const (
	keyRotate = 'r'
	keyQuit   = 'q'
	ctrlC     = 0x03
	ctrlD     = 0x04
)

// A keyboard reads single keys from a terminal.
type keyboard struct {
	file  *os.File
	state *term.State
}

// openKeyboard makes the terminal tell every key at once. It returns nil when
// f is no terminal, or another program's: dev in the background must not touch
// it.
func openKeyboard(f *os.File) *keyboard {
	if !term.IsTerminal(int(f.Fd())) || !signals.Foreground(f) {
		return nil
	}
	state, err := term.MakeRaw(int(f.Fd()))
	if err != nil {
		return nil
	}
	return &keyboard{f, state}
}

// close gives the terminal back as it was.
func (k *keyboard) close() {
	if k != nil {
		_ = term.Restore(int(k.file.Fd()), k.state)
	}
}

// listen calls rotate and quit as their keys are pressed. It ends with the
// process: a read from a terminal cannot be called off.
func (k *keyboard) listen(ctx context.Context, rotate, quit func()) {
	if k == nil {
		return
	}
	go func() {
		key := make([]byte, 1)
		for ctx.Err() == nil {
			if _, err := k.file.Read(key); err != nil {
				return
			}
			switch key[0] {
			case keyRotate, keyRotate - 'a' + 'A':
				rotate()
			case keyQuit, keyQuit - 'a' + 'A', ctrlC, ctrlD:
				quit()
			}
		}
	}()
}

// rawLines ends lines as a terminal in raw mode needs it.
type rawLines struct{ w io.Writer }

func (r rawLines) Write(p []byte) (int, error) {
	out := make([]byte, 0, len(p)+8)
	for _, c := range p {
		if c == '\n' {
			out = append(out, '\r')
		}
		out = append(out, c)
	}
	if _, err := r.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}
