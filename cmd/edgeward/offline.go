package main

import (
	"context"
	"errors"

	"github.com/edgeward/edgeward/internal/authority"
	"github.com/edgeward/edgeward/internal/config"
	"github.com/edgeward/edgeward/internal/control"
)

// offline opens the store of a configuration itself. The store's lock refuses
// it while a server runs.
func offline(path string, do func(a *authority.Authority) error) (err error) {
	c, err := load(path)
	if err != nil {
		return err
	}
	switch {
	case c.APIKeys == nil:
		return advise("add to it: api_keys: {}", "%s has no API keys", path)
	case c.Store.Memory:
		return advise("name a file in store.path, or ask the running server", "the store of %s is in the server's memory", path)
	}
	memory, err := c.Open(config.Environment{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, memory.Close()) }()
	system, err := c.Build(config.Environment{Memory: memory}, nil)
	if err != nil {
		return err
	}
	return do(system.Authority)
}

// createOffline makes an API key without a server.
func createOffline(ctx context.Context, path string, wanted control.NewAPIKey) (made control.CreatedAPIKey, err error) {
	err = offline(path, func(a *authority.Authority) error {
		secret, k, err := a.CreateAPIKey(ctx, authority.By{Actor: "cli"}, grantOf(wanted))
		if err != nil {
			return err
		}
		made.Secret.Secret = secret
		made.APIKey = control.APIKey{
			ID: k.ID, Subject: k.Subject, Name: k.Name, Permissions: append([]string{}, k.Permissions...), Networks: k.Networks,
			Created: k.Created.UTC(), Expires: k.Expires.UTC(),
		}
		return nil
	})
	return made, err
}
