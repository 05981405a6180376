package main

import (
	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/cloudflare/build"
)

func newWorker() *cobra.Command {
	return inGroup("run", group("worker", "Deploy to Cloudflare", newWorkerBuild(), newWorkerCheck()))
}

func newWorkerBuild() *cobra.Command {
	cmd := &cobra.Command{
		Use: "build", Args: exactly(),
		Short: "Make a folder that wrangler deploys",
		Long: `Make of the configuration a folder that "wrangler deploy" takes: the engine as
WebAssembly, the modules around it, the routes and public keys. No secret has to
be set here and none is written: the Worker gets them by "wrangler secret put",
and the lines to do that with are printed.

With --pages it is a middleware in front of a Pages project. A Pages project
cannot define Durable Objects, so a Worker that does is made beside it. Pages
ignores the case of a path, so there the routes do, too. A middleware that the
project has itself runs behind Edgeward with --chain.

Nothing is written unless all of it is sound, nor where requests would pass by
Edgeward: see "edgeward worker check". wrangler.toml is yours: once it, or a
wrangler.json or wrangler.jsonc in its place, is there, it is left alone. A folder
that this command did not make is not touched without --force.

The WebAssembly module is built with the go command, or taken from --wasm.

Exit status: 0 it is written, 2 it is not.`,
		Example: `  edgeward worker build
  edgeward worker build --config edge.yaml --out deploy/edge
  edgeward worker build --pages --out .     in a Pages project, beside functions/ and public/
  edgeward worker build --pages --chain middleware.ts`,
	}
	path := withConfig(cmd)
	o := aboutFolder(cmd)
	cmd.Flags().StringVar(&o.Chain, "chain", "", "the project's own middleware, a `module` in a Pages project that exports onRequest, to run behind Edgeward")
	cmd.Flags().StringVar(&o.Wasm, "wasm", "", "`file` with the WebAssembly module; without it, it is built")
	cmd.Flags().BoolVar(&o.Force, "force", false, "replace what this command did not make")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		p, err := o.Load(*path)
		if err != nil {
			return unlessMissing(*path, err)
		}
		d, err := o.Deploy(cmd.Context(), *path, p)
		if err != nil {
			return err
		}
		d.Print(cmd.OutOrStdout(), ui.Painter(cmd.OutOrStdout()), p)
		return nil
	}
	return cmd
}

func newWorkerCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use: "check", Args: exactly(),
		Short: "Look for what lets requests pass by Edgeward in a wrangler project",
		Long: `Look at a folder that "edgeward worker build" has made, as wrangler would deploy
it, for what has requests answered without Edgeward, or has it not work:

  another functions/_middleware of the whole project, in any extension, or a link
  in the place of Edgeward's
  a _worker.js in the folder that the project's build writes
  a _routes.json there that excludes more than the routes let everybody at
  static [assets] that are served before the Worker, or another main
  a wrangler.json, wrangler.jsonc or redirect in the place of the file with
  Edgeward's bindings, and bindings that are not there
  routes of a Worker that are for one path or one scheme of a host
  the configuration, the key ring or the project itself among the files served
  modules and an edgeward.json that are of another configuration or version

A framework's build comes after "edgeward worker build" and may make any of these:
run this between the last build and the deployment.

Exit status: 0 nothing was found, 2 something was.`,
		Example: `  edgeward worker check
  npm run build && edgeward worker check --pages && npx wrangler pages deploy`,
	}
	path := withConfig(cmd)
	o := aboutFolder(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		p, err := o.Load(*path)
		if err != nil {
			return unlessMissing(*path, err)
		}
		d, warnings, err := o.Check(*path, p)
		if err != nil {
			return err
		}
		d.PrintVerdict(cmd.OutOrStdout(), ui.Painter(cmd.OutOrStdout()), warnings)
		return nil
	}
	return cmd
}

// aboutFolder adds the flags that say which folder it is about.
func aboutFolder(cmd *cobra.Command) *build.Options {
	var o build.Options
	cmd.Flags().StringVar(&o.Folder, "out", "", "`folder` of the deployment (default "+build.WorkerFolder+", with --pages the current one)")
	cmd.Flags().BoolVar(&o.Pages, "pages", false, "it is a middleware for a Pages project")
	return &o
}
