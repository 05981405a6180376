package account

import (
	"net/netip"
	"strings"

	"github.com/edgeward/edgeward/internal/wire/page"
)

// maxAgent bounds what is shown of a user agent that is unknown, in bytes.
const maxAgent = 60

// What a user agent says, and what users call it. The first that fits holds: many
// name others, for the sake of servers that ask for those.
var (
	browsers = [...][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Vivaldi/", "Vivaldi"}, {"SamsungBrowser/", "Samsung Browser"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = [...][2]string{
		{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iOS"}, {"iPad", "iOS"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// agentName says which browser it was as users say it, "Firefox on Linux". A
// client chooses its user agent freely: what comes back is text like any other,
// to be escaped.
func agentName(l *page.Language, raw string) string {
	browser, system := named(raw, browsers[:]), named(raw, systems[:])
	switch {
	case strings.TrimSpace(raw) == "":
		return l.Text("device.unknown")
	case browser != "" && system != "":
		return l.Format("device.on", "browser", browser, "system", system)
	case len(raw) > maxAgent:
		return raw[:maxAgent] + "…"
	}
	return raw
}

func named(raw string, names [][2]string) string {
	for _, name := range names {
		if strings.Contains(raw, name[0]) {
			return name[1]
		}
	}
	return ""
}

func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
