// Package summary shows what a configuration would run.
package summary

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cli/frontlines"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/policy"
)

// A Summary is what a configuration would run.
type Summary struct {
	File      string            `json:"file"`
	Listeners map[string]string `json:"listeners"` // by key: "proxy.listen"
	Secure    []secureRow       `json:"certificates,omitempty"`
	Issuers   []issuerRow       `json:"issuers"`
	SignIn    []signInRow       `json:"sign_in,omitempty"`
	Memory    *memoryRow        `json:"memory,omitempty"` // what is remembered
	Hosts     []string          `json:"hosts,omitempty"`  // those with routes of their own
	Fields    []string          `json:"fields,omitempty"` // that the web server before forward_auth has to copy, too
	Routes    []routeRow        `json:"routes"`
	Warnings  []string          `json:"warnings"`

	listeners []config.Listener
	others    bool // every other host has routes, too
}

// A secureRow is what a listener speaks TLS by.
type secureRow struct {
	Listener string     `json:"listener"`
	From     string     `json:"from"` // a file, or the directory where it is ordered
	Hosts    []string   `json:"hosts"`
	Expires  *time.Time `json:"expires,omitempty"`
}

type issuerRow struct {
	Issuer    string   `json:"issuer"`
	Audiences []string `json:"audiences"`
	Keys      string   `json:"keys"` // where they come from; never what they are
	Reads     []string `json:"reads,omitempty"`
}

// A signInRow is where users sign in, and what that provider has to know.
type signInRow struct {
	Provider    string `json:"provider"`
	Issuer      string `json:"issuer"`
	RedirectURI string `json:"redirect_uri"`
	// What a provider of OpenID Connect can be given besides.
	PostLogoutURI   string `json:"post_logout_redirect_uri,omitempty"`
	BackchannelURI  string `json:"backchannel_logout_uri,omitempty"`
	FrontchannelURI string `json:"frontchannel_logout_uri,omitempty"`

	Reads []string `json:"reads,omitempty"`
}

type memoryRow struct {
	Store    string `json:"store"`
	Sessions string `json:"sessions,omitempty"` // the cookie's name
	APIKeys  string `json:"api_keys,omitempty"` // how they begin
}

type routeRow struct {
	Host        string   `json:"host,omitempty"` // the entry of hosts; "" is every other host
	Pattern     string   `json:"pattern"`
	Method      string   `json:"method,omitempty"` // whose overrides are in it
	Access      string   `json:"access"`           // "public", "refused" or the strategies
	Permissions []string `json:"permissions,omitempty"`
	Upstream    string   `json:"upstream,omitempty"`
	Source      string   `json:"source"`
}

// Of returns the summary of a configuration that was loaded.
func Of(c *source.Loaded) *Summary {
	s := &Summary{File: c.Path, Listeners: map[string]string{}, listeners: c.Listeners(), Warnings: append([]string{}, c.Warnings...), Issuers: []issuerRow{}, Routes: []routeRow{}}
	for _, l := range s.listeners {
		s.Listeners[l.Key] = l.Address
		if l.Redirect != "" {
			s.Listeners[l.Section()+".redirect"] = l.Redirect
		}
		s.Secure = append(s.Secure, secured(&l)...)
	}
	for i := range c.Issuers {
		issuer := &c.Issuers[i]
		s.Issuers = append(s.Issuers, issuerRow{issuer.Rules.Issuer, issuer.Rules.Audiences, keysFrom(issuer), reads(&issuer.Claims, issuer.PermissionClaims)})
	}
	if t := &c.Tokens; t.Keys != "" {
		s.Issuers = append(s.Issuers, issuerRow{t.Issuer, []string{t.Audience}, "local key ring " + t.Keys, nil})
	}
	if l := c.Login; l != nil {
		for i := range l.Providers {
			row := signInRow{Provider: l.Providers[i].Name, Issuer: l.Providers[i].Issuer, RedirectURI: l.Origin + l.Prefix.Callback()}
			if l.Providers[i].Type == "" {
				row.PostLogoutURI, row.BackchannelURI, row.FrontchannelURI = l.Origin+l.Prefix.SignedOut(), l.Origin+l.Prefix.Backchannel(), l.Origin+l.Prefix.Frontchannel()
			}
			row.Reads = reads(&l.Providers[i].Claims, nil)
			s.SignIn = append(s.SignIn, row)
		}
	}
	s.Memory = remembered(c.Config)
	for name := range c.Hosts.Trees() {
		if name == "" {
			s.others = true
		} else {
			s.Hosts = append(s.Hosts, name)
		}
	}
	if c.ForwardAuth != nil {
		names, _ := c.Hosts.FieldNames() // a configuration that was loaded has not too many
		s.Fields = frontlines.Fields(names)
	}
	for r := range c.Hosts.All() {
		s.Routes = append(s.Routes, routeRow{r.Host, r.Pattern, r.Method, access(r), r.Permissions, r.Upstream, r.Source})
	}
	return s
}

func secured(l *config.Listener) (all []secureRow) {
	if l.TLS == nil {
		return nil
	}
	for _, c := range l.TLS.Certificates {
		all = append(all, secureRow{l.Key, c.Name, c.Hosts, &c.NotAfter})
	}
	if a := l.TLS.ACME; a != nil {
		all = append(all, secureRow{Listener: l.Key, From: a.Directory, Hosts: a.Hosts})
	}
	return all
}

// remembered says what is kept in the store, nil when there is none.
func remembered(c *config.Config) *memoryRow {
	if c.Store == nil {
		return nil
	}
	m := &memoryRow{Store: c.Store.String()}
	if c.Sessions != nil {
		m.Sessions = c.Sessions.Cookie
	}
	if c.APIKeys != nil {
		m.APIKeys = "ew_" + c.APIKeys.Environment + "_"
	}
	return m
}

func keysFrom(i *config.Issuer) string {
	switch {
	case i.JWKSURI != "":
		return i.JWKSURI
	case i.Keys != "":
		return "file " + i.Keys
	case !i.Secret.IsZero():
		return "a shared secret"
	default:
		return "discovery"
	}
}

// access says in few words who may come in.
func access(r *policy.Route) string {
	who := strings.Join(r.Authenticate, ", ")
	switch {
	case r.Unspecified():
		return "refused"
	case r.Public():
		who = "public"
	}
	if asks := r.Asks(); len(asks) > 0 {
		who += " (" + strings.Join(asks, ", ") + ")"
	}
	return who
}

// Print writes it for a person.
func (s *Summary) Print(w io.Writer, p ui.Paint) {
	fmt.Fprintf(w, "%s %s: OK\n", p.Green("✓"), p.Bold(s.File))
	ui.Section(w, p, "listens", func(t io.Writer) {
		for _, l := range s.listeners {
			fmt.Fprintf(t, "  %s\t%s\n", l.Key, l.Address)
			if l.Redirect != "" {
				fmt.Fprintf(t, "  %s.redirect\t%s\n", l.Section(), l.Redirect)
			}
		}
	})
	ui.Section(w, p, "speaks TLS by", func(t io.Writer) {
		for _, c := range s.Secure {
			until := "ordered by ACME"
			if c.Expires != nil {
				until = "until " + c.Expires.UTC().Format(time.DateOnly)
			}
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", c.Listener, c.From, strings.Join(c.Hosts, ", "), until)
		}
	})
	ui.Section(w, p, "accepts tokens of", func(t io.Writer) {
		for _, i := range s.Issuers {
			fmt.Fprintf(t, "  %s\tfor %s\tkeys: %s\n", i.Issuer, strings.Join(i.Audiences, ", "), i.Keys)
		}
	})
	ui.Section(w, p, "users sign in at", func(t io.Writer) {
		for _, i := range s.SignIn {
			fmt.Fprintf(t, "  %s\t%s\tredirect URI: %s\n", i.Provider, i.Issuer, i.RedirectURI)
			for _, row := range [...][2]string{{"after a logout: ", i.PostLogoutURI}, {"back-channel logout: ", i.BackchannelURI}, {"front-channel logout: ", i.FrontchannelURI}} {
				if row[1] != "" {
					fmt.Fprintf(t, "  \t\t%s%s\n", row[0], row[1])
				}
			}
		}
	})
	ui.Section(w, p, "reads of users", func(t io.Writer) {
		for _, i := range s.Issuers {
			printReads(t, i.Issuer, i.Reads)
		}
		for _, i := range s.SignIn {
			printReads(t, i.Provider, i.Reads)
		}
	})
	ui.Section(w, p, "state", func(t io.Writer) {
		if s.Memory == nil {
			return
		}
		for _, row := range [][2]string{{"store", s.Memory.Store}, {"sessions", s.Memory.Sessions}, {"API keys", s.Memory.APIKeys}} {
			if row[1] != "" {
				fmt.Fprintf(t, "  %s\t%s\n", row[0], row[1])
			}
		}
	})
	ui.Section(w, p, "the web server before forward_auth copies, too", func(t io.Writer) {
		if len(s.Fields) > 0 {
			fmt.Fprintf(t, "  %s\n  as edgeward check --front %s writes it\n", strings.Join(s.Fields, ", "), strings.Join(frontlines.Names(), "|"))
		}
	})
	for _, host := range s.Hosts {
		s.printRoutes(w, p, "routes of "+host, host)
	}
	switch {
	case len(s.Hosts) == 0:
		s.printRoutes(w, p, "routes", "")
	case s.others:
		s.printRoutes(w, p, "routes of every other host", "")
	default:
		fmt.Fprintf(w, "\n%s\n  refused: 421 %s\n", p.Bold("every other host"), edgeward.UnknownHost)
	}
	ui.Warnings(w, p, s.Warnings)
}

// printRoutes lists those of one host.
func (s *Summary) printRoutes(w io.Writer, p ui.Paint, title, host string) {
	ui.Section(w, p, title, func(t io.Writer) {
		for _, r := range s.Routes {
			if r.Host == host {
				fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", strings.TrimSpace(r.Method+" "+r.Pattern), r.Access, strings.Join(r.Permissions, " "), r.Source)
			}
		}
	})
}
