package build

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/cloudflare/build/functions"
)

// Import begins a routes folder as the image of a Pages project's functions/ and
// says what was made of it.
func Import(w, notes io.Writer, from, to string) error {
	tree, err := readFunctions(from)
	if err != nil {
		return err
	}
	if len(tree.Functions) == 0 {
		printUnread(notes, ui.Painter(notes), from, tree)
		return ui.Advise("name the folder in which _middleware.ts and its like are", "no module in %s exports onRequest", from)
	}
	if err := writeRoutes(to, tree); err != nil {
		return err
	}
	printImported(w, ui.Painter(w), from, to, tree)
	return nil
}

func readFunctions(folder string) (tree *functions.Tree, err error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	tree, err = functions.Read(root.FS())
	return tree, errors.Join(err, root.Close())
}

// writeRoutes makes the folder. One with something in it is somebody's work.
func writeRoutes(folder string, tree *functions.Tree) (err error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return ui.Advise("choose another folder with --out, and compare", "%s is there already", folder)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for i := range tree.Functions {
		f := &tree.Functions[i]
		name := filepath.FromSlash(f.Path + ".yaml")
		err := root.MkdirAll(filepath.Dir(name), 0o755)
		if err == nil {
			err = root.WriteFile(name, []byte(tree.YAML(f)), 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// printImported says what was made, what was not, and what is left to do.
func printImported(w io.Writer, p ui.Paint, from, to string, tree *functions.Tree) {
	fmt.Fprintf(w, "%s %s has %d files, and refuses everybody until you edit it\n", p.Green("✓"), p.Bold(to), len(tree.Functions))
	ui.Section(w, p, "paths", func(t io.Writer) {
		for i := range tree.Functions {
			f := &tree.Functions[i]
			methods := "any method"
			if len(f.Methods) > 0 {
				methods = strings.Join(f.Methods, " ")
			}
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", ui.Harmless(f.Pattern()), methods, filepath.Join(to, filepath.FromSlash(f.Path+".yaml")), f.Hints.Seen())
		}
	})
	printUnread(w, p, from, tree)
	ui.Section(w, p, "what now", func(t io.Writer) {
		fmt.Fprintf(t, "  write into the files what their TODOs ask for; edgeward check and edgeward explain show what follows\n")
		if !hasRootMiddleware(tree) {
			fmt.Fprintf(t, "  what no file covers is refused, static files too: %s would cover them\n", filepath.Join(to, "_middleware.yaml"))
		}
	})
}

func hasRootMiddleware(tree *functions.Tree) bool {
	for i := range tree.Functions {
		if tree.Functions[i].Pattern() == "/*" {
			return true
		}
	}
	return false
}

// printUnread says what nothing was made of, and what deserves a look.
func printUnread(w io.Writer, p ui.Paint, from string, tree *functions.Tree) {
	at := func(source string) string { return ui.Harmless(filepath.Join(from, filepath.FromSlash(source))) }
	ui.Section(w, p, "not read", func(t io.Writer) {
		for _, u := range tree.Unread {
			fmt.Fprintf(t, "  %s\t%s\n", at(u.Source), u.Why)
		}
	})
	ui.Section(w, p, "look at", func(t io.Writer) {
		for i := range tree.Functions {
			for _, d := range tree.Functions[i].Doubts {
				fmt.Fprintf(t, "  %s\t%s\n", at(d.Source), d.Why)
			}
		}
	})
	ui.Section(w, p, "no route", func(t io.Writer) {
		for _, name := range tree.Helpers {
			fmt.Fprintf(t, "  %s\texports no onRequest\n", at(name))
		}
	})
}
