package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/edgeward/edgeward/internal/door"
)

// guard turns a panic into a refusal.
func guard(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		defer recovered(w, hr, log)
		next.ServeHTTP(w, hr)
	})
}

// recovered answers a panic. The value of a panic can hold anything, a
// credential too, so only errors of the runtime are written down; the stack
// says the rest.
func recovered(w http.ResponseWriter, hr *http.Request, log *slog.Logger) {
	value := recover()
	if value == nil {
		return
	}
	err, _ := value.(error)
	if errors.Is(err, http.ErrAbortHandler) {
		panic(value) // net/http closes the connection, silently
	}
	what := fmt.Sprintf("%T", value)
	var trouble runtime.Error
	if errors.As(err, &trouble) {
		what = trouble.Error()
	}
	log.Error("panic: please report it", "what", what, "stack", string(debug.Stack()))
	door.LimitUnreadBody(w, hr)
	refuse(w, http.StatusInternalServerError)
}

// refuse answers before a door could: it shows nothing of the request.
func refuse(w http.ResponseWriter, status int) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, http.StatusText(status))
}
