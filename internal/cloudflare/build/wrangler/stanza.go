package wrangler

import (
	"fmt"
	"strings"
)

// A Binding is one that Edgeward needs, or has use for.
type Binding struct {
	Objects string // the name of the binding of Durable Objects; "" for none
	Script  string // the Worker that defines their class; "" for this one
	Cache   string // the name of a namespace of Workers KV; "" for none
}

// class is that of the Durable Objects.
const class = "EdgewardStore"

// missing returns what of b the settings do not bind.
func (b Binding) missing(settings map[string]any) Binding {
	for _, o := range tables(table(settings["durable_objects"])["bindings"]) {
		if o["name"] == b.Objects && o["class_name"] == class {
			b.Objects = ""
			break
		}
	}
	for _, n := range tables(settings["kv_namespaces"]) {
		if n["binding"] == b.Cache {
			b.Cache = ""
			break
		}
	}
	return b
}

// Stanza returns what to paste into the file for the bindings to be there.
func (f *File) Stanza(b Binding) string {
	if f.TOML {
		return b.toml()
	}
	return b.json()
}

func (b Binding) toml() string {
	var s strings.Builder
	if b.Objects != "" {
		fmt.Fprintf(&s, "[[durable_objects.bindings]]\nname = %q\nclass_name = %q\n", b.Objects, class)
		if b.Script != "" {
			fmt.Fprintf(&s, "script_name = %q\n", b.Script)
		} else {
			fmt.Fprintf(&s, "\n[[migrations]]\ntag = \"edgeward-1\"\nnew_sqlite_classes = [%q]\n", class)
		}
	}
	if b.Cache != "" {
		if s.Len() > 0 {
			s.WriteByte('\n')
		}
		fmt.Fprintf(&s, "[[kv_namespaces]]\nbinding = %q\nid = \"…\"\n", b.Cache)
	}
	return s.String()
}

func (b Binding) json() string {
	var s strings.Builder
	if b.Objects != "" {
		script := ""
		if b.Script != "" {
			script = fmt.Sprintf(", \"script_name\": %q", b.Script)
		}
		fmt.Fprintf(&s, "\"durable_objects\": {\"bindings\": [{\"name\": %q, \"class_name\": %q%s}]},\n", b.Objects, class, script)
		if b.Script == "" {
			fmt.Fprintf(&s, "\"migrations\": [{\"tag\": \"edgeward-1\", \"new_sqlite_classes\": [%q]}],\n", class)
		}
	}
	if b.Cache != "" {
		fmt.Fprintf(&s, "\"kv_namespaces\": [{\"binding\": %q, \"id\": \"…\"}],\n", b.Cache)
	}
	return s.String()
}
