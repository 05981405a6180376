package door

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// Endpoints serve a set of Edgeward's own endpoints over net/http. They are safe
// for concurrent use once they are set up.
type Endpoints struct {
	*endpoint.Set
	Trusted  *clientip.Trusted // proxies in front that are believed; nil: none
	Observer Observer          // nil watches nothing
	// InsecureHTTP gives browsers on this machine cookies without HTTPS: see
	// [cookie.OnThisMachine].
	InsecureHTTP bool
}

// ServeHTTP implements [http.Handler].
func (e *Endpoints) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	x := &served{of: e, w: w, hr: hr}
	d := Door{Decider: x, Trusted: e.Trusted, Observer: e.Observer, Endpoint: true}
	v := d.Receive(hr)
	if x.answer == nil { // it could not be read, or the endpoint panicked
		x.answer = e.Refuse(&endpoint.Call{Request: &v.Request}, v.Decision.Err)
	}
	x.write(v)
}

// served is one request at an endpoint. It is its own decider: what became of the
// request is the decision that the observer sees.
type served struct {
	of     *Endpoints
	w      http.ResponseWriter
	hr     *http.Request
	heard  bool // the body was read to its end
	answer *endpoint.Answer
}

// Decide implements [edgeward.Decider].
func (x *served) Decide(ctx context.Context, r *edgeward.Request) edgeward.Decision {
	x.answer = x.of.Serve(ctx, &endpoint.Call{
		Request: r, Read: x.read, StandIns: x.of.InsecureHTTP && OnThisMachine(x.of.Trusted, x.hr, r),
	})
	return x.answer.Decision
}

func (x *served) read(most int) ([]byte, error) {
	body, err := ReadBody(x.w, x.hr, int64(most))
	x.heard = err == nil
	return body, err
}

// write sends the answer, and tells the observer of trouble that no decision
// explains.
func (x *served) write(v *Visit) {
	h := x.w.Header()
	if x.heard {
		limitAnswer(x.w, x.hr)
	} else {
		LimitUnreadBody(x.w, x.hr)
	}
	for name, values := range x.answer.Header {
		h[name] = values
	}
	if v.unsafe {
		h.Set("Connection", "close")
	}
	x.failed(v, x.answer.Failed)
	if s := x.answer.Stream; s != nil {
		defer func() { x.failed(v, s.Close()) }()
		h.Set("Content-Length", strconv.FormatInt(s.Size, 10))
		x.w.WriteHeader(x.answer.Status)
		if err := x.send(s); err != nil {
			x.failed(v, err)
			panic(http.ErrAbortHandler) // or what was sent would look whole
		}
		return
	}
	if x.answer.Status != http.StatusNoContent { // RFC 9110 §8.6
		h.Set("Content-Length", strconv.Itoa(len(x.answer.Body)))
	}
	x.w.WriteHeader(x.answer.Status)
	if x.hr.Method != http.MethodHead {
		_, _ = x.w.Write(x.answer.Body) // a client that left needs no answer
	}
}

func (x *served) failed(v *Visit, err error) {
	if err != nil && x.of.Observer != nil {
		x.of.Observer.Failed(x.hr.Context(), &v.Request, err)
	}
}

const (
	// pieceTimeout bounds how long a client may take for a piece of a stream.
	pieceTimeout = 30 * time.Second
	pieceSize    = 256 << 10 // bytes
)

var errBrokeOff = errors.New("door: the answer broke off")

// send sends a stream by pieces, each with its time. A stream that ends before its
// size broke off, too.
func (x *served) send(s *endpoint.Stream) error {
	if x.hr.Method == http.MethodHead {
		return nil
	}
	client := http.NewResponseController(x.w)
	for sent := int64(0); sent < s.Size; {
		_ = client.SetWriteDeadline(time.Now().Add(pieceTimeout)) // not every writer has one
		n, err := io.CopyN(x.w, s, min(pieceSize, s.Size-sent))
		if sent += n; err != nil {
			return errors.Join(errBrokeOff, err)
		}
	}
	_ = client.SetWriteDeadline(time.Time{})
	return nil
}
