package warn_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/source"
)

// Row 37: a client that names another host gets to the same application by other
// rules, where the application cannot tell the hosts apart.
func TestAnotherHostLeadsToWhatIsGuarded(t *testing.T) {
	const head = "issuers: [{issuer: https://id.example.com, audiences: [api]}]\n" +
		"upstreams: {kept: {urls: [http://127.0.0.1:1]}, hidden: {urls: [http://127.0.0.1:1], host: upstream}}\n"
	const proxy = "proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:3000}\n"
	const bearer, public = "authenticate: [bearer]", "authenticate: []"
	for rule, row := range map[string]struct {
		rest string
		says string // "" for no warning
	}{
		"a host that nobody lists":           {proxy + "hosts: {a.example: {" + bearer + "}}\nroutes: {_middleware: {" + public + "}}\n", "/ at any host that is not listed leads to what a.example/* guards"},
		"of which some paths are guarded":    {proxy + "hosts: {a.example: {" + public + ", routes: {admin/_middleware: {" + bearer + "}}}}\nroutes: {_middleware: {" + public + "}}\n", "/admin at any host that is not listed leads to what a.example/admin/*"},
		"by another path":                    {proxy + "hosts: {a.example: {" + public + ", routes: {admin/_middleware: {" + bearer + "}}}}\nroutes: {x/_middleware: {" + public + ", strip_prefix: /x}}\n", "/x/admin at any host"},
		"a name that fits a wildcard":        {proxy + "hosts: {a.example: {" + bearer + "}, '*.example': {" + public + "}}\n", "*.example/ leads to what a.example/* guards"},
		"one that the upstream does not see": {proxy + "hosts: {a.example: {" + bearer + ", upstream: hidden}, b.example: {" + public + ", upstream: hidden}}\n", "b.example/ leads to what a.example/* guards"},
		"one that it sees":                   {proxy + "hosts: {a.example: {" + bearer + ", upstream: kept}, b.example: {" + public + ", upstream: kept}}\n", ""},
		"hosts that the proxy lists":         {"proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:3000, hosts: [a.example, b.example]}\nhosts: {a.example: {" + bearer + "}}\nroutes: {_middleware: {" + public + "}}\n", ""},
		"it lists a wildcard":                {"proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:3000, hosts: [a.example, '*.example']}\nhosts: {a.example: {" + bearer + "}}\nroutes: {_middleware: {" + public + "}}\n", "/ at any host that is not listed"},
		"as much is asked for":               {proxy + "hosts: {a.example: {" + bearer + "}}\nroutes: {_middleware: {" + bearer + "}}\n", ""},
		"the other way round":                {proxy + "hosts: {a.example: {" + public + "}}\nroutes: {_middleware: {" + bearer + "}}\n", ""},
		"another upstream":                   {proxy + "hosts: {a.example: {" + bearer + ", upstream: kept}}\nroutes: {_middleware: {" + public + "}}\n", ""},
		"no proxy forwards":                  {"forward_auth: {listen: 127.0.0.1:8080}\ntrusted_proxies: [127.0.0.1/32]\nhosts: {a.example: {" + bearer + "}}\nroutes: {_middleware: {" + public + "}}\n", ""},
	} {
		c, err := source.Parse("edgeward.yaml", []byte(head+row.rest))
		if err != nil {
			t.Errorf("%s: %v", rule, err)
			continue
		}
		found := ""
		for _, w := range c.Warnings {
			if strings.Contains(w, "leads to what") {
				found += w
			}
		}
		if (found != "") != (row.says != "") || !strings.Contains(found, row.says) {
			t.Errorf("%s: %q", rule, found)
		}
	}
}
