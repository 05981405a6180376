package devidp

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// unheardAfter bounds how long the client may take to hear of a logout.
const unheardAfter = 5 * time.Second

// serveLogout is the end of RP-Initiated Logout 1.0, and where a person signs
// out by themselves. Without the ID token of this visit it asks first: any page
// could have sent the browser here.
func (p *Provider) serveLogout(w http.ResponseWriter, hr *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	next, ok := p.next(w, hr)
	if !ok {
		return
	}
	name, v, known := p.visit(hr)
	switch {
	case !known:
		goodbye(w, hr, next)
	case p.remembers(hr.Context(), hr.URL.Query().Get("id_token_hint"), v):
		p.end(w, hr, name)
		goodbye(w, hr, next)
	default:
		signOutPage(w, hr, v.person, next)
	}
}

// serveSignOut answers the button of the page that asks.
func (p *Provider) serveSignOut(w http.ResponseWriter, hr *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	next, ok := p.next(w, hr)
	if !ok {
		return
	}
	if name, _, known := p.visit(hr); known {
		p.end(w, hr, name)
	}
	goodbye(w, hr, next)
}

// next returns where the browser goes afterwards, "" for nowhere. An address
// that is not registered is answered here and not ok.
func (p *Provider) next(w http.ResponseWriter, hr *http.Request) (address string, ok bool) {
	query := hr.URL.Query()
	address = query.Get("post_logout_redirect_uri")
	if address == "" {
		return "", true
	}
	if !slices.Contains(p.config.Client.PostLogoutURIs, address) {
		messagePage(w, http.StatusBadRequest, "This sign-out cannot begin", "The request names an address to go to (post_logout_redirect_uri) that is not registered.")
		return "", false
	}
	if state := query.Get("state"); state != "" {
		address = withQuery(address, url.Values{"state": {state}})
	}
	return address, true
}

func goodbye(w http.ResponseWriter, hr *http.Request, next string) {
	if next != "" {
		http.Redirect(w, hr, next, http.StatusSeeOther)
		return
	}
	messagePage(w, http.StatusOK, "You are signed out", "The provider no longer knows this browser. You can close this page.")
}

// end forgets the visit and tells the client.
func (p *Provider) end(w http.ResponseWriter, hr *http.Request, name string) {
	setVisit(w, "", -1)
	v, still := p.visits.take(name, p.config.Now())
	if !still || p.config.Client.BackchannelLogout == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(hr.Context()), unheardAfter) // a browser that leaves changes nothing
	defer cancel()
	if err := p.tell(ctx, v); err != nil && p.config.Unheard != nil {
		p.config.Unheard(err)
	}
}

// tell sends the logout token (Back-Channel Logout 1.0 §2.5).
func (p *Provider) tell(ctx context.Context, v visit) error {
	token, err := p.farewell(ctx, v)
	if err != nil {
		return err
	}
	hr, err := http.NewRequestWithContext(ctx, http.MethodPost, p.config.Client.BackchannelLogout, strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
	if err != nil {
		return fmt.Errorf("devidp: back-channel logout: %w", err)
	}
	hr.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(hr)
	if err != nil {
		return fmt.Errorf("devidp: back-channel logout: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNoContent {
		return fmt.Errorf("devidp: back-channel logout: the client answered %s", res.Status)
	}
	return nil
}
