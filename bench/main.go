// Command bench measures Edgeward over HTTP, in four parts. The doors, beside
// their ceilings and a rival:
//
//   - the decision alone: forward-auth's /verify beside an empty net/http
//     handler and HAProxy's jwt_verify;
//   - the proxy: in front of nginx, beside a bare httputil.ReverseProxy and
//     HAProxy.
//
// The same over TLS: full and resumed handshakes, and requests over HTTP/2 through
// the proxy, beside HAProxy, with jwt_verify and without, and Caddy.
//
// And what remembers, on SQLite: logins and refreshes by few and by many
// clients, then memory and lookups with few and with many rows. And a storm of
// connections: what newcomers see of a listener whose connections others hold.
//
// Each server has core 0 for itself and one thread; the load has core 1. Tokens
// are RS256 with a 2048-bit key: "same" repeats one, "many" walks 20,000 that
// were all seen before. The rounds alternate between the contenders, and what
// counts is the ratio within a round: the numbers of two machines, or of two
// hours of one machine, do not compare.
//
// It needs taskset and, for the doors, from Debian nginx-light, haproxy and wrk; over
// TLS also caddy and nghttp2-client: make bench installs them. The store lies where temporary files do: TMPDIR
// chooses the disk.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
)

// parts are what -only takes.
const parts = "doors, secure, memory or storm"

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	if len(os.Args) > 1 && os.Args[1][0] != '-' {
		if err := serve(os.Args[1], os.Args[2:]); err != nil {
			log.Fatal(err)
		}
		return
	}
	rounds := flag.Int("rounds", 5, "alternating rounds")
	seconds := flag.Int("seconds", 4, "length of one measurement")
	rows := flag.Int("rows", 1_000_000, "sessions, and revocations, in a large store")
	only := flag.String("only", "", "one part: "+parts)
	flag.Parse()
	all := map[string]func(*lab) error{
		"doors":  func(l *lab) error { return doors(l, *rounds, *seconds) },
		"secure": func(l *lab) error { return secure(l, *rounds, *seconds) },
		"memory": func(l *lab) error { return memory(l, *rounds, *seconds, *rows) },
		"storm":  func(l *lab) error { return connections(l, *rounds, *seconds) },
	}
	names := []string{"doors", "secure", "memory", "storm"}
	if *only != "" {
		if names = []string{*only}; all[*only] == nil {
			log.Fatalf("-only %s: want %s", *only, parts)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, name := range names {
		if err := inLab(ctx, all[name]); err != nil {
			stop()
			log.Fatal(err)
		}
	}
}

// inLab runs a part in a folder of its own, with the gateway built, and ends
// every process that it started.
func inLab(ctx context.Context, part func(*lab) error) error {
	ctx, stop := context.WithCancel(ctx)
	l := &lab{ctx: ctx, client: http.DefaultClient}
	defer l.running.Wait()
	defer stop()
	dir, err := os.MkdirTemp("", "edgeward-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l.dir = dir
	if err := l.build(); err != nil {
		return err
	}
	return part(l)
}

// doors measures the decision and the proxy.
func doors(l *lab, rounds, seconds int) error {
	log.Print("minting tokens")
	if err := mint(l.dir); err != nil {
		return err
	}
	log.Print("starting servers")
	decision, proxy, err := l.start()
	if err != nil {
		return err
	}
	for _, match := range []match{
		{"Decision, same token", l.file("same.txt"), decision},
		{"Decision, 20,000 tokens", l.file("many.txt"), decision},
		{"Proxy to nginx, same token", l.file("same.txt"), proxy},
		{"Proxy to nginx, 20,000 tokens", l.file("many.txt"), proxy},
	} {
		table, err := l.play(match, rounds, seconds)
		if err != nil {
			return err
		}
		fmt.Println(table)
	}
	return nil
}
