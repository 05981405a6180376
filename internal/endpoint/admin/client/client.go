// Package client calls the control API of a running Edgeward. The command line
// uses it.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// Config says where the API is and who calls.
type Config struct {
	// Server is the address of the admin listener: "http://127.0.0.1:8081".
	// Anything but https is only for this machine: the key travels in clear.
	Server string
	Key    edgeward.Secret // an API key
	// Transport carries the requests; nil means [http.DefaultTransport].
	Transport http.RoundTripper
}

// A Client calls the API. It is safe for concurrent use.
type Client struct {
	base string
	key  edgeward.Secret
	http http.Client
}

// New checks cfg and returns its Client.
func New(cfg Config) (*Client, error) {
	base, err := url.Parse(cfg.Server)
	switch {
	case err != nil || base.Host == "" || base.User != nil || base.RawQuery != "" || strings.Trim(base.Path, "/") != "":
		return nil, errors.New("client: the server is a URL without path, as http://127.0.0.1:8081")
	case base.Scheme != "https" && !(base.Scheme == "http" && canonical.IsLoopback(base.Hostname())):
		return nil, errors.New("client: the API key would travel in clear: use https, or the address of this machine")
	case cfg.Key.IsZero():
		return nil, errors.New("client: an API key is needed")
	}
	c := &Client{base: base.Scheme + "://" + base.Host, key: cfg.Key}
	c.http.Transport = cfg.Transport
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the key goes nowhere else
	return c, nil
}

// A Problem is a refusal of the API (RFC 9457).
type Problem struct {
	Status    int    `json:"status"`
	Title     string `json:"title"`
	Detail    string `json:"detail"`
	Code      string `json:"code"`
	Created   string `json:"created"` // public id of what exists already
	RequestID string `json:"request_id"`
	Scope     string `json:"-"` // that a 403 asks for (RFC 6750 §3), "" where it names none
}

func (p *Problem) Error() string {
	text := p.Title
	if p.Detail != "" {
		text = p.Detail
	}
	return fmt.Sprintf("client: %d %s: %s (request %s)", p.Status, p.Code, text, p.RequestID)
}

const (
	maxAnswer = 32 << 20 // bytes of an answer: a page of 1,000 rows
	attempts  = 3
	maxWait   = 5 * time.Second // before another attempt
)

// do sends one request, again when it is not known what became of it: a POST
// has an Idempotency-Key, and everything else can be repeated anyhow.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, in, out any) error {
	body, err := encode(in)
	if err != nil {
		return err
	}
	key := rand.Text()
	for attempt := 1; ; attempt++ {
		answer, err := c.send(ctx, method, path, query, key, body)
		var wait time.Duration
		if err == nil {
			if wait, err = read(answer, out); err == nil {
				return nil
			}
			if wait == 0 {
				return err
			}
		}
		if attempt == attempts || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(min(wait, maxWait)):
		case <-ctx.Done():
			return err
		}
	}
}

func encode(in any) ([]byte, error) {
	if in == nil {
		return nil, nil
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	return body, nil
}

func (c *Client) send(ctx context.Context, method, path string, query url.Values, key string, body []byte) (*http.Response, error) {
	target := c.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	hr, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	hr.Header.Set("Authorization", "Bearer "+c.key.Reveal())
	if method == http.MethodPost {
		hr.Header.Set("Content-Type", "application/json")
		hr.Header.Set("Idempotency-Key", key)
	}
	answer, err := c.http.Do(hr)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	return answer, nil
}

// read reads an answer into out. A wait that is not zero says that asking
// again after it makes sense.
func read(answer *http.Response, out any) (wait time.Duration, err error) {
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return time.Second, fmt.Errorf("client: the answer broke off: %w", err)
	}
	if answer.StatusCode/100 != 2 {
		return refusal(answer, body)
	}
	if out == nil {
		return 0, nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return 0, errors.New("client: the answer is not what the control API says") // it may hold a secret
	}
	return 0, nil
}

func refusal(answer *http.Response, body []byte) (wait time.Duration, err error) {
	p := &Problem{}
	if json.Unmarshal(body, p) != nil || p.Code == "" {
		p = &Problem{Title: http.StatusText(answer.StatusCode), Code: "no_problem_document"}
	}
	p.Status = answer.StatusCode
	if p.Status == http.StatusForbidden {
		_, rest, _ := strings.Cut(answer.Header.Get("WWW-Authenticate"), `scope="`)
		p.Scope, _, _ = strings.Cut(rest, `"`)
	}
	if p.Status == http.StatusServiceUnavailable || p.Code == "in_progress" {
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		wait = time.Duration(max(seconds, 1)) * time.Second
	}
	return wait, p
}
