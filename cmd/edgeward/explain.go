package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/policy"
)

func newExplain() *cobra.Command {
	cmd := &cobra.Command{
		Use: "explain METHOD URL", GroupID: "look", Args: exactly("METHOD", "URL"),
		Short: "Say how a request would be decided, and which file says so",
		Long: `Show the chain of files that hold for a request, what each of them states, what
results, and how the request would be decided. The URL is a path, or a whole URL,
whose host chooses no route: they hold for every host.

Without --header the request carries no credential. With a bearer token in --header
the token is verified: keys are fetched from the issuer if need be, and the exit
status is 1 when the request would be refused. API keys, sessions and revocations are
in the store, which only the running server reads: about those its log has the answer.`,
		Example: `  edgeward explain GET /api/orders/7
  edgeward explain --json DELETE https://shop.example/api/orders/7 | jq .effective
  edgeward explain GET /api/orders/7 -H "Authorization: Bearer $TOKEN"`,
	}
	path, asJSON := withConfig(cmd), withJSON(cmd)
	header := cmd.Flags().StringArrayP("header", "H", nil, "header field of the request, as `'Name: value'`; repeat for several")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		fields, err := parseFields(*header)
		if err != nil {
			return err
		}
		c, err := load(*path)
		if err != nil {
			return err
		}
		e, err := explain(cmd.Context(), c, args[0], args[1], fields)
		if err != nil {
			return err
		}
		if *asJSON {
			err = ui.JSON(cmd.OutOrStdout(), e)
		} else {
			e.print(cmd.OutOrStdout(), ui.Painter(cmd.OutOrStdout()))
		}
		if err == nil && len(fields) > 0 && !e.Decision.Allow {
			err = ui.ErrRefused
		}
		return err
	}
	return cmd
}

// An explained request is the policy's account of it and the decision.
type explained struct {
	policy.Explanation
	Decision decided `json:"decision"`
	Note     string  `json:"note,omitempty"` // what of the URL decides nothing

	anonymous bool // no header fields were given
	unread    bool // refused before any route was asked
}

// decided is a decision as a person or a script reads it.
type decided struct {
	Allow       bool   `json:"allow"`
	Status      int    `json:"status"`
	Reason      string `json:"reason"`
	Explanation string `json:"explanation"`
	Subject     string `json:"subject,omitempty"`
	Detail      string `json:"detail,omitempty"`
}

// explain reads the request as a door would, and decides.
func explain(ctx context.Context, c *source.Loaded, method, url string, fields edgeward.Header) (*explained, error) {
	system, err := gateway.Build(c.Config, gateway.Environment{}, nil)
	if err != nil {
		return nil, err
	}
	r := &edgeward.Request{ID: "explain", Scheme: "http", Host: "localhost", ClientIP: netip.IPv6Loopback(), Header: fields}
	e := &explained{anonymous: len(fields) == 0}
	target, err := canonical.RequestTarget(url)
	if err == nil {
		r.Path, r.RawQuery = target.Path, target.RawQuery
		if target.Host != "" {
			r.Scheme, r.Host = target.Scheme, target.Host
			e.Note = "routes hold for every host: " + target.Host + " chooses none"
		}
		r.Method, err = canonical.Method(method)
	}
	if err != nil { // a door refuses it before any route is asked
		e.Method, e.Path, e.unread = method, url, true
		e.Decision = describe(edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err})
		return e, nil
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	e.Explanation = system.Config.Routes.Explain(r.Method, r.Path)
	if err := answersFor(c.Config, target.Host); err != nil {
		e.Decision = describe(edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err})
		return e, nil
	}
	e.Decision = describe(system.Decider.Decide(ctx, r))
	return e, nil
}

// answersFor returns the refusal of a host that no listener answers for.
func answersFor(c *config.Config, host string) error {
	var lists [][]string
	if c.Proxy != nil {
		lists = append(lists, c.Proxy.Hosts)
	}
	if c.ForwardAuth != nil {
		lists = append(lists, c.ForwardAuth.Hosts)
	}
	if host == "" || len(lists) == 0 {
		return nil
	}
	var refusal error
	for _, names := range lists {
		hosts, err := canonical.NewHosts(names)
		if err != nil {
			return err
		}
		if refusal = hosts.Check(host); refusal == nil {
			return nil
		}
	}
	return refusal
}

func describe(d edgeward.Decision) decided {
	out := decided{Allow: d.Allow, Status: d.Reason.Status(), Reason: d.Reason.Error(), Explanation: d.Reason.Explanation(), Detail: problem.Detail(d.Err)}
	if d.Identity != nil {
		out.Subject = d.Identity.Subject
	}
	return out
}

// parseFields reads header fields as curl's -H writes them.
func parseFields(lines []string) (edgeward.Header, error) {
	h := edgeward.Header{}
	for _, line := range lines {
		name, value, found := strings.Cut(line, ":")
		if !found || strings.TrimSpace(name) == "" {
			return nil, ui.Advise(`like this: -H 'Authorization: Bearer …'`, "a header field needs a name and a colon")
		}
		h.Add(http.CanonicalHeaderKey(strings.TrimSpace(name)), strings.TrimSpace(value))
	}
	return h, nil
}

func (e *explained) print(w io.Writer, p ui.Paint) {
	what := "→ " + e.Pattern
	switch {
	case e.unread:
		what = ""
	case !e.Covered:
		what = "→ no route"
	}
	fmt.Fprintf(w, "%s  %s\n", p.Bold(ui.Harmless(e.Method+" "+e.Path)), p.Dim(what))
	if e.Note != "" {
		fmt.Fprintf(w, "%s\n", p.Dim(ui.Harmless(e.Note)))
	}
	e.printChain(w, p)
	ui.Section(w, p, "in effect", func(t io.Writer) {
		for _, s := range e.Effective {
			fmt.Fprintf(t, "  %s\t%s\t%s\n", s.Key, s.Text(), origin(s))
		}
	})
	d := e.Decision
	who := "with these headers"
	if e.anonymous {
		who = "without a credential"
	}
	fmt.Fprintf(w, "\n%s\n  %s %s: %s\n", p.Bold(who), p.Status(d.Status, fmt.Sprint(d.Status)), d.Reason, d.Explanation)
	if d.Subject != "" {
		fmt.Fprintf(w, "  subject %s\n", ui.Harmless(d.Subject))
	}
	if d.Detail != "" {
		fmt.Fprintf(w, "  %s\n", p.Dim(ui.Harmless(d.Detail)))
	}
}

func (e *explained) printChain(w io.Writer, p ui.Paint) {
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

// origin names who set an effective value; defaults have nobody.
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
