// Package problem writes what a client sees of a refusal: a problem document
// (RFC 9457) for programs, a small page for people. It is the only place that
// does. Of a decision it sees nothing but the public code, so that a client cannot
// tell a wrong signature from an unknown key; only a [Failure] says more.
package problem

import (
	"cmp"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/page"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// mediaType is the media type of [Document.JSON].
const mediaType = "application/problem+json"

// A Document describes one refusal. It is the same for all reasons that share
// a [edgeward.Reason.Problem], but for RequestID.
type Document struct {
	Status    int    // HTTP status code
	Title     string // the status in words (RFC 9110)
	Code      string // [edgeward.Reason.Problem]; stable
	Detail    string // what is wrong with this request, for its programmer; "" for the sentence of the code
	Created   string // public id of what exists already, "" for nothing
	RequestID string // finds the reason in the log
	LoginURL  string // where a person signs in, an absolute URL; "" where that does not help
	Form      Form   // what became of what a user has sent in

	text text
}

// Of returns the document of a decision that refuses. For one that allows,
// which no door should ask about, it is the document of the zero Decision: 503.
func Of(d *edgeward.Decision, requestID string) Document {
	for i := range texts {
		if t := &texts[i]; t.code == d.Reason.Problem() {
			status := d.Reason.Status()
			return Document{Status: status, Title: titleOf(status), Code: t.code, RequestID: requestID, text: t.text}
		}
	}
	return Of(&edgeward.Decision{Reason: edgeward.Unavailable}, requestID)
}

// JSON returns the document as application/problem+json, its members always in
// the same order: type, title, status, detail (where there is something to
// say), code, created (where there is something), request_id, login_url (where
// there is one).
//
// The type is "about:blank": the problem is what the status says, and title is
// the status phrase (RFC 9457 §4.2.1). The finer distinction is the extension
// member code, which needs no registered namespace to be stable.
func (d Document) JSON() []byte {
	var w strictjson.Writer
	w.String("type", "about:blank")
	w.String("title", d.Title)
	w.Int("status", int64(d.Status))
	w.Optional("detail", cmp.Or(d.Detail, d.text.detail))
	w.String("code", d.Code)
	w.Optional("created", d.Created)
	w.String("request_id", d.RequestID)
	w.Optional("login_url", d.LoginURL)
	return append(w.End(), '\n')
}

// Program returns the document for a program, and sets in h what goes with it.
func (d Document) Program(h edgeward.Header) []byte {
	d.setHeader(h)
	h.Set("Content-Type", mediaType)
	return d.JSON()
}

// setHeader sets the fields of all documents. No refusal is ever cached or sniffed.
func (d Document) setHeader(h edgeward.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if d.Status == 405 && len(h["Allow"]) == 0 {
		h.Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS") // RFC 9110 §15.5.6
	}
}

// Answer returns what r is answered, [Document.Page] or [Document.Program], and sets in
// h what goes with it.
func (d Document) Answer(h edgeward.Header, r *edgeward.Request, pages *page.Look) []byte {
	if ShowsPage(r) {
		return d.Page(h, r, pages)
	}
	return d.Program(h)
}

// Detail returns what err says beyond the code of its reason, where that stands
// beside it.
func Detail(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimSuffix(strings.TrimSuffix(err.Error(), edgeward.ReasonOf(err).Error()), ": ")
}
