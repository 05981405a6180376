package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cloudflare/functions"
)

func newRoutes() *cobra.Command {
	return inGroup("make", group("routes", "Begin a routes folder", newRoutesImport()))
}

func newRoutesImport() *cobra.Command {
	cmd := &cobra.Command{
		Use: "import FUNCTIONS", Args: exactly("FUNCTIONS"),
		Short: "Begin a routes folder from a Pages project's functions/",
		Long: `Read the functions/ folder of a Cloudflare Pages project and write a routes
folder of the same shape: a file for each path that code answers, with its
methods, and one for each _middleware.

Who may come in is in the code, which is not run and hardly read: exported names
starting with onRequest count, and words like Authorization become suggestions in
comments. So the new folder refuses everybody until you have written what it asks.
What could not be read is said.`,
		Example: `  edgeward routes import functions/
  edgeward routes import ../site/functions --out edge/routes`,
	}
	out := cmd.Flags().String("out", "routes", "`folder` to make")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		tree, err := readFunctions(args[0])
		if err != nil {
			return err
		}
		if len(tree.Functions) == 0 {
			printUnread(cmd.ErrOrStderr(), painter(cmd.ErrOrStderr()), args[0], tree)
			return advise("name the folder in which _middleware.ts and its like are", "no module in %s exports onRequest", args[0])
		}
		if err := writeRoutes(*out, tree); err != nil {
			return err
		}
		printImported(cmd.OutOrStdout(), painter(cmd.OutOrStdout()), args[0], *out, tree)
		return nil
	}
	return cmd
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
		return advise("choose another folder with --out, and compare", "%s is there already", folder)
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
func printImported(w io.Writer, p paint, from, to string, tree *functions.Tree) {
	fmt.Fprintf(w, "%s %s has %d files, and refuses everybody until you edit it\n", p.green("✓"), p.bold(to), len(tree.Functions))
	section(w, p, "paths", func(t io.Writer) {
		for i := range tree.Functions {
			f := &tree.Functions[i]
			methods := "any method"
			if len(f.Methods) > 0 {
				methods = strings.Join(f.Methods, " ")
			}
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", harmless(f.Pattern()), methods, filepath.Join(to, filepath.FromSlash(f.Path+".yaml")), f.Hints.Seen())
		}
	})
	printUnread(w, p, from, tree)
	section(w, p, "what now", func(t io.Writer) {
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
func printUnread(w io.Writer, p paint, from string, tree *functions.Tree) {
	at := func(source string) string { return harmless(filepath.Join(from, filepath.FromSlash(source))) }
	section(w, p, "not read", func(t io.Writer) {
		for _, u := range tree.Unread {
			fmt.Fprintf(t, "  %s\t%s\n", at(u.Source), u.Why)
		}
	})
	section(w, p, "look at", func(t io.Writer) {
		for i := range tree.Functions {
			for _, d := range tree.Functions[i].Doubts {
				fmt.Fprintf(t, "  %s\t%s\n", at(d.Source), d.Why)
			}
		}
	})
	section(w, p, "no route", func(t io.Writer) {
		for _, name := range tree.Helpers {
			fmt.Fprintf(t, "  %s\texports no onRequest\n", at(name))
		}
	})
}
