package endpoint

import (
	"io"

	"github.com/edgeward/edgeward"
)

// A Reply is what an endpoint answers when all went well.
type Reply struct {
	Status    int // 0 means 200
	Body      []byte
	MediaType string          // of Body; "" for none
	Cache     string          // Cache-Control; "" means no-store
	Location  string          // where the browser is sent
	Header    edgeward.Header // what else there is to say, or nil
	Stream    *Stream         // in place of Body
}

// A Stream is a body that is too long for the memory. A Worker sends none.
type Stream struct {
	io.ReadCloser
	Size int64 // bytes
}

// JSON is the reply of a document.
func JSON(body []byte) Reply { return Reply{Body: body, MediaType: "application/json"} }

// SeeOther sends the browser elsewhere, by GET whatever it sent before.
func SeeOther(location string) Reply { return Reply{Status: 303, Location: location} }

// An Answer is what the adapter sends, and what it tells its observer.
type Answer struct {
	Status   int
	Header   edgeward.Header // whole but for Content-Length
	Body     []byte
	Stream   *Stream // in place of Body, or nil
	Decision edgeward.Decision
	Code     string // public, of a refusal
	Failed   error  // what broke after an allowing decision, or nil
}

// Redirect is the answer to a call for what is served elsewhere.
func (s *Set) Redirect(c *Call, location string) *Answer {
	s.find(c)
	c.Endpoint = &Endpoint{Path: c.route}
	reply := SeeOther(location)
	return c.succeed(&reply)
}

// header is what all answers have.
func (c *Call) header() edgeward.Header {
	h := edgeward.Header{"X-Request-Id": {c.Request.ID}, "X-Content-Type-Options": {"nosniff"}}
	if len(c.Cookies) > 0 {
		h["Set-Cookie"] = c.Cookies
	}
	return h
}

// succeed is the answer of a reply.
func (c *Call) succeed(r *Reply) *Answer {
	h := c.header()
	for name, values := range r.Header {
		h[name] = values
	}
	if h.Set("Cache-Control", r.Cache); r.Cache == "" {
		forbidCaching(h)
	}
	if r.MediaType != "" {
		h.Set("Content-Type", r.MediaType)
	}
	if r.Location != "" {
		h.Set("Location", r.Location)
		h.Set("Referrer-Policy", "no-referrer") // state and return_to are no other site's
	}
	d := edgeward.Decision{Allow: true, Reason: c.reason(), Identity: c.Identity, Route: c.Endpoint.Path}
	return &Answer{Status: max(r.Status, 200), Header: h, Body: r.Body, Stream: r.Stream, Decision: d}
}

// reason is why a call was allowed.
func (c *Call) reason() edgeward.Reason {
	if c.Identity != nil {
		return edgeward.Authenticated
	}
	return edgeward.Public
}

// forbidCaching keeps an answer out of every cache, those of HTTP/1.0 included
// (RFC 6749 §5.1): most hold a secret, or say something of a user.
func forbidCaching(h edgeward.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
}
