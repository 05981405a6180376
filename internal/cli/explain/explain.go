// Package explain decides about one request without serving it, and shows why.
package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/policy/allow"
)

// A Request is the policy's account of a request, and the decision.
type Request struct {
	policy.Explanation
	Decision *decided `json:"decision,omitempty"` // nil where an endpoint of Edgeward's own answers
	Note     string   `json:"note,omitempty"`     // what of the URL decides nothing, and what is asked before the routes

	who    string // is asking, as it was given
	unread bool   // refused before any route was asked
}

// Asked is who asks, and from where.
type Asked struct {
	Fields edgeward.Header // that the request has
	From   netip.Addr      // where it comes from; the loopback address where that is not said
	User   *User           // nil: whom the fields prove
}

// decided is a decision as a person or a script reads it.
type decided struct {
	Allow       bool   `json:"allow"`
	Status      int    `json:"status"`
	Reason      string `json:"reason"`
	Explanation string `json:"explanation"`
	Subject     string `json:"subject,omitempty"`
	Rule        string `json:"rule,omitempty"`      // which alternative of allow holds, or came nearest
	Login       string `json:"login_url,omitempty"` // where a user is led who opens it as a page
	Detail      string `json:"detail,omitempty"`
}

// Decide reads a request as a door would, and decides. Key sets are fetched; with a
// store in the configuration, what needs it is unavailable.
func Decide(ctx context.Context, c *source.Loaded, method, url string, asked Asked) (*Request, error) {
	system, err := gateway.Build(c.Config, gateway.Environment{}, nil)
	if err != nil {
		return nil, err
	}
	r := &edgeward.Request{ID: "explain", Scheme: "http", ClientIP: netip.IPv6Loopback(), Header: asked.Fields}
	if asked.From.IsValid() {
		r.ClientIP = asked.From
	}
	e := &Request{who: asked.who()}
	target, err := canonical.RequestTarget(url)
	if err == nil {
		r.Path, r.RawQuery = target.Path, target.RawQuery
		if target.Host != "" {
			r.Scheme, r.Host = target.Scheme, target.Host
		}
		r.Method, err = canonical.Method(method)
	}
	if err != nil { // a door refuses it before any route is asked
		e.Method, e.Path, e.unread = method, url, true
		e.Decision = describe(edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err})
		return e, nil
	}
	if err := e.at(c.Hosts, r); err != nil {
		return nil, err
	}
	e.note(e.OfCase())
	if err := answersFor(c.Config, target.Host); err != nil {
		e.Decision = describe(edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err})
		return e, nil
	}
	for _, set := range system.Endpoints {
		if set.Serves(r.Path) && system.Answers(r.Host) {
			e.note("an endpoint of Edgeward's own answers here, before the routes are asked")
			return e, nil
		}
	}
	decider := system.Decider
	if asked.User != nil {
		if decider, err = asked.User.decider(c.Config, e.Route); err != nil {
			return nil, err
		}
	}
	d := decider.Decide(ctx, r)
	e.Decision = describe(d)
	e.ofNetworks(r, &d, asked.From.IsValid())
	e.ofRule(r, &d)
	return e, nil
}

// ofNetworks notes what the client's address has to do with the decision.
func (e *Request) ofNetworks(r *edgeward.Request, d *edgeward.Decision, said bool) {
	switch route := e.Route; {
	case route == nil:
	case d.Reason == edgeward.Public && !route.Public():
		e.note("public_networks let the client in without an identity")
	case !said && (!route.Networks.Empty() || !route.PublicNetworks.Empty()):
		e.note("the client is taken to be " + r.ClientIP.String() + ": --from says another address")
	}
}

// ofRule says which alternative of the route holds for the identity that was proven, or
// which came nearest.
func (e *Request) ofRule(r *edgeward.Request, d *edgeward.Decision) {
	refused, ok := errors.AsType[*allow.Refusal](d.Err)
	switch {
	case ok:
		e.Decision.Rule, e.Decision.Detail = refused.Verdict.String(), ""
	case d.Identity != nil && !e.Route.Allow.Empty():
		v := e.Route.Allow.Judge(d.Identity, r.ClientIP, time.Now())
		e.Decision.Rule = v.String() + ": " + e.Route.Allow.Texts()[v.Alternative]
	}
}

// at explains the tree for the request's host, or without one that of every other
// host.
func (e *Request) at(hosts *policy.Hosts, r *edgeward.Request) error {
	var known bool
	e.Explanation, known = hosts.Explain(r.Method, r.Host, r.Path)
	named := "" // a host that has a tree of its own
	for name := range hosts.Trees() {
		named = cmp.Or(named, strings.Replace(name, "*", "any", 1))
	}
	switch {
	case !known && r.Host == "":
		return ui.Advise("for example: edgeward explain "+ui.Harmless(r.Method+" https://"+named+r.Path), "each host has routes of its own here, and the URL names none")
	case known && r.Host != "" && named == "":
		e.note("routes hold for every host: " + r.Host + " chooses none")
	case known && r.Host != "" && e.Host == "":
		e.note(r.Host + " is none of hosts: the routes of every other host decide")
	}
	return nil
}

// note adds what is not to be seen from the routes, unless it is "".
func (e *Request) note(text string) {
	if e.Note != "" && text != "" {
		e.Note += "; "
	}
	e.Note += text
}

// answersFor returns the refusal of a host that no listener answers for.
func answersFor(c *config.Config, host string) error {
	if host == "" {
		return nil
	}
	var refusal error
	for _, l := range c.Doors() {
		hosts, err := canonical.NewHosts(l.Hosts)
		if err != nil {
			return err
		}
		if refusal = hosts.Check(host); refusal == nil {
			return nil
		}
	}
	return refusal
}

func describe(d edgeward.Decision) *decided {
	out := &decided{Allow: d.Allow, Status: d.Reason.Status(), Reason: d.Reason.Error(), Explanation: d.Reason.Explanation(), Login: d.Login, Detail: problem.Detail(d.Err)}
	if d.Identity != nil {
		out.Subject = d.Identity.Subject
	}
	return out
}

// Print shows it to a person.
func (e *Request) Print(w io.Writer, p ui.Paint) {
	what := "→ " + e.Host + e.Pattern
	switch {
	case e.unread:
		what = ""
	case e.Decision == nil:
		what = "→ no route is asked"
	case !e.Covered && e.Decision.Reason == edgeward.UnknownHost.Error():
		what = "→ no host"
	case !e.Covered:
		what = strings.TrimSpace("→ no route " + e.Host)
	}
	fmt.Fprintf(w, "%s  %s\n", p.Bold(ui.Harmless(e.Method+" "+e.Path)), p.Dim(what))
	if e.Note != "" {
		fmt.Fprintf(w, "%s\n", p.Dim(ui.Harmless(e.Note)))
	}
	if e.Decision == nil {
		return
	}
	e.printChain(w, p)
	ui.Section(w, p, "in effect", func(t io.Writer) {
		for _, s := range e.Effective {
			fmt.Fprintf(t, "  %s\t%s\t%s\n", s.Key, s.Text(), origin(s))
		}
	})
	d := e.Decision
	fmt.Fprintf(w, "\n%s\n  %s %s: %s\n", p.Bold(ui.Harmless(e.who)), p.Status(d.Status, fmt.Sprint(d.Status)), d.Reason, d.Explanation)
	if d.Subject != "" {
		fmt.Fprintf(w, "  subject %s\n", ui.Harmless(d.Subject))
	}
	if d.Rule != "" {
		fmt.Fprintf(w, "  allow: %s\n", ui.Harmless(d.Rule))
	}
	if d.Login != "" {
		fmt.Fprintf(w, "  who opens it as a page is led to %s\n", ui.Harmless(d.Login))
	}
	if d.Detail != "" {
		fmt.Fprintf(w, "  %s\n", p.Dim(ui.Harmless(d.Detail)))
	}
}

func (e *Request) printChain(w io.Writer, p ui.Paint) {
	if len(e.Chain) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", p.Bold("chain"))
	for _, link := range e.Chain {
		fmt.Fprintf(w, "  %s\n", p.Cyan(link.Source))
		for _, s := range link.States {
			key := s.Key
			if s.Method != "" {
				key = "methods." + s.Method + "." + key
			}
			fmt.Fprintf(w, "    %s: %s\n", key, s.Text())
		}
		if len(link.States) == 0 {
			fmt.Fprintf(w, "    %s\n", p.Dim("says nothing"))
		}
	}
}

// origin names what set an effective value; defaults have no file.
func origin(s policy.Setting) string {
	switch {
	case s.Source == "":
		return "default"
	case s.Method != "":
		return s.Source + " (methods." + s.Method + ")"
	default:
		return s.Source
	}
}
