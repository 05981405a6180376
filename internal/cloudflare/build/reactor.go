package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/cloudflare/driver"
)

const (
	edgewardModule = "github.com/edgeward/edgeward"
	reactorPackage = edgewardModule + "/internal/cloudflare/app"
	// maxWasm bounds a module in bytes: Cloudflare takes 10 MB of it gzipped.
	maxWasm = 64 << 20
)

// wasmMagic begins every WebAssembly module, of version 1.
var wasmMagic = []byte("\x00asm\x01\x00\x00\x00")

// wasmModule returns the module that a Worker runs: from a file, or built.
func wasmModule(ctx context.Context, file string) ([]byte, error) {
	if file != "" {
		return readWasm(file)
	}
	folder, err := os.MkdirTemp("", "edgeward-wasm-*")
	if err != nil {
		return nil, err
	}
	data, err := buildWasm(ctx, folder)
	return data, errors.Join(err, os.RemoveAll(folder))
}

func readWasm(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxWasm+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxWasm:
		return nil, fmt.Errorf("%s is too large for a WebAssembly module of a Worker", name)
	case !bytes.HasPrefix(data, wasmMagic):
		return nil, ui.Advise("GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o app.wasm "+reactorPackage+" makes one", "%s is no WebAssembly module", name)
	}
	return driver.Compact(data)
}

// buildElsewhere is what to do where the module cannot be built.
const buildElsewhere = "run it in a clone of Edgeward, with --config FILE and --out FOLDER, or name with --wasm FILE the app.wasm that this made"

// buildWasm builds the module into folder, from the source at hand: the one
// around us or that of our own version.
func buildWasm(ctx context.Context, folder string) ([]byte, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return nil, ui.Advise("install Go (https://go.dev/dl), or name a module that was built elsewhere with --wasm FILE", "there is no go command to build the WebAssembly module with")
	}
	source, mode := ".", "-mod=readonly"
	if exec.CommandContext(ctx, "go", "list", "-m", edgewardModule).Run() != nil {
		version := releasedVersion()
		if version == "" {
			return nil, ui.Advise(buildElsewhere, "Edgeward's source is not here, and this program is of no released version")
		}
		text := fmt.Sprintf("module deployment\n\ngo 1.26\n\nrequire %s %s\n", edgewardModule, version)
		if err := os.WriteFile(filepath.Join(folder, "go.mod"), []byte(text), 0o600); err != nil {
			return nil, err
		}
		source, mode = folder, "-mod=mod"
	}
	wasm := filepath.Join(folder, "app.wasm")
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"build", mode}, driver.BuildFlags, []string{"-o", wasm, reactorPackage})...)
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, ui.Advise(buildElsewhere, "the WebAssembly module cannot be built: %w\n%s", err, bytes.TrimSpace(out))
	}
	return readWasm(wasm)
}

// releasedVersion is the version of this program, "" for one that was built from
// a working tree.
func releasedVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Path != edgewardModule || !strings.HasPrefix(info.Main.Version, "v") || strings.Contains(info.Main.Version, "+") {
		return ""
	}
	return info.Main.Version
}
