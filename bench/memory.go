package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"strconv"
)

// few is how many sessions a small store has.
const few = 1000

// memory measures what remembers.
func memory(l *lab, rounds, seconds, rows int) error {
	fresh, err := l.home("fresh")
	if err != nil {
		return err
	}
	small, err := l.filled("small", few, 0)
	if err != nil {
		return err
	}
	large, err := l.filled("large", rows, 0)
	if err != nil {
		return err
	}
	revoked, err := l.filled("revoked", few, rows)
	if err != nil {
		return err
	}
	if err := onLoadCore(); err != nil {
		return err
	}
	if err := l.traffic(fresh, rounds, seconds); err != nil {
		return err
	}
	return l.remembering(rounds, []resident{
		{fmt.Sprintf("%d sessions", few), small},
		{fmt.Sprintf("%d sessions", rows), large},
		{fmt.Sprintf("%d sessions, %d revocations", few, rows), revoked},
	})
}

// filled makes a home with that many sessions and revocations.
func (l *lab) filled(name string, sessions, revocations int) (*home, error) {
	log.Printf("filling a store with %d sessions and %d revocations", sessions, revocations)
	h, err := l.home(name)
	if err == nil {
		err = h.signIn(sessions)
	}
	if err == nil && revocations > 0 {
		err = h.revoke(revocations)
	}
	return h, err
}

// onLoadCore moves this process, which is the load, away from the servers.
func onLoadCore() error {
	if out, err := exec.Command("taskset", "-a", "-c", "-p", loadCore, strconv.Itoa(os.Getpid())).CombinedOutput(); err != nil {
		return fmt.Errorf("taskset: %w\n%s", err, out)
	}
	return nil
}
