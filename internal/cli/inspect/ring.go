package inspect

import (
	"fmt"
	"io"
	"time"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
)

// A ringKey is a key of a ring as it is listed.
type ringKey struct {
	ID        string        `json:"kid"`
	Algorithm jwt.Algorithm `json:"alg"`
	State     string        `json:"state"` // "active", "pending" or "retired"
	Signs     bool          `json:"signs"`
	Activates time.Time     `json:"activates,omitzero"`
	Retires   time.Time     `json:"retires,omitzero"`
}

func ringKeys(ring *keyring.Ring, now time.Time) []ringKey {
	signs := ""
	if signer, err := ring.Signer(now); err == nil {
		signs = signer.KeyID()
	}
	list := []ringKey{}
	for _, k := range ring.Keys() {
		row := ringKey{ID: k.ID, Algorithm: k.Algorithm, State: "active", Signs: k.ID == signs, Activates: utc(k.Activates), Retires: utc(k.Retires)}
		switch {
		case !k.Retires.IsZero() && !k.Retires.After(now):
			row.State = "retired"
		case k.Activates.After(now):
			row.State = "pending"
		}
		list = append(list, row)
	}
	return list
}

// utc leaves the zero time alone.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

// Ring lists the keys of a ring, as JSON or for a person.
func Ring(w io.Writer, ring *keyring.Ring, now time.Time, asJSON bool) error {
	list := ringKeys(ring, now)
	if asJSON {
		return ui.JSON(w, list)
	}
	return ui.Columns(w, "KID\tALG\tSTATE\tSIGNS FROM\tVERIFIES UNTIL", func(w io.Writer) {
		for _, k := range list {
			state := k.State
			if k.Signs {
				state = "signs"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", ui.Cell(k.ID), k.Algorithm, state, moment(k.Activates, now), moment(k.Retires, now))
		}
	})
}

// moment is a time in a column, "-" when there is none.
func moment(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return ui.Clock(t, now)
}
