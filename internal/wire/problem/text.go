package problem

import (
	"strconv"
	"strings"
)

// A text is what one public code is called.
type text struct {
	detail string // one sentence for programs; generic, "" for none
	page   string // what a person can do about it
	head   string // the page's heading
	retry  bool   // trying again can help
}

// texts holds one row per [edgeward.Reason.Problem]. Nothing in it depends on
// the request.
var texts = [...]struct {
	code string
	text
}{
	{"bad_request", text{
		detail: "The request has no single reading, so it was not forwarded.",
		head:   "That address cannot be read",
		page:   "The address or the request behind it is written in a way that can be understood in more than one way. Check the address, or go back and follow the link again.",
	}},
	{"ambiguous_credential", text{
		detail: "More than one credential was sent where one is meant.",
		head:   "Your browser sent two sign-ins",
		page:   "A cookie of this site came twice, so neither was used, and your browser was asked to remove both. Open the page again, and sign in if it asks you to.",
		retry:  true,
	}},
	{"method_not_allowed", text{
		head: "That method is not allowed",
		page: "The request used a method that is never passed on.",
	}},
	{"credential_required", text{
		head: "Please sign in",
		page: "This page is only shown to users who have signed in, and no sign-in came with the request.",
	}},
	{"invalid_token", text{
		head: "Please sign in again",
		page: "Your sign-in was not accepted. It may have expired; signing in again usually helps.",
	}},
	{"invalid_grant", text{
		detail: "The refresh token is not valid.",
		head:   "Please sign in again",
		page:   "Your sign-in has ended. Signing in again helps.",
	}},
	{"too_many_requests", text{
		detail: "Too many wrong credentials came from this network. Try again later.",
		head:   "Please wait a moment",
		page:   "Too many wrong sign-ins came from your network. Waiting helps; trying again does not.",
	}},
	{"forbidden", text{
		detail: "Access to this resource is not open.",
		head:   "You cannot open this page",
		page:   "This address is not open to visitors. If you think it should be, tell the operators of this site.",
	}},
	{"unknown_host", text{
		detail: "This server does not answer for the host of the request.",
		head:   "This site is not here",
		page:   "The address leads to a server that does not know this site. If it is a link, tell the operators of the site.",
	}},
	{"insufficient_scope", text{
		detail: "The credential lacks a permission that this resource requires.",
		head:   "You do not have permission",
		page:   "You are signed in, but your account may not open this page. Ask the operators of this site for access.",
	}},
	{"unavailable", text{
		detail: "The credential could not be checked at the moment. Try again later.",
		head:   "Please try again in a moment",
		page:   "Your sign-in could not be checked just now. This is a fault on our side and says nothing about your account.",
		retry:  true,
	}},
}

// titles are the status phrases (RFC 9110 §15), each behind its status.
const titles = "400 Bad Request\n401 Unauthorized\n403 Forbidden\n404 Not Found\n405 Method Not Allowed\n408 Request Timeout\n" +
	"409 Conflict\n413 Content Too Large\n415 Unsupported Media Type\n421 Misdirected Request\n422 Unprocessable Content\n" +
	"429 Too Many Requests\n431 Request Header Fields Too Large\n500 Internal Server Error\n501 Not Implemented\n" +
	"502 Bad Gateway\n503 Service Unavailable\n504 Gateway Timeout\n"

func titleOf(status int) string {
	_, rest, _ := strings.Cut(titles, strconv.Itoa(status)+" ")
	title, _, _ := strings.Cut(rest, "\n")
	return title
}
