package account

import (
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/wire/page"
)

// tokens adds the section of personal tokens.
func (p *sheet) tokens(x *exchange, t *tokens) {
	now := x.handler.Now()
	p.Add("<section aria-labelledby=\"tokens\">\n")
	p.element("h2", ` id="tokens" class="part"`, "tokens")
	p.element("p", ` class="soft"`, "tokens.what")
	if t.mistaken != "" {
		p.element("p", ` class="note danger" role="alert"`, t.mistaken)
	}
	if len(t.all) > 0 {
		p.Add("<ul class=\"devices\">\n")
		for i := range t.all {
			p.token(&t.all[i], now)
		}
		p.Add("</ul>\n")
	}
	switch {
	case t.full:
		p.element("p", ` class="note"`, "tokens.full")
	case !t.fresh:
		p.element("p", "", "tokens.stale")
		p.Add("<p class=\"actions\">")
		p.link("tokens.sign-in", page.Escape(t.signIn), ` class="button quiet"`)
		p.Add("</p>\n")
	default:
		p.tokenForm(x, t, now)
	}
	if len(t.all) > 0 {
		p.Add("<form class=\"actions\" method=\"post\" action=\"", p.at.Sessions(), "\">")
		p.element("button", ` class="button danger" name="tokens" value="end"`, "tokens.end-all")
		p.Add("</form>\n")
	}
	p.Add("</section>\n")
}

// token adds one of them.
func (p *sheet) token(k *apikey.Key, now time.Time) {
	name := page.Escape(k.Name)
	p.Add("<li>\n<div>\n<h3>", name, "</h3>\n<p class=\"facts\"><span>")
	p.Say("tokens.made", "time", p.time(k.Created, p.Moment(k.Created)))
	p.Add("</span><span>")
	if k.Used.IsZero() {
		p.Say("tokens.unused")
	} else {
		p.Say("tokens.used", "ago", p.time(k.Used, p.Ago(now.Sub(k.Used))))
	}
	p.Add("</span><span>")
	p.Say("tokens.expires", "time", p.time(k.Expires, p.Moment(k.Expires)))
	p.Add("</span><span>")
	p.limits(k)
	p.Add("</span></p>\n</div>\n")
	p.Add(`<form method="post" action="`, p.at.Sessions(), `"><button class="button quiet" name="token" value="`, page.Escape(k.ID), `">`)
	p.Say("sessions.end")
	p.Add(`<span class="unseen"> `, name, "</span></button></form>\n</li>\n")
}

// limits says what a token may do, and where.
func (p *sheet) limits(k *apikey.Key) {
	if len(k.Permissions) == 0 {
		p.Say("tokens.no-permissions")
	} else {
		p.Say("tokens.limited", "permissions", page.Escape(strings.Join(k.Permissions, ", ")))
	}
	if len(k.Networks) == 0 {
		return
	}
	all := make([]string, len(k.Networks))
	for i, n := range k.Networks {
		all[i] = n.String()
	}
	p.Add("</span><span>")
	p.Say("tokens.from", "networks", strings.Join(all, ", "))
}

// tokenForm adds the form that makes one.
func (p *sheet) tokenForm(x *exchange, t *tokens, now time.Time) {
	attributes := ""
	if t.mistaken != "" {
		attributes = " open"
	}
	p.Add("<details", attributes, "><summary>")
	p.Say("tokens.make")
	p.Add("</summary>\n<form class=\"fields\" method=\"post\" action=\"", p.at.Sessions(), "\">\n<p>")
	p.element("label", ` for="token-name"`, "tokens.name")
	p.Add(`<input id="token-name" name="name" required maxlength="64" autocomplete="off" aria-describedby="token-name-hint">`)
	p.element("small", ` id="token-name-hint"`, "tokens.name-hint")
	p.Add("</p>\n<p>")
	p.element("label", ` for="token-days"`, "tokens.days")
	p.Add("<select id=\"token-days\" name=\"days\">\n")
	most := x.handler.Personal.MaxLifetime
	for _, n := range lifetimes {
		if life := time.Duration(n) * day; life < most {
			p.Add(`<option value="`, strconv.Itoa(n), `">`)
			p.Say("tokens.in-days", "n", strconv.Itoa(n), "time", p.Moment(now.Add(life)))
			p.Add("</option>\n")
		}
	}
	p.Add(`<option value="longest">`)
	p.Say("tokens.longest", "time", p.Moment(now.Add(most)))
	p.Add("</option>\n</select></p>\n")
	if len(t.mayMake) > 0 {
		p.Add("<fieldset>\n")
		p.element("legend", "", "tokens.permissions")
		p.element("p", ` class="soft"`, "tokens.permissions-hint")
		for _, permission := range t.mayMake {
			name := page.Escape(permission)
			p.Add(`<label class="check"><input type="checkbox" name="p.`, name, `" value="1"><span>`, name, "</span></label>\n")
		}
		p.Add("</fieldset>\n")
	}
	p.Add("<p>")
	p.element("label", ` for="token-networks"`, "tokens.networks")
	p.Add(`<input id="token-networks" name="networks" autocomplete="off" aria-describedby="token-networks-hint">`)
	p.element("small", ` id="token-networks-hint"`, "tokens.networks-hint")
	p.Add("</p>\n<p class=\"actions\">")
	p.element("button", ` class="button" name="make" value="1"`, "tokens.make-it")
	p.Add("</p>\n</form>\n</details>\n")
}

// tokenPage shows a token that was made: here alone it can be read.
func (x *exchange) tokenPage(who *person, secret edgeward.Secret, k *apikey.Key) *sheet {
	p := x.page("tokens.made-head", "tokens.made-head", ` class="wide"`)
	p.element("p", ` class="note" role="status"`, "tokens.once")
	p.Add("<p class=\"secret\"><code>", page.Escape(secret.Reveal()), "</code></p>\n<p class=\"facts soft\"><span>", page.Escape(k.Name), "</span><span>")
	p.Say("tokens.expires", "time", p.time(k.Expires, p.Moment(k.Expires)))
	p.Add("</span><span>")
	p.limits(k)
	p.Add("</span></p>\n")
	p.element("p", "", "tokens.use")
	username := who.Subject
	if u := x.Identity.Profile.Username; u != "" {
		username = u
	}
	p.element("p", "", "tokens.use-basic", "user", "<code>"+page.Escape(username)+"</code>")
	p.Add("<p class=\"actions\">")
	p.link("tokens.back", p.at.Sessions(), ` class="button"`)
	p.Add("</p>\n")
	return p
}
