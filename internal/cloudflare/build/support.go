package build

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward/internal/cloudflare/door"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// A workerSupport says what a Worker does with a key of the file.
type workerSupport struct {
	action      action
	why, remedy string // why it is rejected or ignored; keys ignored without a reason have no effect on a Worker
}

type action int

const (
	reject  action = iota // also what this table does not name
	copied                // with everything below it
	descend               // a mapping whose keys are in the table
	ignore
)

// supports is by path from the top.
var supports = withDoors(map[string]workerSupport{
	"proxy":           {action: descend},
	"proxy.listen":    {action: copied}, // it has no effect
	"proxy.hosts":     {action: copied},
	"proxy.upstream":  {action: copied},
	"upstreams":       {why: "a Worker forwards to a URL by the platform's fetch, and knows no servers behind a name", remedy: "write the URL into upstream of proxy and of the routes"},
	"admin":           {action: ignore, why: "a Worker has no listener for operators, so no console and no metrics; a back end comes with the secret " + door.AdminSecret},
	"trusted_proxies": {action: ignore, why: "the client's address is the one that Cloudflare names, and X-Forwarded-For is not believed"},
	"client_networks": {action: ignore, why: "no client of a private network comes to Cloudflare by its own address"},
	"routes":          {action: ignore}, // inline: see builder.inlineRoutes
	"hosts":           {action: ignore}, // so are those of hosts
	"forward_headers": {action: copied},
	"issuers":         {action: copied},

	"proxy.tls":            {action: ignore, why: "Cloudflare has the certificates, and speaks TLS and HTTP/2 with browsers"},
	"proxy.redirect":       {action: ignore, why: "a Worker has no listener; Cloudflare leads browsers to HTTPS (Always Use HTTPS)"},
	"proxy.h2c":            {action: ignore, why: "Cloudflare speaks HTTP/2 with browsers"},
	"proxy.socket_mode":    {action: ignore, why: "a Worker has no listener, so no Unix socket"},
	"proxy.proxy_protocol": {action: ignore, why: "a Worker has no listener; Cloudflare names the client by itself"},

	"tokens":                  {action: descend},
	"tokens.issuer":           {action: copied},
	"tokens.audience":         {action: copied},
	"tokens.keys":             {action: copied},
	"tokens.secret":           {action: copied},
	"tokens.access_lifetime":  {action: copied},
	"tokens.refresh_lifetime": {action: copied},
	"tokens.refresh_grace":    {action: copied},
	"tokens.previous_secrets": {why: "a Worker knows one secret: what was made with those before would be void without a word", remedy: "remove it from the Worker's configuration once nothing of theirs lives"},
	"tokens.assertion":        {why: "a Worker holds no private key to sign assertions with", remedy: "remove it, and assertion: true from the routes"},

	"store":                 {action: descend},
	"store.path":            {action: ignore, why: "a Worker keeps its state in the Durable Objects bound as " + objectBinding},
	"store.audit_file_size": {action: ignore},
	"store.audit_files":     {action: ignore, why: "a Worker keeps no audit log"},
	"store.memory":          {why: "a Worker keeps nothing in memory that has to last", remedy: "write store: {path: edgeward.db}; its Durable Objects take the file's place"},

	"sessions":               {action: descend},
	"sessions.cookie":        {action: copied},
	"sessions.idle":          {action: copied},
	"sessions.lifetime":      {action: copied},
	"sessions.insecure_http": {why: "browsers come to a Worker by HTTPS", remedy: "remove it"},

	"api_keys":        {action: copied},
	"personal_tokens": {action: copied},
	"failures":        {action: copied},
	"revocation":      {action: copied},
	"login":           {action: copied},
})

// withDoors adds the doors of a gateway that the table says nothing else of.
func withDoors(table map[string]workerSupport) map[string]workerSupport {
	for _, key := range config.ListenKeys() {
		section, _, _ := strings.Cut(key, ".")
		if _, ok := table[section]; !ok {
			table[section] = workerSupport{action: ignore, why: "a Worker is not asked about requests that do not come to it"}
		}
	}
	return table
}

// copy puts the members of n, which stands at path, where a Worker reads them.
func (b *builder) copy(n *document.Node, path string, into map[string]any) {
	for _, f := range n.Fields {
		name := path + f.Key.Text
		support := supports[name]
		switch {
		case support.action == copied:
			into[f.Key.Text] = plainValue(f.Value)
		case support.action == descend:
			inner := map[string]any{}
			b.copy(f.Value, name+".", inner)
			into[f.Key.Text] = inner
		case support.action == ignore && support.why != "":
			b.warnings = append(b.warnings, fmt.Sprintf("%s is left out: %s", name, support.why))
		case support.action == reject && !(f.Value.Kind == document.Boolean && f.Value.Text == "false"):
			b.Refuse(f.Key.Place, support.remedy, "%s: %s", name, support.why)
		}
	}
}

// plainValue returns n as encoding/json takes it.
func plainValue(n *document.Node) any {
	switch n.Kind {
	case document.Boolean:
		return n.Text == "true"
	case document.Number:
		v, _ := strconv.Atoi(n.Text) // no key takes another number
		return v
	case document.List:
		all := make([]any, len(n.Items))
		for i, item := range n.Items {
			all[i] = plainValue(item)
		}
		return all
	case document.Mapping:
		all := make(map[string]any, len(n.Fields))
		for _, f := range n.Fields {
			all[f.Key.Text] = plainValue(f.Value)
		}
		return all
	case document.Null:
		return nil
	}
	return n.Text
}

// inlineRoutes puts the trees where routes and hosts take them inline, and returns
// the hosts.
func (b *builder) inlineRoutes(made map[string]any) (names []string) {
	hosts := map[string]any{}
	for i := range b.Trees {
		t := &b.Trees[i]
		all := make(map[string]any, len(t.Files))
		for _, f := range t.Files {
			all[f.Path] = plainValue(f.Node)
		}
		if t.Host != "" {
			names = append(names, t.Host)
		}
		switch {
		case t.Host == "":
			made["routes"] = all
		case len(t.Above) == 0: // its one file is the entry itself
			hosts[t.Host] = all[t.Files[0].Path]
		default:
			own := plainValue(t.Above[0].Node).(map[string]any)
			own["routes"] = all
			hosts[t.Host] = own
		}
	}
	if len(hosts) > 0 {
		made["hosts"] = hosts
	}
	return names
}
