package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/store/sqlitestore"
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
	switch {
	case c.APIKeys == nil:
		return ui.Advise("add to it: api_keys: {}", "%s has no API keys", path)
	case c.Store.Memory:
		return ui.Advise("name a file in store.path, or ask the running server", "the store of %s is in the server's memory", path)
	}
	state, err := gateway.Open(c.Config, gateway.Environment{OpenStore: sqlitestore.OpenFile})
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
	s, err := peek(path)
	if err != nil {
		return err
	}
	if s.text("store.path") == "" {
		return ui.Advise("name one with --config FILE", "%s names no store.path", path)
	}
	file := s.locate(s.text("store.path"))
	if _, err := os.Stat(file); err != nil {
		return err // or it would be made
	}
	db, err := sqlitestore.Open(sqlitestore.Config{Path: file})
	if err != nil {
		return &gateway.StoreError{Path: file, Err: err}
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Backup(ctx, copied)
}
