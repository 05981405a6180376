package problem_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// TestPageIsInert: row 27 of the attack list. The page runs nothing, loads
// nothing, and escapes what it shows.
func TestPageIsInert(t *testing.T) {
	const hostile = `"'><script>alert(1)</script><img src=//evil.example onerror=alert(1)>`
	for _, d := range documents(hostile) {
		page := string(d.HTML())
		for _, forbidden := range []string{"<script", "<img", "<link", "<iframe", "src=\"", "@import", "url(", "style=\"", "http:", "https:"} {
			if strings.Contains(page, forbidden) {
				t.Errorf("%s: page holds %q", d.Code, forbidden)
			}
		}
		if !strings.Contains(page, "&lt;script&gt;") {
			t.Errorf("%s: page does not show the request id", d.Code)
		}
	}
}

func TestPageEscapesAsTheStandardLibrary(t *testing.T) {
	for _, id := range []string{"", "plain", `<&>"'`, "&amp;", "é\u2028\x00\xff"} {
		if page := string(problem.Internal.Document(id).HTML()); !strings.Contains(page, "<dt>Request</dt><dd>"+html.EscapeString(id)+"</dd>") {
			t.Errorf("%q: %s", id, page)
		}
	}
}

func TestPagePolicyAllowsItsStyleOnly(t *testing.T) {
	h := edgeward.Header{}
	d := of(edgeward.Unavailable)
	d.SetHeader(h, true)
	_, rest, _ := strings.Cut(string(d.HTML()), "<style>")
	style, _, found := strings.Cut(rest, "</style>")
	if !found {
		t.Fatal("page has no style sheet")
	}
	sum := sha256.Sum256([]byte(style))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	if got := h.First("Content-Security-Policy"); got != want {
		t.Errorf("policy is %q, want %q", got, want)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := h.First(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// documents returns the documents of all refusals and faults.
func documents(requestID string) (all []problem.Document) {
	for _, reason := range refusals() {
		all = append(all, problem.Of(&edgeward.Decision{Reason: reason}, requestID))
	}
	for _, fault := range problem.Faults() {
		all = append(all, fault.Document(requestID))
	}
	return all
}

func TestAnUnknownFaultIsInternal(t *testing.T) {
	if f := problem.Fault("no such"); f.Status() != 500 || f.Document("r").Code != "internal_error" {
		t.Errorf("status %d", f.Status())
	}
}

// TestSignIn: a program and a person are told where to sign in, and a URL that
// holds a script is text.
func TestSignIn(t *testing.T) {
	d := of(edgeward.CredentialMissing)
	if strings.Contains(string(d.JSON()), "login_url") || strings.Contains(string(d.HTML()), "Sign in</a>") {
		t.Error("it leads to a sign-in that is not there")
	}
	d.LoginURL = `https://edge.example/auth/login?"><script>`
	if !strings.HasSuffix(string(d.JSON()), `,"login_url":"https://edge.example/auth/login?\"><script>"}`+"\n") {
		t.Errorf("JSON is %s", d.JSON())
	}
	if !strings.Contains(string(d.HTML()), `<a class="button" href="https://edge.example/auth/login?&#34;&gt;&lt;script&gt;">Sign in</a>`) {
		t.Errorf("page is %s", d.HTML())
	}
}

func TestPageIsAccessible(t *testing.T) {
	for _, d := range documents("r1") {
		page := string(d.HTML())
		for _, part := range []string{
			"<!DOCTYPE html>\n<html lang=\"en\">", "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
			"<main>", "<h1>", "prefers-color-scheme:dark", "<dd>" + d.Code + "</dd>", "<dd>r1</dd>",
		} {
			if strings.Count(page, part) != 1 {
				t.Errorf("%s: page has %q %d times, want once", d.Code, part, strings.Count(page, part))
			}
		}
		if retry := strings.Contains(page, "Try again</a>"); retry != (d.Status >= 500 && d.Status != 501 || d.Status == 408 || d.Code == "ambiguous_credential") {
			t.Errorf("%s: page offers to try again: %v", d.Code, retry)
		}
	}
}

// A code without messages would be a page that says nothing.
func TestEveryCodeHasItsMessages(t *testing.T) {
	documents := []problem.Document{}
	for _, f := range problem.Faults() {
		documents = append(documents, f.Document("r1"))
	}
	for _, r := range edgeward.Reasons() {
		if r.Status() >= 400 {
			documents = append(documents, problem.Of(&edgeward.Decision{Reason: r}, "r1"))
		}
	}
	for _, d := range documents {
		if body := string(d.HTML()); strings.Contains(body, "<h1></h1>") || strings.Contains(body, "<p></p>") || d.Title == "" || strings.Contains(body, " </p>") {
			t.Errorf("%s: %s", d.Code, body)
		}
	}
}
