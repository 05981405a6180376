package proxy_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A watched answers a request, and notes what is asked of it when that is over.
type watched struct {
	*httptest.ResponseRecorder
	over, late atomic.Bool
}

// SetReadDeadline panics in HTTP/2 once the request is over.
func (w *watched) SetReadDeadline(time.Time) error {
	w.late.Store(w.late.Load() || w.over.Load())
	return nil
}

func (w *watched) SetWriteDeadline(time.Time) error { return nil }

// Row 40: net/http reads a body on after an upstream has answered without it, in a
// goroutine whose panic ends the process.
func TestABodyIsNotReadOnceTheAnswerIsOver(t *testing.T) {
	for rule, early := range map[string]string{"nothing was read": "", "its beginning was read": "begin"} {
		var body io.Reader
		p := newProxy(t, func(out *http.Request) (*http.Response, error) {
			body = out.Body
			_, _ = io.ReadFull(body, make([]byte, len(early)))
			return answerOf(0, http.NoBody), nil
		})
		w := &watched{ResponseRecorder: httptest.NewRecorder()}
		hr := httptest.NewRequest("POST", "/", strings.NewReader("beginning and end"))
		p.ServeHTTP(w, hr)
		w.over.Store(true)
		if n, err := body.Read(make([]byte, 100)); n != 0 || err == nil || w.late.Load() {
			t.Errorf("%s: %d bytes are read, %v; a deadline was asked for: %v", rule, n, err, w.late.Load())
		}
	}
}

// A keeping takes an informational answer as HTTP/2 does: it goes on writing the header,
// or a copy where one has to be changed first.
type keeping struct {
	watched
	early []http.Header
}

func (w *keeping) WriteHeader(status int) {
	if status > 199 {
		w.ResponseRecorder.WriteHeader(status)
		return
	}
	h := w.Header()
	if _, framed := h["Transfer-Encoding"]; framed {
		h = h.Clone()
		delete(h, "Transfer-Encoding")
	}
	w.early = append(w.early, h)
}

// Row 40: a map that is cleared while net/http walks over it ends the process.
func TestTheHeaderOfAnInformationalAnswerIsNotClearedWhileItIsWritten(t *testing.T) {
	p := newProxy(t, func(out *http.Request) (*http.Response, error) {
		hints := textproto.MIMEHeader{"Link": {"</a>"}}
		err := httptrace.ContextClientTrace(out.Context()).Got1xxResponse(http.StatusEarlyHints, hints)
		return answerOf(0, http.NoBody), err
	})
	w := &keeping{watched: watched{ResponseRecorder: httptest.NewRecorder()}}
	p.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if len(w.early) != 1 || w.early[0].Get("Link") != "</a>" || len(w.early[0]) != 1 {
		t.Errorf("%v is written", w.early)
	}
	if _, framed := w.Result().Header["Transfer-Encoding"]; framed {
		t.Error("the answer itself has the field")
	}
}
