package gateway

import (
	"log/slog"
	"time"

	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/setup/assembly"
)

// notes say in the log which claims give nothing. They are safe for concurrent use,
// and outlive reloads.
type notes struct {
	log     *slog.Logger
	counted func(issuer, claim string) // may be nil
	now     func() time.Time
	said    assembly.Notes
}

func carriedNotes(old *System, env Environment) *notes {
	if old != nil {
		return old.notes
	}
	return &notes{log: env.log(), counted: env.Noted, now: time.Now}
}

func (n *notes) note(issuer string, about claim.Note) {
	if n.counted != nil {
		n.counted(issuer, about.Claim)
	}
	if n.said.Due(issuer, about.Claim, n.now()) {
		n.log.Warn("a claim gives nothing, by its form", "issuer", issuer, "claim", about.Claim, "problem", about.Problem)
	}
}
