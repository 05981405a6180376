package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// crowd is the most clients that ask at once.
const crowd = 1024

var browser = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crowd, DisableCompression: true}}

// rate has clients do one thing after the other for some seconds, and returns
// how many a second were done. Each has done it once before, so that its
// connection is open. An error ends it all.
func rate(clients, seconds int, do func(client int) error) (float64, error) {
	if _, err := together(clients, time.Time{}, do); err != nil {
		return 0, err
	}
	began := time.Now()
	done, err := together(clients, began.Add(time.Duration(seconds)*time.Second), do)
	return float64(done) / time.Since(began).Seconds(), err
}

// together has each client do it at least once, and until the end has come.
func together(clients int, end time.Time, do func(client int) error) (int64, error) {
	var done atomic.Int64
	errs := make([]error, clients)
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			for again := true; again && errs[client] == nil; again = time.Now().Before(end) {
				errs[client] = do(client)
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return done.Load(), errors.Join(errs...)
}

// logIn is a login as the application's back end does it, once it has checked
// the password.
func (h *home) logIn(int) error {
	return h.control("/v1/sessions", `{"subject":"ada","permissions":["orders:read","orders:write"]}`, nil)
}

// control posts to the control API and reads the answer into out.
func (h *home) control(path, body string, out any) error {
	req, err := http.NewRequest("POST", "http://"+h.Admin+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+h.key.Reveal())
	return send(req, http.StatusCreated, out)
}

// A chain is a refresh family in the hands of one client.
type chain struct{ token string }

func (h *home) begin() (chain, error) {
	var pair struct {
		RefreshToken string `json:"refresh_token"`
	}
	err := h.control("/v1/tokens", `{"subject":"ada","permissions":["orders:read","orders:write"]}`, &pair)
	return chain{pair.RefreshToken}, err
}

// refresh uses the newest token. Without grace each use rotates.
func (h *home) refresh(c *chain) error {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {c.token}}
	req, err := http.NewRequest("POST", "http://"+h.Proxy+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var pair struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := send(req, http.StatusOK, &pair); err != nil {
		return err
	}
	if pair.RefreshToken == c.token {
		return errors.New("the refresh did not rotate")
	}
	c.token = pair.RefreshToken
	return nil
}

// visit asks forward-auth with a cookie and returns how long the answer took.
func (h *home) visit(cookie string) (time.Duration, error) {
	req, err := http.NewRequest("GET", "http://"+h.Verify+"/verify", nil)
	if err != nil {
		return 0, err
	}
	for name, value := range map[string]string{"Method": "GET", "Proto": "https", "Host": "app.example", "Uri": "/api/orders"} {
		req.Header.Set("X-Forwarded-"+name, value)
	}
	req.Header.Set("Cookie", cookie)
	began := time.Now()
	err = send(req, http.StatusOK, nil)
	return time.Since(began), err
}

// send wants an answer with that status: any other is cheaper than what is
// measured.
func send(req *http.Request, status int, out any) error {
	res, err := browser.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return err
	case res.StatusCode != status:
		return fmt.Errorf("%s %s: %s: %s", req.Method, req.URL.Path, res.Status, bytes.TrimSpace(body))
	case out == nil:
		return nil
	}
	return json.Unmarshal(body, out)
}

// fsyncs returns how many pages a second the disk under dir keeps, one after
// the other: the limit of one writer.
func fsyncs(dir string, seconds int) (float64, error) {
	f, err := os.CreateTemp(dir, "page")
	if err != nil {
		return 0, err
	}
	defer func() { _ = errors.Join(f.Close(), os.Remove(f.Name())) }()
	page := make([]byte, 4096)
	offset := int64(0)
	return rate(1, seconds, func(int) error {
		offset += int64(len(page))
		_, err := f.WriteAt(page, offset)
		return errors.Join(err, f.Sync())
	})
}
