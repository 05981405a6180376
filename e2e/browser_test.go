package e2e

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	paused "github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// chromium is the one browser of all tests, started by the first that needs it.
// Each test has profiles of its own in it.
var chromium struct {
	once  sync.Once
	root  context.Context // of its first, empty tab
	close context.CancelFunc
	err   error
}

// openChromium starts Debian's browser. Without the flags against background
// networking it would ask the internet for things at every start.
func openChromium(path string) {
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(scratch+"/chromium"), chromedp.IgnoreCertErrors,
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP *.example.com 127.0.0.1, MAP *.example.net 127.0.0.1"), // what tests have several hosts on
	)
	allocator, _ := chromedp.NewExecAllocator(context.Background(), flags...)
	root, end := chromedp.NewContext(allocator)
	chromium.root, chromium.err = root, chromedp.Do(root)
	// A polite end first; cancelling then kills what is left of the process.
	chromium.close = func() {
		_ = chromedp.Cancel(root) // it may have crashed, which the tests have seen
		end()
	}
}

// closeChromium ends the browser where a test has started it.
func closeChromium() {
	if chromium.close != nil {
		chromium.close()
	}
}

// busy bounds the tests that use the browser at a time: more would make each
// other's pages slow and nothing faster.
var busy = make(chan struct{}, 3)

// waitForBrowser returns when it is the test's turn, until it ends.
func waitForBrowser(t *testing.T) {
	t.Helper()
	command(t, "chromium")
	busy <- struct{}{}
	t.Cleanup(func() { <-busy })
}

// A profile is a browser of somebody's: it shares no cookie with another one.
type profile struct {
	t   *testing.T
	ctx context.Context // of its first tab
}

func newProfile(t *testing.T) *profile {
	t.Helper()
	path := command(t, "chromium")
	chromium.once.Do(func() { openChromium(path) })
	if chromium.err != nil {
		t.Fatalf("chromium: %v", chromium.err)
	}
	ctx, end := chromedp.NewContext(chromium.root, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("chromium: %v", err)
	}
	return &profile{t, ctx}
}

// A tab is one page of a profile.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex // guards status
	status int64      // of the last document
}

// tab opens one more.
func (p *profile) tab() *tab {
	p.t.Helper()
	ctx, end := chromedp.NewContext(p.ctx)
	p.t.Cleanup(end)
	b := &tab{t: p.t, ctx: ctx}
	err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*network.EventResponseReceived); ok && e.Type == network.ResourceTypeDocument {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.status = e.Response.Status
		}
	})
	if err != nil {
		p.t.Fatalf("tab: %v", err)
	}
	return b
}

// run does something in the tab, for at most as long as patience.
func run[T any](b *tab, what string, action chromedp.Action[T]) T {
	b.t.Helper()
	value, err := try(b, action)
	if err != nil {
		b.t.Fatalf("%s: %v, at %s", what, err, b.where())
	}
	return value
}

func try[T any](b *tab, action chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, action)
}

// call sends one command of the browser's protocol.
func call[P, R any](b *tab, c cdp.Command[P, R], params P) R {
	b.t.Helper()
	return run(b, c.Method, func(ctx context.Context, t *chromedp.Target) (R, error) { return cdp.Call(ctx, t, c, params) })
}

// cookies returns those that the browser would send to url, by name.
func (b *tab) cookies(url string) map[string]*network.Cookie {
	b.t.Helper()
	all := map[string]*network.Cookie{}
	for _, c := range call(b, network.GetCookies, network.GetCookiesParams{URLs: []string{url}}).Cookies {
		all[c.Name] = c
	}
	return all
}

// forget removes a cookie, as the browser does when its time is over.
func (b *tab) forget(url, name string) {
	b.t.Helper()
	call(b, network.DeleteCookies, network.DeleteCookiesParams{Name: name, URL: url})
}

// withholds shows an empty page for addresses that match pattern instead of
// asking anybody for them, until release is called.
func (b *tab) withholds(pattern string) (release func()) {
	b.t.Helper()
	err := chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*paused.EventRequestPaused); ok {
			go func() { // an event handler must not wait for the browser
				_, _ = try(b, func(ctx context.Context, t *chromedp.Target) (cdp.Empty, error) {
					return cdp.Call(ctx, t, paused.FulfillRequest, paused.FulfillRequestParams{RequestID: e.RequestID, ResponseCode: 200})
				})
			}()
		}
	})
	if err != nil {
		b.t.Fatalf("tab: %v", err)
	}
	call(b, paused.Enable, paused.EnableParams{Patterns: []*paused.RequestPattern{{URLPattern: pattern}}})
	return func() { call(b, paused.Disable, cdp.Empty{}) }
}

// settles waits until what holds in the tab.
func (b *tab) settles(what string, holds func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			text, _ := try(b, chromedp.Evaluate[string]("document.body?.innerText ?? ''"))
			b.t.Fatalf("still not so: %s; the tab is at %s and shows:\n%s", what, b.where(), text)
		}
	}
}
