package build

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/document"
)

// checkForwarding refuses what routes say of their upstreams and a Worker cannot do.
func (b *builder) checkForwarding(pages bool) {
	late := false
	if n := b.Root.Find("proxy.upstream"); n != nil {
		b.checkSocket(n)
	}
	for _, t := range b.Trees {
		for _, f := range slices.Concat(t.Above, t.Files) {
			eachStatement(f.Node, func(statement *document.Node) {
				b.checkStatement(statement, pages)
				late = late || statement.Index("timeout") >= 0
			})
		}
	}
	if late {
		b.warnings = append(b.warnings, "timeout of routes is left out: a Worker waits for an upstream as long as the platform does")
	}
}

func (b *builder) checkStatement(statement *document.Node, pages bool) {
	if n := statement.Field("upstream"); n != nil {
		b.checkSocket(n)
	}
	for _, key := range []string{"strip_prefix", "add_prefix"} {
		if n := statement.Field(key); n != nil && pages {
			b.Refuse(n.Place, "remove it: which function of the project serves a path was found by then, and sees the path as it came", "%s: Pages rewrites no path", key)
		}
	}
}

func (b *builder) checkSocket(n *document.Node) {
	if strings.HasPrefix(n.Text, "unix:") {
		b.Refuse(n.Place, "name a URL that Cloudflare reaches", "a Worker has no files, and so no sockets")
	}
}

// eachStatement calls with what a file of routes says, and with each of its overrides.
func eachStatement(n *document.Node, with func(*document.Node)) {
	if n == nil {
		return
	}
	with(n)
	if methods := n.Field("methods"); methods != nil {
		for _, f := range methods.Fields {
			with(f.Value)
		}
	}
}
