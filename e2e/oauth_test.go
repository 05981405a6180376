package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// oauthClient gives up where a gateway that was killed never answers.
var oauthClient = &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}}

// A tokenAnswer is what POST /oauth/token said.
type tokenAnswer struct {
	status  int    // 0: nothing is known
	err     error  // then
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Error   string `json:"error"`
	after   string // Retry-After
}

func (a tokenAnswer) outcome() (status int, code string) { return a.status, a.Error }

// refresh uses a refresh token (RFC 6749 §6).
func (g *gateway) refresh(token string) tokenAnswer {
	res, err := oauthClient.PostForm("http://"+g.proxy+"/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
	if err != nil {
		return tokenAnswer{err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil { // the answer broke off
		return tokenAnswer{err: err}
	}
	a := tokenAnswer{}
	if res.StatusCode == 200 || strings.Contains(res.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(body, &a); err != nil {
			return tokenAnswer{err: err}
		}
	}
	a.status, a.after = res.StatusCode, res.Header.Get("Retry-After")
	return a
}

// oauthRevoke gives a token back (RFC 7009).
func (g *gateway) oauthRevoke(token string) error {
	res, err := oauthClient.PostForm("http://"+g.proxy+"/oauth/revoke", url.Values{"token": {token}})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("revoke: status %d", res.StatusCode)
	}
	return nil
}
