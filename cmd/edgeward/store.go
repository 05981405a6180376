package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/ui"
)

func newStore() *cobra.Command {
	return inGroup("take", group("store", "Back up the store", newStoreBackup()))
}

func newStoreBackup() *cobra.Command {
	cmd := &cobra.Command{
		Use: "backup FILE", Args: exactly("FILE"),
		Short: "Copy the store to a file",
		Long: `Copy the store as it is at one moment to a new file that only you can read. The
server goes on working; with --offline, while none runs, it reads store.path
itself, and needs no API key. To restore it, stop the server and put the file in the
place of store.path; what was revoked after the copy was made lives again, so
revoke it again.`,
		Example: `  edgeward store backup /backup/edgeward-$(date +%F).db
  edgeward store backup --offline before-the-upgrade.db`,
	}
	to := withConnection(cmd)
	offline := withOffline(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if *offline {
			err = backupOffline(cmd.Context(), *to.config, args[0])
		} else {
			err = to.backup(cmd.Context(), args[0])
		}
		if errors.Is(err, fs.ErrExist) {
			return ui.Advise("choose another name: an old backup may still be needed", "%s is there already", args[0])
		}
		if err == nil {
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "the store is in %s\n", args[0])
		}
		return err
	}
	return cmd
}

// backup has the server send a copy of its store to a new file.
func (c connection) backup(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = c.takeBackup(ctx, f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path)) // half a copy is none
	}
	return nil
}

// takeBackup has no deadline: a large store takes its time, and the server ends
// an answer that nobody reads.
func (c connection) takeBackup(ctx context.Context, w io.Writer) error {
	api, err := c.open()
	if err != nil {
		return err
	}
	return explainCall(api.Backup(ctx, w))
}
