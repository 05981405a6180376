package problem_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

func of(r edgeward.Reason) problem.Document {
	return problem.Of(&edgeward.Decision{Reason: r}, "r1")
}

// refusals are the reasons that a client gets a document for.
func refusals() (rs []edgeward.Reason) {
	for _, r := range edgeward.Reasons() {
		if r.Problem() != "" {
			rs = append(rs, r)
		}
	}
	return rs
}

func TestJSON(t *testing.T) {
	for reason, want := range map[edgeward.Reason]string{
		edgeward.MalformedRequest:  `{"type":"about:blank","title":"Bad Request","status":400,"detail":"The request has no single reading, so it was not forwarded.","code":"bad_request","request_id":"r1"}`,
		edgeward.MethodNotAllowed:  `{"type":"about:blank","title":"Method Not Allowed","status":405,"code":"method_not_allowed","request_id":"r1"}`,
		edgeward.CredentialMissing: `{"type":"about:blank","title":"Unauthorized","status":401,"code":"credential_required","request_id":"r1"}`,
		edgeward.TokenExpired:      `{"type":"about:blank","title":"Unauthorized","status":401,"code":"invalid_token","request_id":"r1"}`,
		edgeward.NoRoute:           `{"type":"about:blank","title":"Forbidden","status":403,"detail":"Access to this resource is not open.","code":"forbidden","request_id":"r1"}`,
		edgeward.InsufficientScope: `{"type":"about:blank","title":"Forbidden","status":403,"detail":"The credential lacks a permission that this resource requires.","code":"insufficient_scope","request_id":"r1"}`,
		edgeward.Unavailable:       `{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"The credential could not be checked at the moment. Try again later.","code":"unavailable","request_id":"r1"}`,
	} {
		if got := string(of(reason).JSON()); got != want+"\n" {
			t.Errorf("%v: JSON is\n%swant\n%s", reason, got, want)
		}
	}
}

func TestAFailureSaysMore(t *testing.T) {
	f := &problem.Failure{Fault: problem.AlreadyDone, Detail: "It was done.", Created: "k1"}
	const want = `{"type":"about:blank","title":"Conflict","status":409,"detail":"It was done.","code":"already_done","created":"k1","request_id":"r1"}`
	if got := string(f.Document("r1").JSON()); got != want+"\n" || f.Error() == "" {
		t.Errorf("%v: JSON is\n%swant\n%s", f, got, want)
	}
}

func TestEveryFaultHasThePhraseOfItsStatus(t *testing.T) {
	for _, f := range problem.Faults() {
		if d := f.Document(""); d.Title != phrases[d.Status] && d.Title != http.StatusText(d.Status) {
			t.Errorf("%s: title %q for %d", f, d.Title, d.Status)
		}
	}
}

// phrases are those of RFC 9110 where net/http has older ones.
var phrases = map[int]string{413: "Content Too Large", 422: "Unprocessable Content"}

// TestOneDocumentForOneProblem: a client must not learn from the body why a
// token is invalid.
func TestOneDocumentForOneProblem(t *testing.T) {
	first := map[string]problem.Document{}
	for _, reason := range refusals() {
		d := of(reason)
		if seen, ok := first[d.Code]; ok && (!bytes.Equal(seen.JSON(), d.JSON()) || !bytes.Equal(seen.HTML(), d.HTML()) || seen != d) {
			t.Errorf("%v has another document than the first reason of %s", reason, d.Code)
		}
		first[d.Code] = d
	}
}

func TestEveryRefusalHasADocument(t *testing.T) {
	for _, reason := range refusals() {
		d := of(reason)
		if d.Status != reason.Status() || d.Code != reason.Problem() || d.Title != http.StatusText(d.Status) {
			t.Errorf("%v: document is %+v, want status %d, its phrase and code %s", reason, d, reason.Status(), reason.Problem())
		}
	}
}

func TestWhatIsNoRefusalIsUnavailable(t *testing.T) {
	for _, reason := range []edgeward.Reason{edgeward.Undecided, edgeward.Authenticated, edgeward.Public, edgeward.Preflight, 255} {
		if d := problem.Of(&edgeward.Decision{Allow: true, Reason: reason}, "r1"); d.Status != 503 || d.Code != "unavailable" {
			t.Errorf("%v: document is %+v, want 503 unavailable", reason, d)
		}
	}
}

// TestDocumentKeepsTheDecisionToItself: row 38 of the attack list.
func TestDocumentKeepsTheDecisionToItself(t *testing.T) {
	d := &edgeward.Decision{
		Reason: edgeward.TokenSignature, Err: edgeward.TokenSignature, Route: "/planted", Target: "http://planted.internal",
		Credential: edgeward.Credential{Value: edgeward.NewSecret("planted"), Header: "Authorization"},
		Upstream:   edgeward.Header{"X-Auth-Subject": {"planted"}},
	}
	document := problem.Of(d, "r1")
	for _, body := range [][]byte{document.JSON(), document.HTML()} {
		for _, secret := range []string{"planted", "secret", "token_signature"} {
			if bytes.Contains(body, []byte(secret)) {
				t.Errorf("document holds %q:\n%s", secret, body)
			}
		}
	}
}

func TestHeader(t *testing.T) {
	h := edgeward.Header{"Content-Type": {"other"}, "Vary": {"Origin"}}
	of(edgeward.NoRoute).SetHeader(h, false)
	for name, want := range map[string]string{
		"Content-Type": "application/problem+json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"Vary": "Origin", "Content-Security-Policy": "", "Allow": "",
	} {
		if got := h.First(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	of(edgeward.MethodNotAllowed).SetHeader(h, false)
	if allow := h.First("Allow"); !strings.Contains(allow, "GET") || strings.Contains(allow, "TRACE") {
		t.Errorf("Allow is %q, want what a 405 must say", allow)
	}
}

func FuzzDocument(f *testing.F) {
	f.Add(`</dd><script>alert(1)</script>`)
	f.Add("\"\x00\xff\u2028")
	f.Fuzz(func(t *testing.T, id string) {
		d := problem.Of(&edgeward.Decision{Reason: edgeward.NoRoute}, id)
		var decoded struct {
			ID string `json:"request_id"`
		}
		if err := json.Unmarshal(d.JSON(), &decoded); err != nil || utf8.ValidString(id) && decoded.ID != id {
			t.Errorf("JSON of request %q reads %q, %v", id, decoded.ID, err)
		}
		plain := problem.Of(&edgeward.Decision{Reason: edgeward.NoRoute}, "")
		if got, want := bytes.Count(d.HTML(), []byte("<")), bytes.Count(plain.HTML(), []byte("<")); got != want {
			t.Errorf("request %q puts %d tags into the page", id, got-want)
		}
	})
}
