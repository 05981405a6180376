package main

import (
	"fmt"
	"log"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// A resident is a home whose server runs beside those of others.
type resident struct {
	name string
	home *home
}

// remembering measures what rows in the store cost: memory, the time to start,
// and lookups. Every round starts the servers anew, so that each session is
// looked up for the first time; the lookups of all of them alternate.
func (l *lab) remembering(rounds int, all []resident) error {
	m := make(measured, len(all))
	for round := range rounds {
		log.Printf("Lookups: round %d of %d", round+1, rounds)
		servers := make([]*server, len(all))
		for i, r := range all {
			began := time.Now()
			var err error
			if servers[i], err = l.open(r.home); err != nil {
				return err
			}
			if err := m[i].start(servers[i], time.Since(began)); err != nil {
				return err
			}
		}
		if err := m.look(all); err != nil {
			return err
		}
		for i, s := range servers {
			if err := m[i].end(s); err != nil {
				return err
			}
		}
	}
	m.print(all)
	return nil
}

// A figure is what was measured of one resident, a value a round.
type figure struct {
	ready         []float64 // seconds from the start
	before, after []float64 // MB that are resident, before and after the lookups
	cold, warm    []float64 // µs of a request whose session has to be read, and of one that is remembered
}

type measured []figure

func (f *figure) start(s *server, took time.Duration) error {
	mb, err := s.resident()
	f.ready, f.before = append(f.ready, took.Seconds()), append(f.before, mb)
	return err
}

func (f *figure) end(s *server) error {
	mb, err := s.resident()
	f.after = append(f.after, mb)
	if err != nil {
		return err
	}
	return s.stop()
}

// look visits every home with each of its cookies, and at once again.
func (m measured) look(all []resident) error {
	cold, warm := make([][]float64, len(all)), make([][]float64, len(all))
	for n := range kept {
		for i, r := range all {
			for _, times := range []*[]float64{&cold[i], &warm[i]} {
				took, err := r.home.visit(r.home.cookies[n%len(r.home.cookies)])
				if err != nil {
					return fmt.Errorf("%s: %w", r.name, err)
				}
				*times = append(*times, float64(took)/float64(time.Microsecond))
			}
		}
	}
	for i := range all {
		m[i].cold, m[i].warm = append(m[i].cold, median(cold[i])), append(m[i].warm, median(warm[i]))
	}
	return nil
}

func (m measured) print(all []resident) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "In the store\tMB before\tMB after the lookups\tready after")
	for i, r := range all {
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.1f s\n", r.name, median(m[i].before), median(m[i].after), median(m[i].ready))
	}
	w.Flush()
	fmt.Println(b.String())
	names := make([]string, len(all))
	lookups, remembered, read := make([][]float64, len(all)), make([][]float64, len(all)), make([][]float64, len(all))
	for i, r := range all {
		names[i], lookups[i], remembered[i] = r.name, m[i].cold, m[i].warm
		read[i] = slices.Clone(m[i].cold)
		for round := range read[i] {
			read[i][round] -= m[i].warm[round]
		}
	}
	fmt.Println(compare("A session that is read", "µs", "of the first row", names, lookups))
	fmt.Println(compare("A session that is remembered", "µs", "of the first row", names, remembered))
	fmt.Println(compare("The difference", "µs", "of the first row", names, read))
}
