package account_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/page"
	"github.com/edgeward/edgeward/internal/wire/page/translation"
	"github.com/edgeward/edgeward/login"
)

// pseudo returns a language in which everything stands between ⟦ and ⟧: what does
// not is written out in a program.
func pseudo(t *testing.T) *page.Language {
	t.Helper()
	english, err := os.ReadFile("../../wire/page/en.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(english)) {
		name, text, found := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if found && line[0] != '#' && name != "months" {
			b.WriteString(name + ": ⟦" + text + "⟧\n")
		}
	}
	b.WriteString("months: M M M M M M M M M M M M\n")
	return page.NewLanguage("en-x-pseudo", b.String())
}

var (
	styles  = regexp.MustCompile(`(?s)<style>.*?</style>`)
	spoken  = regexp.MustCompile(`⟦[^⟦⟧]*⟧`)
	tags    = regexp.MustCompile(`<[^>]*>`)
	said    = regexp.MustCompile(`(?:aria-label|alt|title|placeholder)="([^"]*)"`)
	letters = regexp.MustCompile(`\pL+`)
)

// values are what stands on a page and is no message: names, hosts, codes.
var values = strings.NewReplacer(
	"edge.example", "", "accounts.google.test", "", "sso.example", "", "Google", "", "Company account", "", "Firefox", "", "Linux", "", "Ada Lovelace", "",
)

// unspoken returns what a page says that is in no catalogue.
func unspoken(body string) (all []string) {
	body = styles.ReplaceAllString(body, "")
	for _, m := range said.FindAllStringSubmatch(body, -1) {
		body += " " + m[1] + " "
	}
	body = regexp.MustCompile(`<dd>[^<]*</dd>|<b class="who">[^<]*</b>|<span class="initial"[^<]*</span>`).ReplaceAllString(body, "")
	body = tags.ReplaceAllString(body, "")
	for before := ""; before != body; {
		before, body = body, spoken.ReplaceAllString(body, "")
	}
	return letters.FindAllString(values.Replace(body), -1)
}

func TestEveryWordOfAPageIsInTheCatalogue(t *testing.T) {
	language := pseudo(t)
	s := start(t, issuance.GivesBoth, func(c *account.Config, _ *login.Config) {
		c.Pages = page.New(page.Config{Languages: []*page.Language{language}})
	})
	s.person().signIn(t)
	s.Clock.Forward(50 * time.Hour)
	for range 2 {
		s.person().signIn(t)
	}
	p := s.person().signIn(t)
	for target, who := range map[string]*person{
		loginPath: s.person(), logoutPath: p, sessionsPath: p, sessionsPath + "?ended=1": p, signedOutPath: s.person(),
		loginPath + "?provider=nobody": s.person(), loginPath + "?return_to=//evil.example": s.person(), "/auth/callback?state=x&code=y": s.person(),
	} {
		w := who.get(t, target)
		body := w.Body.String()
		if !strings.Contains(body, `<html lang="en-x-pseudo">`) || w.Header().Get("Content-Language") != "en-x-pseudo" || w.Header().Get("Vary") != "Accept-Language" {
			t.Errorf("%s: %d %v\n%s", target, w.Code, w.Header(), body)
		}
		if found := unspoken(body); len(found) > 0 {
			t.Errorf("%s says %q\n%s", target, found, body)
		}
	}
	if w := p.post(t, sessionsPath, "end="+url.QueryEscape("session/x")); len(unspoken(w.Body.String())) > 0 {
		t.Errorf("a form that is refused says %q", unspoken(w.Body.String()))
	}
}

// A page that no test shows is looked at, too: HTML that is written in the program has
// no word in it.
func TestNoWordIsWrittenOut(t *testing.T) {
	attribute := regexp.MustCompile(`[\w-]+="[^"]*"?`)
	for _, file := range []string{"page.go", "../../wire/problem/page.go", "../../wire/page/sheet.go", "../../wire/page/brand.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			text, is := n.(*ast.BasicLit)
			if !is || text.Kind != token.STRING {
				return true
			}
			html, err := strconv.Unquote(text.Value)
			if err != nil || !strings.ContainsAny(html, "<>") {
				return true // a message's name, an attribute, a field
			}
			html = attribute.ReplaceAllString(html, "")
			if i, j := strings.Index(html, ">"), strings.Index(html, "<"); i >= 0 && (j < 0 || i < j) {
				html = html[i+1:] // the end of a tag
			}
			html = regexp.MustCompile(`<[^>]*(>|$)`).ReplaceAllString(html, "")
			if letters.MatchString(html) {
				t.Errorf("%s: %s", file, text.Value)
			}
			return true
		})
	}
}

// Names that users and providers choose are text, in a place of a message, too.
func TestPlacesOfMessagesAreEscaped(t *testing.T) {
	for _, l := range translation.Languages(nil) {
		s := start(t, issuance.GivesSession, func(c *account.Config, of *login.Config) {
			c.Pages = page.New(page.Config{Name: "<i>&", Brand: page.Brand("<i>&", "", ""), Languages: []*page.Language{l}})
			of.Providers[0].Label, of.Providers[1].Label = "<script>", "{user}"
		})
		body := s.person().get(t, loginPath).Body.String()
		if strings.Contains(body, "<script") || strings.Contains(body, "<i>") || !strings.Contains(body, "&lt;script&gt;") || !strings.Contains(body, "{user}") || !strings.Contains(body, "&lt;i&gt;&amp;") {
			t.Errorf("%s: %s", l.Tag(), body)
		}
	}
}

// Providers would send browsers back to where nothing is.
func TestALoginThatLeadsElsewhereIsRefused(t *testing.T) {
	s := start(t, issuance.GivesSession)
	of := account.Config{Login: s.Login, Tickets: s.tickets, Authority: s.Authority, Outcome: issuance.GivesSession}
	if _, err := account.New(of); err != nil {
		t.Fatal(err)
	}
	of.Prefix = "/elsewhere"
	if _, err := account.New(of); err == nil {
		t.Error("the endpoints stand where the login does not lead")
	}
}
