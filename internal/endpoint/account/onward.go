package account

import (
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/wire/page"
)

// onward sends a browser that comes from a provider to where it wanted to go. Chromium
// holds the policy of the provider's sign-in form (form-action) against each redirect
// that follows the form, and a provider knows this origin alone: so the way to another
// one begins with a page, which opens it by itself. The page has no ticket in it.
func (x *exchange) onward(to string) error {
	if strings.HasPrefix(to, "/") && !strings.HasPrefix(to, x.handler.Prefix.Login()+"?") {
		return x.seeOther(to)
	}
	p := x.page("onward", "onward", "")
	p.Add("<p class=\"actions\">")
	p.link("onward.go", page.Escape(to), ` class="button"`)
	p.Add("</p>\n")
	h := edgeward.Header{"Referrer-Policy": {"no-referrer"}, "Refresh": {"0; url=" + to}} // the address has the code in it
	x.reply = endpoint.Reply{Body: p.Close(h, "'none'"), Header: h}
	return nil
}
