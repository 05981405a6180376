package telemetry_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/costtest"
	"github.com/edgeward/edgeward/internal/telemetry"
)

var seeds = []string{"eyJ/", "ew_", "a", "\\", "\x1b", "\xff", "\u202e", strings.Repeat("a", 50) + "/eyJ"}

// described returns what writes down one request of which everything that a
// client chooses is text.
func described(tb testing.TB, format telemetry.Format) func(text string) {
	log, err := telemetry.NewLog(io.Discard, format, slog.LevelInfo, true)
	if err != nil {
		tb.Fatal(err)
	}
	m, traffic := telemetry.NewMetrics("test", noState), telemetry.NewTraffic()
	hr := httptest.NewRequest("GET", "/", nil)
	w := httptest.NewRecorder()
	return func(text string) {
		r := &edgeward.Request{ID: text, Method: text, Path: text, RawQuery: text, Host: text}
		d := &edgeward.Decision{Reason: edgeward.CredentialMissing, Identity: &edgeward.Identity{Subject: text, Issuer: text}}
		door := http.HandlerFunc(func(_ http.ResponseWriter, hr *http.Request) {
			m.Decided(hr.Context(), r, d, time.Millisecond)
			traffic.Decided(r, d, time.Now)
		})
		telemetry.Access{Metrics: m, Log: log}.Handler("proxy", door).ServeHTTP(w, hr)
	}
}

func TestTheCostOfALineIsLinear(t *testing.T) {
	for _, format := range []telemetry.Format{telemetry.JSON, telemetry.Pretty} {
		for _, seed := range seeds {
			costtest.Linear(t, seed, described(t, format))
		}
	}
}

// TestTheBoundOfALineComesFirst: of what a client chooses, the log looks at
// what it writes and at no more.
func TestTheBoundOfALineComesFirst(t *testing.T) {
	for _, format := range []telemetry.Format{telemetry.JSON, telemetry.Pretty} {
		for _, seed := range seeds {
			costtest.LooksAtMost(t, strings.Repeat(seed, 1100)[:1100], 1<<20, described(t, format))
		}
	}
}

// An error may quote what a client sent, and a request that nobody decided is
// written down by its target.
func TestTheCostOfTroubleIsLinear(t *testing.T) {
	log, err := telemetry.NewLog(io.Discard, telemetry.JSON, slog.LevelInfo, false)
	if err != nil {
		t.Fatal(err)
	}
	m := telemetry.NewMetrics("test", noState)
	for _, seed := range append(seeds, "http://", "?", "/") {
		costtest.Linear(t, seed, func(text string) {
			hr := httptest.NewRequest("GET", "/", nil)
			hr.RequestURI = text
			door := http.HandlerFunc(func(_ http.ResponseWriter, hr *http.Request) {
				m.Failed(hr.Context(), &edgeward.Request{}, errors.New(text))
			})
			telemetry.Access{Metrics: m, Log: log}.Handler("proxy", door).ServeHTTP(httptest.NewRecorder(), hr)
		})
	}
}

// BenchmarkAccessByPath: bytes a second do not fall with the path.
func BenchmarkAccessByPath(b *testing.B) {
	costtest.Sizes(b, "eyJ/", described(b, telemetry.JSON))
}
