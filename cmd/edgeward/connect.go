package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cli/settings"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
)

const (
	adminKeyVariable = "EDGEWARD_ADMIN_KEY"
	// callTime bounds a command that talks to the server, attempts included.
	callTime = time.Minute
)

// connectionHelp ends the help of each command that talks to the server.
const connectionHelp = `

It asks the running server at the configuration's admin.listen, or at --server,
with the API key in EDGEWARD_ADMIN_KEY or --key-file.

Exit status: 0 it was done, 1 the server refused, 2 it could not be asked.`

// connection says which server to talk to, and with which key.
type connection struct{ config, server, keyFile, ca *string }

func withConnection(cmd *cobra.Command) connection {
	cmd.Long += connectionHelp
	c := connection{
		config:  withConfig(cmd),
		server:  cmd.Flags().String("server", "", "`URL` of the admin listener, or unix:PATH; without it, that of the configuration"),
		ca:      cmd.Flags().String("ca", "", "`file` with the certificates that the server's is verified by; without it, those of the system, and of admin.tls"),
		keyFile: cmd.Flags().String("key-file", "", "`file` with the API key; without it, the environment variable "+adminKeyVariable),
	}
	_ = cmd.MarkFlagFilename("key-file")
	_ = cmd.MarkFlagFilename("ca")
	return c
}

// ask calls the server.
func (c connection) ask(ctx context.Context, call func(ctx context.Context, api *client.Client) error) error {
	api, err := c.open()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return explainCall(call(ctx, api))
}

func (c connection) open() (*client.Client, error) {
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	server, err := c.address()
	if err != nil {
		return nil, err
	}
	way, err := c.transport(server)
	if err != nil {
		return nil, err
	}
	if transport.OnSocket(server) {
		server = "http://localhost"
	}
	return client.New(client.Config{Server: server, Key: key, Transport: way})
}

func (c connection) key() (edgeward.Secret, error) {
	if *c.keyFile != "" {
		return readSecret("file:" + *c.keyFile)
	}
	if key := os.Getenv(adminKeyVariable); key != "" {
		return edgeward.NewSecret(key), nil
	}
	return edgeward.Secret{}, ui.Advise(`set it, or name a file with --key-file; "edgeward apikey create --offline --scope admin" makes the first key while no server runs`,
		"%s is not set", adminKeyVariable)
}

// address returns the server's URL.
func (c connection) address() (string, error) {
	if *c.server != "" {
		return *c.server, nil
	}
	listen, scheme := config.DefaultAdmin, "http"
	if _, err := os.Stat(*c.config); !errors.Is(err, os.ErrNotExist) || *c.config != defaultConfig {
		s, err := settings.Peek(*c.config)
		if err != nil {
			return "", err
		}
		listen = cmp.Or(s.Text(config.AdminListen), config.DefaultAdmin)
		if s.Find("admin.tls") != nil {
			scheme = "https"
		}
	}
	if transport.OnSocket(listen) {
		return listen, nil
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" {
		return "", ui.Advise("name the server: --server http://127.0.0.1:8081", "%s does not tell where the server is: admin.listen is %q", *c.config, listen)
	}
	if a, err := netip.ParseAddr(host); host == "" || err == nil && a.IsUnspecified() {
		host = "127.0.0.1" // listening everywhere includes here
	}
	return scheme + "://" + net.JoinHostPort(host, port), nil
}

// explainCall says what to do about what a call came to.
func explainCall(err error) error {
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		return explainProblem(problem)
	}
	if unreachable, ok := errors.AsType[*url.Error](err); ok {
		return ui.Advised(fmt.Errorf("the server does not answer: %w", unreachable.Err), "see that \"edgeward serve\" runs there, or name it with --server")
	}
	return err
}

func explainProblem(p *client.Problem) error {
	text := cmp.Or(p.Detail, p.Title)
	err := fmt.Errorf("%d %s: %s", p.Status, p.Code, ui.Harmless(text))
	if p.Status >= http.StatusInternalServerError && p.Status != http.StatusNotImplemented {
		return ui.Advised(fmt.Errorf("unavailable: %w", err), "the outcome is unknown; it is safe to repeat the command")
	}
	hint := map[int]string{
		http.StatusUnauthorized:    "the API key in " + adminKeyVariable + " or --key-file is not one of this server's, or has ended",
		http.StatusForbidden:       "use an API key with the scope " + cmp.Or(ui.Harmless(p.Scope), "that this takes") + ", or with admin",
		http.StatusNotFound:        "\"list\" of the same command shows the ids",
		http.StatusNotImplemented:  "add it to the configuration of that server: docs/configuration.md",
		http.StatusTooManyRequests: "too many wrong keys came from here; who asks from elsewhere can lift that: edgeward ban clear ADDRESS",
	}[p.Status]
	return ui.Advised(fmt.Errorf("%w: %w", ui.ErrNo, err), hint)
}

// pages collects a list that comes in pages.
func pages[T any](fetch func(p client.Page) (page []T, next string, err error)) ([]T, error) {
	all := []T{}
	for p := (client.Page{Limit: 1000}); ; {
		page, next, err := fetch(p)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next == "" {
			return all, nil
		}
		p.After = next
	}
}
