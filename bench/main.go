// Command bench measures Edgeward over HTTP beside its ceilings and a rival:
//
//   - the decision alone: forward-auth's /verify beside an empty net/http
//     handler and HAProxy's jwt_verify;
//   - the proxy: in front of nginx, beside a bare httputil.ReverseProxy and
//     HAProxy.
//
// Each server has core 0 for itself and one thread; wrk and nginx share core 1.
// Tokens are RS256 with a 2048-bit key: "same" repeats one, "many" walks 20,000
// that were all seen before. The rounds alternate between the contenders, and
// what counts is the ratio within a round: the numbers of two machines, or of
// two hours of one machine, do not compare.
//
// It needs taskset and, from Debian, nginx-light, haproxy and wrk: make bench
// installs them.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	if len(os.Args) > 1 && os.Args[1][0] != '-' {
		log.Fatal(serve(os.Args[1], os.Args[2:]))
	}
	rounds := flag.Int("rounds", 5, "alternating rounds")
	seconds := flag.Int("seconds", 4, "length of one measurement")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, *rounds, *seconds); err != nil {
		stop()
		log.Fatal(err)
	}
}

func bench(ctx context.Context, rounds, seconds int) error {
	ctx, stop := context.WithCancel(ctx)
	l := &lab{ctx: ctx}
	defer l.running.Wait()
	defer stop() // ends every process that the lab started
	dir, err := os.MkdirTemp("", "edgeward-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l.dir = dir
	log.Print("minting tokens")
	if err := mint(dir); err != nil {
		return err
	}
	log.Print("starting servers")
	decision, proxy, err := l.start()
	if err != nil {
		return err
	}
	for _, match := range []match{
		{"Decision, same token", filepath.Join(dir, "same.txt"), decision},
		{"Decision, 20,000 tokens", filepath.Join(dir, "many.txt"), decision},
		{"Proxy to nginx, same token", filepath.Join(dir, "same.txt"), proxy},
		{"Proxy to nginx, 20,000 tokens", filepath.Join(dir, "many.txt"), proxy},
	} {
		table, err := l.play(match, rounds, seconds)
		if err != nil {
			return err
		}
		fmt.Println(table)
	}
	return nil
}
