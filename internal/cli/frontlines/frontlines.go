// Package frontlines writes what a web server in front has to be told of the header
// fields that a configuration names users by: it copies them from the answer of
// forward-auth, over what the client sent.
package frontlines

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
)

// A Front is a web server, as its example in examples/ is written.
type Front struct {
	Name  string
	parts []part
}

// A part is lines that stand behind one line of the example.
type part struct {
	behind string
	line   string // of one name: {Name}, {name} and {_name} are its spellings
}

// fronts are those that have an example.
var fronts = [...]Front{
	{"nginx", []part{{"        auth_request_set $edgeward_request_id $upstream_http_x_request_id;",
		"        auth_request_set $edgeward_{_name} $upstream_http_{_name};\n        proxy_set_header {Name} $edgeward_{_name};"}}},
	{"ingress-nginx", []part{{"nginx.ingress.kubernetes.io/auth-response-headers:", ",{Name}"}}},
	{"caddy", []part{
		{"\t\t\t\tX-Auth-Assertion", "\t\t\t\t{Name}"},
		{"\t\trequest_header @no_api_key -X-Api-Key", "\t\t@no_{_name} header_regexp {Name} ^(\\{http\\.reverse_proxy\\..*)?$\n\t\trequest_header @no_{_name} -{Name}"},
	}},
	{"haproxy", []part{{`local fields = { "x-auth-subject", "x-auth-issuer", "x-auth-method", "x-auth-permissions", "x-auth-session", "x-auth-assertion",`, "\t\"{name}\","}}},
	{"traefik", []part{{"          - X-Auth-Assertion", "          - {Name}"}}},
}

// Names returns those of the fronts.
func Names() (all []string) {
	for i := range fronts {
		all = append(all, fronts[i].Name)
	}
	return all
}

// Of returns the front of a name, nil for none.
func Of(name string) *Front {
	for i := range fronts {
		if fronts[i].Name == name {
			return &fronts[i]
		}
	}
	return nil
}

// Fields returns the fields that a front copies beside those of the examples, sorted.
// names may be nil.
func Fields(names edgeward.FieldNames) []string {
	if names == nil {
		return nil
	}
	return slices.Sorted(slices.Values(slices.Concat(names.Own(), names.Touched())))
}

// Lines returns what is put behind which lines of the front's example, for fields.
func (f *Front) Lines(fields []string) string {
	var b strings.Builder
	for _, p := range f.parts {
		b.WriteString("# behind: " + strings.TrimSpace(p.behind) + "\n" + p.lines(fields))
	}
	return b.String()
}

// Replacer returns what puts the lines into the front's example.
func (f *Front) Replacer(fields []string) *strings.Replacer {
	var edits []string
	for _, p := range f.parts {
		edits = append(edits, p.behind+"\n", p.behind+"\n"+p.lines(fields))
	}
	return strings.NewReplacer(edits...)
}

func (p *part) lines(fields []string) string {
	var b strings.Builder
	if p.line[0] == ',' && len(fields) > 0 { // the line goes on
		return "," + strings.Join(fields, ",") + "\n"
	}
	for _, name := range fields {
		lower := strings.ToLower(name)
		b.WriteString(strings.NewReplacer("{Name}", name, "{name}", lower, "{_name}", strings.ReplaceAll(lower, "-", "_")).Replace(p.line) + "\n")
	}
	return b.String()
}
