package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"
)

// What a storm is made of. The gateway bounds the connections of a listener by a
// quarter of its open files.
const (
	stormBound    = 2000
	stormVisitors = 100                   // newcomers a second, who keep their connection
	stormDistance = 30 * time.Millisecond // between a connection and its first request
	stormReturns  = 500                   // connections a second that come back when they are closed
	stormPatience = 5 * time.Second       // of a visitor for an answer
)

const stormConfig = `proxy: {listen: "%s", upstream: "http://%s"}
admin: {listen: "%s"}
routes:
  _middleware: {authenticate: []}
`

// A storm is who holds connections while visitors come.
type storm struct {
	name    string
	held    int  // connections that have asked one request each
	returns bool // they connect again when they are closed
}

var storms = []storm{
	{"nobody else", 0, false},
	{"full of connections that spoke once", stormBound, false},
	{"the same, and who is closed comes back", stormBound, true},
}

// connections measures what newcomers to a listener see whose connections are
// all held by others.
func connections(l *lab, rounds, seconds int) error {
	results := make([]weather, len(storms))
	for round := range rounds {
		for i, s := range storms {
			log.Printf("Connections: round %d of %d, %s", round+1, rounds, s.name)
			if err := l.weather(s, seconds, &results[i]); err != nil {
				return err
			}
		}
	}
	fmt.Println(forecast(results))
	return nil
}

// A weather is what was seen in a storm, over all rounds.
type weather struct {
	visitors, dropped     int
	closedHeld, closedNew int64     // connections closed by the gateway, while it had to make room
	p50, p99              []float64 // ms, a value a round
}

// weather lets visitors come for some seconds, to a gateway of their own.
func (l *lab) weather(s storm, seconds int, w *weather) error {
	address, gateway, upstream, err := l.openForStorm()
	if err != nil {
		return err
	}
	var held, fresh holders
	for range s.held {
		if err := held.hold(address, 0, s.returns); err != nil {
			return err
		}
	}
	times := visit(address, seconds, &fresh, w)
	w.closedHeld, w.closedNew = w.closedHeld+held.closed.Load(), w.closedNew+fresh.closed.Load()
	held.leave()
	fresh.leave()
	slices.Sort(times)
	if n := len(times); n > 0 {
		w.p50, w.p99 = append(w.p50, times[n/2]), append(w.p99, times[n*99/100])
	}
	return errors.Join(gateway.stop(), upstream.cmd.Process.Kill())
}

// openForStorm starts the gateway with few files, and what it passes requests to.
func (l *lab) openForStorm() (address string, gateway, upstream *server, err error) {
	var admin, behind string
	for _, a := range []*string{&address, &admin, &behind} {
		if *a, err = freeAddress(); err != nil {
			return "", nil, nil, err
		}
	}
	file := l.file("storm.yaml")
	if err = os.WriteFile(file, fmt.Appendf(nil, stormConfig, address, behind, admin), 0o600); err != nil {
		return "", nil, nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return "", nil, nil, err
	}
	if upstream, err = l.run(behind, loadCore, self, "handler", behind); err != nil {
		return "", nil, nil, err
	}
	command := fmt.Sprintf("ulimit -n %d; exec %s serve --config %s --log-level error", 4*stormBound, l.file("edgeward"), file)
	gateway, err = l.run(address, serverCore, "sh", "-c", command)
	return address, gateway, upstream, err
}

// holders are connections that have asked one request and are kept.
type holders struct {
	closed  atomic.Int64 // by the gateway
	left    atomic.Bool  // nobody holds any more
	returns sync.Mutex   // held for the pause between two that come back

	mu  sync.Mutex
	all []net.Conn
}

// hold connects, asks one request after a while, and keeps the connection.
func (h *holders) hold(address string, after time.Duration, returns bool) error {
	conn, err := net.DialTimeout("tcp", address, stormPatience)
	if err != nil {
		return err
	}
	time.Sleep(after)
	if err := askOn(conn); err != nil {
		return errors.Join(err, conn.Close())
	}
	h.mu.Lock()
	h.all = append(h.all, conn)
	h.mu.Unlock()
	go func() {
		_, _ = io.Copy(io.Discard, conn) // until it is closed
		if h.left.Load() {
			return
		}
		h.closed.Add(1)
		for returns && !h.left.Load() {
			h.returns.Lock()
			time.Sleep(time.Second / stormReturns)
			h.returns.Unlock()
			if h.hold(address, 0, true) == nil {
				return
			}
		}
	}()
	return nil
}

func (h *holders) leave() {
	h.left.Store(true)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, conn := range h.all {
		_ = conn.Close()
	}
}

func askOn(conn net.Conn) error {
	_ = conn.SetDeadline(time.Now().Add(stormPatience))
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: app.example\r\n\r\n"); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	_ = conn.SetDeadline(time.Time{})
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(res.Status)
	}
	return err
}

// visit lets visitors come and returns how long each that got an answer took, in
// ms, without the distance.
func visit(address string, seconds int, fresh *holders, w *weather) (times []float64) {
	var mu sync.Mutex
	var coming sync.WaitGroup
	tick := time.NewTicker(time.Second / stormVisitors)
	defer tick.Stop()
	for range seconds * stormVisitors {
		<-tick.C
		coming.Go(func() {
			began := time.Now()
			err := fresh.hold(address, stormDistance, false)
			took := time.Since(began) - stormDistance
			mu.Lock()
			defer mu.Unlock()
			if w.visitors++; err != nil {
				w.dropped++
				return
			}
			times = append(times, float64(took)/float64(time.Millisecond))
		})
	}
	coming.Wait()
	return times
}

func forecast(results []weather) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintf(t, "%d connections, %d visitors a second\tvisitors\tdropped\tp50 ms\tp99 ms\tp99 × alone\theld closed\tvisitors' closed\n", stormBound, stormVisitors)
	for i, w := range results {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.2f\t%.2f\t%s\t%d\t%d\n", storms[i].name, w.visitors, w.dropped, orNone(w.p50), orNone(w.p99),
			ratioOf(w.p99, results[0].p99), w.closedHeld, w.closedNew)
	}
	t.Flush()
	return b.String()
}

// orNone is the median, or zero where nobody got an answer.
func orNone(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return median(values)
}

// ratioOf is the median of the ratios within a round.
func ratioOf(values, alone []float64) string {
	var ratios []float64
	for i := range min(len(values), len(alone)) {
		ratios = append(ratios, values[i]/alone[i])
	}
	if len(ratios) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", median(ratios))
}
