package account

import (
	"net/netip"
	"strings"

	"github.com/mileusna/useragent"
)

// maxAgent bounds what is shown of a user agent that nobody knows, in bytes.
const maxAgent = 60

// agentName says which browser it was as people say it, "Firefox on Linux". A
// client chooses its user agent freely: what comes back is text like any other,
// to be escaped.
func agentName(raw string) string {
	agent := useragent.Parse(raw)
	switch {
	case strings.TrimSpace(raw) == "":
		return "Unknown device"
	case agent.OS != "" && agent.Name != "" && agent.Name != raw:
		return agent.Name + " on " + agent.OS
	case len(raw) > maxAgent:
		return raw[:maxAgent] + "…"
	}
	return raw
}

func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
