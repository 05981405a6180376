package main

import (
	"fmt"
	"log"
)

// A load is one row of a comparison by rate.
type load struct {
	name string
	rate func() (float64, error)
}

// traffic measures logins and refreshes by how many ask at once: writers who
// wait together share an fsync.
func (l *lab) traffic(h *home, rounds, seconds int) error {
	s, err := l.open(h)
	if err != nil {
		return err
	}
	chains := make([]chain, 64)
	for i := range chains {
		if chains[i], err = h.begin(); err != nil {
			return err
		}
	}
	logins := func(clients int) load {
		return load{crowdOf(clients), func() (float64, error) { return rate(clients, seconds, h.logIn) }}
	}
	refreshes := func(clients int) load {
		return load{crowdOf(clients), func() (float64, error) {
			return rate(clients, seconds, func(client int) error { return h.refresh(&chains[client]) })
		}}
	}
	disk := load{"(one page and its fsync)", func() (float64, error) { return fsyncs(h.dir, seconds) }}
	if err := alternate("Logins", rounds, logins(1), logins(64), logins(crowd), disk); err != nil {
		return err
	}
	if err := alternate("Refreshes", rounds, refreshes(1), refreshes(len(chains)), disk); err != nil {
		return err
	}
	return s.stop()
}

func crowdOf(clients int) string {
	if clients == 1 {
		return "1 client"
	}
	return fmt.Sprintf("%d clients", clients)
}

// alternate measures loads in turns and prints how they compare.
func alternate(title string, rounds int, loads ...load) error {
	names, rates := make([]string, len(loads)), make([][]float64, len(loads))
	for round := range rounds {
		log.Printf("%s: round %d of %d", title, round+1, rounds)
		for i, one := range loads {
			r, err := one.rate()
			if err != nil {
				return err
			}
			names[i], rates[i] = one.name, append(rates[i], r)
		}
	}
	fmt.Println(compare(title, "a second", "of the first row", names, rates))
	return nil
}
