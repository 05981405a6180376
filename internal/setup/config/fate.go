package config

import (
	"fmt"
	"strconv"

	"github.com/edgeward/edgeward/internal/cloudflare/worker"
)

// A fate is what becomes of a key of the file on a Worker.
type fate struct {
	deed        deed
	why, remedy string // why it is refused or dropped; a key that is dropped without a why means nothing to anybody there
}

type deed int

const (
	refused deed = iota // also for what this table does not name
	carried
	entered // a mapping whose keys have fates of their own
	judged  // the same, but nothing of it is carried
	dropped
)

// fates is by path from the top. Everything below a carried key is carried.
var fates = map[string]fate{
	"proxy":           {deed: judged},
	"proxy.listen":    {deed: dropped},
	"proxy.hosts":     {deed: carried}, // as hosts: see complete
	"proxy.upstream":  {deed: carried}, // as upstream: see complete
	"forward_auth":    {deed: dropped, why: "a Worker is not asked about requests that do not come to it"},
	"admin":           {deed: dropped, why: "a Worker has no listener for operators, so no console and no metrics; a back end comes with the secret " + worker.AdminSecret},
	"trusted_proxies": {deed: dropped, why: "the client's address is the one that Cloudflare names, and X-Forwarded-For is not believed"},
	"client_networks": {deed: dropped, why: "no client of a private network comes to Cloudflare by its own address"},
	"routes":          {deed: dropped}, // inline: see decoder.inlineRoutes
	"forward_headers": {deed: carried},
	"issuers":         {deed: carried},

	"tokens":                  {deed: entered},
	"tokens.issuer":           {deed: carried},
	"tokens.audience":         {deed: carried},
	"tokens.keys":             {deed: carried},
	"tokens.secret":           {deed: carried},
	"tokens.access_lifetime":  {deed: carried},
	"tokens.refresh_lifetime": {deed: carried},
	"tokens.refresh_grace":    {deed: carried},
	"tokens.previous_secrets": {why: "a Worker knows one secret: what was made with those before would be void without a word", remedy: "remove it from the Worker's configuration once nothing of theirs lives"},
	"tokens.assertion":        {why: "a Worker holds no private key to sign assertions with", remedy: "remove it, and assertion: true from the routes"},

	"store":                 {deed: judged},
	"store.path":            {deed: dropped, why: "a Worker remembers in the Durable Objects bound as " + ObjectBinding},
	"store.audit_file_size": {deed: dropped},
	"store.audit_files":     {deed: dropped, why: "a Worker keeps no audit log"},
	"store.memory":          {why: "a Worker keeps nothing in memory that has to last", remedy: "write store: {path: edgeward.db}; its Durable Objects take the file's place"},

	"sessions":               {deed: entered},
	"sessions.cookie":        {deed: carried},
	"sessions.idle":          {deed: carried},
	"sessions.lifetime":      {deed: carried},
	"sessions.insecure_http": {why: "browsers come to a Worker by HTTPS", remedy: "remove it"},

	"api_keys":   {deed: carried},
	"failures":   {deed: carried},
	"revocation": {deed: carried},
	"login":      {deed: carried},
}

// carry puts the members of n, which stands at path, where a Worker reads them.
func (d *decoder) carry(n *node, path string, into map[string]any) {
	for _, f := range n.fields {
		name := path + f.key.text
		fate := fates[name]
		switch {
		case fate.deed == carried:
			into[f.key.text] = plainValue(f.value)
		case fate.deed == entered, fate.deed == judged:
			inner := map[string]any{}
			d.carry(f.value, name+".", inner)
			if fate.deed == entered {
				into[f.key.text] = inner
			}
		case fate.deed == dropped && fate.why != "":
			d.warnings = append(d.warnings, fmt.Sprintf("%s is left out: %s", name, fate.why))
		case fate.deed == refused && !(f.value.kind == boolean && f.value.text == "false"):
			d.refuse(f.key.place, fate.remedy, "%s: %s", name, fate.why)
		}
	}
}

// plainValue returns n as encoding/json takes it.
func plainValue(n *node) any {
	switch n.kind {
	case boolean:
		return n.text == "true"
	case number:
		v, _ := strconv.Atoi(n.text) // no key takes another number
		return v
	case list:
		all := make([]any, len(n.items))
		for i, item := range n.items {
			all[i] = plainValue(item)
		}
		return all
	case mapping:
		all := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			all[f.key.text] = plainValue(f.value)
		}
		return all
	case null:
		return nil
	}
	return n.text
}

// inlineRoutes returns the tree as routes takes it inline.
func (d *decoder) inlineRoutes() map[string]any {
	all := make(map[string]any, len(d.routes))
	for _, f := range d.routes {
		all[f.Path] = plainValue(f.node)
	}
	return all
}
