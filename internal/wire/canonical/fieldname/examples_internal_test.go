package fieldname

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Behind a web server, Edgeward cannot remove a field: the examples have to, each
// in its own words, and what a server removes by itself is listed here.
func TestTheExamplesRemoveWhatTheProxyRemoves(t *testing.T) {
	byAll := []string{"connection", "te", "transfer-encoding", "upgrade"}
	byGo := append([]string{"keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "trailer"}, byAll...)
	for file, e := range map[string]struct {
		removal *regexp.Regexp // a pattern of names, or a name
		itself  []string
	}{
		"nginx/edgeward.conf":  {regexp.MustCompile(`proxy_set_header (\S+) +(?:""|\$edgeward_request_id);`), append([]string{"keep-alive"}, byAll...)},
		"caddy/Caddyfile":      {regexp.MustCompile(`request_header -(\S+)`), byGo},
		"haproxy/haproxy.cfg":  {regexp.MustCompile(`http-request del-header (\S+) -m reg`), byAll},
		"traefik/dynamic.yaml": {regexp.MustCompile(`(?m)^ +(\S+): ""$`), append([]string{"x-real-ip"}, byGo...)},
	} {
		content, err := os.ReadFile("../../../../examples/" + file)
		if err != nil {
			t.Fatal(err)
		}
		removed := patterns(e.removal.FindAllStringSubmatch(string(content), -1), file == "haproxy/haproxy.cfg")
		for name, class := range classes {
			if class != Told && class != HopByHop || slices.Contains(e.itself, name) {
				continue
			}
			if !slices.ContainsFunc(removed, func(p *regexp.Regexp) bool { return p.MatchString(name) }) {
				t.Errorf("%s lets %s through", file, name)
			}
		}
	}
}

// patterns compiles names, in which only an asterisk has a meaning, or expressions.
func patterns(found [][]string, expressions bool) (all []*regexp.Regexp) {
	for _, f := range found {
		p := strings.ToLower(f[1])
		if !expressions {
			p = "^" + strings.ReplaceAll(regexp.QuoteMeta(p), `\*`, ".*") + "$"
		}
		all = append(all, regexp.MustCompile(p))
	}
	return all
}
