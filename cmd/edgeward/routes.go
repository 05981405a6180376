package main

import (
	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cloudflare/build"
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

Who may come in is in the code, which is not run and hardly read: the names that
begin with onRequest say which paths and methods there are. So the new folder
refuses all requests until you have written what each file needs. What could not
be read is listed.`,
		Example: `  edgeward routes import functions/
  edgeward routes import ../site/functions --out edge/routes`,
	}
	out := cmd.Flags().String("out", "routes", "`folder` to make")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return build.Import(cmd.OutOrStdout(), cmd.ErrOrStderr(), args[0], *out)
	}
	return cmd
}
