package config

import (
	"fmt"
	"net/netip"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/identity"
	"github.com/edgeward/edgeward/internal/wire/userpath"
	"github.com/edgeward/edgeward/session"
)

// held reads a text that a rule finds nothing wrong with.
func (d *decoder) held(n *document.Node, example string, rule func(string) *document.Fault) string {
	s, ok := d.text(n, example)
	if !ok || !d.ok(n.Place, rule(s)) {
		return ""
	}
	return s
}

// item holds a member of a list to a rule.
func (d *decoder) item(rule func(string) *document.Fault) func(*document.Node) {
	return func(n *document.Node) { d.ok(n.Place, rule(n.Text)) }
}

func (d *decoder) address(n *document.Node, open bool) string {
	return d.held(n, "127.0.0.1:8080", func(s string) *document.Fault { return rule.Address(s, open) })
}

func (d *decoder) secureLink(n *document.Node, example string) string {
	return d.held(n, example, func(s string) *document.Fault { return rule.SecureURL(s, example) })
}

func (d *decoder) origin(n *document.Node) string {
	return d.held(n, "https://app.example.com", rule.Origin)
}

func (d *decoder) issuerName(n *document.Node) string {
	return d.held(n, "https://id.example.com/", rule.IssuerName)
}

// providerName returns a wrong name, too, for what refers to it.
func (d *decoder) providerName(n *document.Node) string {
	name, ok := d.text(n, "example")
	if ok {
		d.ok(n.Place, rule.ProviderName(name))
	}
	return name
}

func (d *decoder) cookieName(n *document.Node) string {
	return d.held(n, session.CookieName, rule.CookieName)
}

func (d *decoder) userPrefix(n *document.Node) string {
	return d.held(n, string(userpath.Default), rule.UserPrefix)
}

func (d *decoder) environment(n *document.Node) string {
	return d.held(n, defaultEnvironment, rule.Environment)
}

func (d *decoder) returnTo(n *document.Node) { d.ok(n.Place, rule.ReturnTo(n.Text)) }

func (d *decoder) scope(n *document.Node) { d.ok(n.Place, rule.Scope(n.Text)) }

func (d *decoder) hosts(n *document.Node) []string {
	names := d.texts(n, "[app.example.com]", d.item(rule.HostName))
	switch {
	case n.Kind == document.List && len(n.Items) == 0:
		d.refuse(n.Place, "leave hosts out to answer for every host", "no host is listed, so every request would be refused")
	case len(names) > canonical.MaxHosts:
		d.refuse(n.Place, fmt.Sprintf("at most %d", canonical.MaxHosts), "these are %d hosts", len(names))
	}
	return names
}

func (d *decoder) forwardHeaders(n *document.Node) []string {
	if len(n.Items) > identity.MaxForwarded {
		d.refuse(n.Place, fmt.Sprintf("at most %d", identity.MaxForwarded), "these are %d field names", len(n.Items))
		return nil
	}
	return d.texts(n, "[X-Auth-Token]", d.item(rule.ForwardHeader))
}

func (d *decoder) prefixes(n *document.Node) []netip.Prefix {
	if !d.is(n, document.List, "[10.0.0.0/8]") {
		return nil
	}
	var all []netip.Prefix
	for _, item := range n.Items {
		s, ok := d.text(item, "10.0.0.0/8")
		if !ok {
			continue
		}
		p, fault := rule.Prefix(s)
		if !d.ok(item.Place, fault) {
			continue
		}
		if _, err := clientip.New(append(all[:len(all):len(all)], p)); err != nil {
			d.refuse(item.Place, "", "%s", document.Detail(err))
			continue
		}
		all = append(all, p)
	}
	return all
}
