package config

import (
	"fmt"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/identity"
	"github.com/edgeward/edgeward/internal/wire/userpath"
	"github.com/edgeward/edgeward/session"
)

func (d *decoder) address(n *document.Node, open bool) string {
	return d.Held(n, "127.0.0.1:8080", func(s string) *document.Fault { return rule.Address(s, open) })
}

func (d *decoder) secureLink(n *document.Node, example string) string {
	return d.Held(n, example, func(s string) *document.Fault { return rule.SecureURL(s, example) })
}

func (d *decoder) origin(n *document.Node) string {
	return d.Held(n, "https://app.example.com", rule.Origin)
}

func (d *decoder) issuerName(n *document.Node) string {
	return d.Held(n, "https://id.example.com/", rule.IssuerName)
}

// providerName returns a wrong name, too, for what refers to it.
func (d *decoder) providerName(n *document.Node) string {
	name, ok := d.Text(n, "example")
	if ok {
		d.OK(n.Place, rule.ProviderName(name))
	}
	return name
}

func (d *decoder) cookieName(n *document.Node) string {
	return d.Held(n, session.CookieName, rule.CookieName)
}

func (d *decoder) userPrefix(n *document.Node) string {
	return d.Held(n, string(userpath.Default), rule.UserPrefix)
}

func (d *decoder) environment(n *document.Node) string {
	return d.Held(n, defaultEnvironment, rule.Environment)
}

func (d *decoder) returnTo(n *document.Node) { d.OK(n.Place, rule.ReturnTo(n.Text)) }

func (d *decoder) scope(n *document.Node) { d.OK(n.Place, rule.Scope(n.Text)) }

func (d *decoder) hosts(n *document.Node) []string {
	names := d.Texts(n, "[app.example.com]", d.Item(rule.HostName))
	switch {
	case n.Kind == document.List && len(n.Items) == 0:
		d.Refuse(n.Place, "leave hosts out to answer for every host", "no host is listed, so every request would be refused")
	case len(names) > canonical.MaxHosts:
		d.Refuse(n.Place, fmt.Sprintf("at most %d", canonical.MaxHosts), "these are %d hosts", len(names))
	}
	return names
}

func (d *decoder) forwardHeaders(n *document.Node) []string {
	if len(n.Items) > identity.MaxForwarded {
		d.Refuse(n.Place, fmt.Sprintf("at most %d", identity.MaxForwarded), "these are %d field names", len(n.Items))
		return nil
	}
	return d.Texts(n, "[X-Auth-Token]", d.Item(rule.ForwardHeader))
}
