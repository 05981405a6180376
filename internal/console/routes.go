package console

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/policy"
)

// maxRoutes bounds what one page shows.
const maxRoutes = 500

type routesData struct {
	Filter    string
	Routes    []*policy.Route
	More      int // routes that fit and are not shown
	Methods   []string
	Method    string
	URL       string
	Explained *explained
}

// explained is how a request would be decided, and which file says so.
type explained struct {
	policy.Explanation
	Unread   string // why a door would refuse it before any route is asked; "" else
	Decided  bool
	Decision edgeward.Decision
	Code     string
	Detail   string
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// showRoutes is GET /console/routes.
func showRoutes(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	d := routesData{Filter: f["filter"], Methods: methods, Method: f["method"], URL: f["url"]}
	for r := range x.Hosts.All() {
		switch {
		case !strings.Contains(r.Label(), d.Filter):
		case len(d.Routes) == maxRoutes:
			d.More++
		default:
			d.Routes = append(d.Routes, r)
		}
	}
	if d.URL != "" {
		d.Explained = x.explain(ctx, d.Method, d.URL)
	}
	return answer{name: "routes", title: "Routes", data: d}, nil
}

// decideTimeout bounds a decision that is only looked at.
const decideTimeout = 5 * time.Second

// explain reads a request as a door would, and decides about it as one from
// this machine without a credential.
func (x *exchange) explain(ctx context.Context, method, url string) *explained {
	r := &edgeward.Request{ID: x.visit.Request.ID, Scheme: "http", ClientIP: x.visit.Request.ClientIP, Header: edgeward.Header{}}
	target, err := canonical.RequestTarget(url)
	if err == nil {
		r.Path, r.RawQuery, r.Host = target.Path, target.RawQuery, target.Host // none: the tree of every other host
		r.Scheme = cmp.Or(target.Scheme, r.Scheme)
		r.Method, err = canonical.Method(method)
	}
	if err != nil {
		return &explained{Unread: problem.Detail(err), Code: edgeward.ReasonOf(err).Error()}
	}
	e := &explained{}
	e.Explanation, _ = x.Hosts.Explain(r.Method, r.Host, r.Path)
	if x.Decider != nil {
		ctx, cancel := context.WithTimeout(ctx, decideTimeout)
		defer cancel()
		e.Decided, e.Decision = true, x.Decider.Decide(ctx, r)
		e.Code = e.Decision.Reason.Error()
		if e.Decision.Err != nil {
			e.Detail = problem.Detail(e.Decision.Err)
		}
	}
	return e
}
