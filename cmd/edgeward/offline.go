package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/settings"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/stores"
)

// withOffline is for a command that talks to the server otherwise.
func withOffline(cmd *cobra.Command) *bool {
	offline := cmd.Flags().Bool("offline", false, "open the store itself, while no server runs")
	cmd.MarkFlagsMutuallyExclusive("offline", "server")
	cmd.MarkFlagsMutuallyExclusive("offline", "key-file")
	return offline
}

// offline opens the store of a configuration itself. The store's lock refuses
// it while a server runs.
func offline(path string, do func(a *issuance.Authority) error) (err error) {
	c, err := load(path)
	if err != nil {
		return err
	}
	if c.APIKeys == nil {
		return ui.Advise("add to it: api_keys: {}", "%s has no API keys", path)
	}
	if err := reachable(c.Store, path); err != nil {
		return err
	}
	state, err := gateway.Open(c.Config, gateway.Environment{Stores: stores.All})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	system, err := gateway.Build(c.Config, gateway.Environment{State: state}, nil)
	if err != nil {
		return err
	}
	return do(system.Authority)
}

// createOffline makes an API key without a server.
func createOffline(ctx context.Context, path string, wanted client.NewAPIKey) (made client.CreatedAPIKey, err error) {
	err = offline(path, func(a *issuance.Authority) error {
		secret, k, err := a.CreateAPIKey(ctx, issuance.By{Actor: "cli"}, grantOf(wanted))
		if err != nil {
			return err
		}
		made.Secret.Secret = secret
		made.APIKey = client.APIKey{
			ID: k.ID, Subject: k.Subject, Name: k.Name, Permissions: append([]string{}, k.Permissions...), Networks: k.Networks,
			Created: k.Created.UTC(), Expires: k.Expires.UTC(),
		}
		return nil
	})
	return made, err
}

// backupOffline copies the store of a configuration without a server, and
// without the secrets that are the server's.
func backupOffline(ctx context.Context, path, copied string) (err error) {
	s, err := settings.Peek(path)
	if err != nil {
		return err
	}
	kept, err := s.Store()
	if err != nil {
		return err
	}
	if err := reachable(kept, path); err != nil {
		return err
	}
	if file := kept.File(); file != "" {
		if _, err := os.Stat(file); err != nil {
			return err // or it would be made
		}
	}
	opened, err := stores.All.Open(kept)
	if err != nil {
		return &gateway.StoreError{Store: kept, Err: err}
	}
	db, ok := opened.(interface {
		io.Closer
		Backup(ctx context.Context, path string) error
	})
	if !ok {
		return ui.Advise("use the store's own tools", "edgeward makes no copies of the store %s", kept)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Backup(ctx, copied)
}

// reachable refuses a store that another process cannot open.
func reachable(s *config.Store, path string) error {
	if s.Resident() {
		return ui.Advise("name a file in store.path, or ask the running server", "the store of %s is in the server's memory", path)
	}
	return nil
}
