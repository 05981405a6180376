package e2e

import (
	"encoding/json"
	"strings"

	"github.com/chromedp/chromedp"
)

// open goes to url and waits until the page is there, wherever redirects lead.
func (b *tab) open(url string) {
	b.t.Helper()
	run(b, "open "+url, chromedp.Navigate(url))
}

// where is the tab's address, "" while it has none.
func (b *tab) where() string {
	where, _ := try(b, chromedp.Location())
	return where
}

// lands waits until the tab shows a whole page whose address begins with prefix.
func (b *tab) lands(prefix string) {
	b.t.Helper()
	b.settles("it lands on "+prefix, func() bool {
		state, err := try(b, chromedp.Evaluate[string]("document.readyState"))
		return err == nil && state == "complete" && strings.HasPrefix(b.where(), prefix)
	})
}

// shows waits until the page's text holds part.
func (b *tab) shows(part string) {
	b.t.Helper()
	b.settles("it shows "+part, func() bool {
		text, err := try(b, chromedp.Evaluate[string]("document.body?.innerText ?? ''"))
		return err == nil && strings.Contains(text, part)
	})
}

// wantStatus checks the status of the document that the tab shows.
func (b *tab) wantStatus(want ...int64) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range want {
		if b.status == w {
			return
		}
	}
	b.t.Errorf("the page came with %d, want %v", b.status, want)
}

// script runs JavaScript in the page and waits for its promise.
func script[T any](b *tab, source string) T {
	b.t.Helper()
	return run(b, "script", chromedp.Evaluate[T](source, chromedp.EvalAwaitPromise))
}

// pressable is JavaScript for the button or link with a text in it.
const pressable = `(text => [...document.querySelectorAll('button, a, input[type=submit], summary')]
	.find(e => (e.innerText || e.value || '').trim().includes(text)))`

// press clicks the first button or link with text on it.
func (b *tab) press(text string) {
	b.t.Helper()
	quoted := quote(text)
	b.settles("it offers "+text, func() bool {
		found, err := try(b, chromedp.Evaluate[bool]("!!"+pressable+"("+quoted+")"))
		return err == nil && found
	})
	run(b, "press "+text, chromedp.Evaluate[bool](pressable+"("+quoted+").click(), true"))
}

// signIn fills in the form of the real provider.
func (b *tab) signIn(name string) {
	b.t.Helper()
	b.settles("the provider asks for a name", func() bool {
		there, err := try(b, chromedp.Evaluate[bool]("!!document.querySelector('[name=login]')"))
		return err == nil && there
	})
	run(b, "sign in", chromedp.Evaluate[bool]("document.querySelector('[name=login]').value = "+quote(name)+", document.forms[0].requestSubmit(), true"))
}

// A fetched is what a script got.
type fetched struct {
	Status     int
	Type       string // "opaqueredirect" for a redirect that was not followed
	Redirected bool
	Body       string
	Header     map[string]string
}

// fetch is what a page's script does, with cookies and without following
// redirects.
func (b *tab) fetch(url, options string) fetched {
	b.t.Helper()
	return script[fetched](b, fetching(url, options))
}

func fetching(url, options string) string {
	return `fetch(` + quote(url) + `, {redirect: 'manual', credentials: 'include', ...` + options + `}).then(async r => ({
		Status: r.status, Type: r.type, Redirected: r.redirected, Body: await r.text(), Header: Object.fromEntries(r.headers)}))`
}

// quote writes a JavaScript string.
func quote(s string) string {
	quoted, _ := json.Marshal(s) // a string always can be
	return string(quoted)
}
