package proxy_test

import (
	"io"
	"net/http"
	"net/http/httptest"
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
