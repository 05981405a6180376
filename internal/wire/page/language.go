package page

import (
	_ "embed"
	"strconv"
	"strings"
	"time"
)

// A Language is a catalogue of messages. It is immutable and safe for concurrent use.
type Language struct {
	tag       string // BCP 47, as <html lang> has it
	catalogue string
}

//go:embed en.txt
var messages string

var english = NewLanguage("en", messages)

// English is the language that is always there, and that another one falls back to.
func English() *Language { return english }

// NewLanguage returns the language of a catalogue: a message on each line, its name, a
// colon, a space and its text. A line that begins with # is a comment. It is searched
// as it is: a page says few of them, and most processes show none.
func NewLanguage(tag, catalogue string) *Language { return &Language{tag, "\n" + catalogue} }

// Tag returns the language's BCP 47 tag.
func (l *Language) Tag() string { return l.tag }

// Text returns a message without what stands in its braces, or English where there is none.
func (l *Language) Text(name string) string {
	_, text, found := strings.Cut(l.catalogue, "\n"+name+": ")
	if !found && l != english {
		return english.Text(name)
	}
	text, _, _ = strings.Cut(text, "\n")
	return text
}

// Format returns a message as HTML. Values are names of braces, each with what stands
// in its place, which is HTML already.
func (l *Language) Format(name string, values ...string) string {
	rest := l.Text(name)
	b := make([]byte, 0, 2*len(rest))
	for {
		text, after, found := strings.Cut(rest, "{")
		b = append(b, Escape(text)...)
		if !found {
			return string(b)
		}
		var place string
		place, rest, _ = strings.Cut(after, "}")
		for i := 0; i < len(values); i += 2 {
			if values[i] == place {
				b = append(b, values[i+1]...)
			}
		}
	}
}

// Moment is a point in time, for a user who may be anywhere.
func (l *Language) Moment(t time.Time) string {
	t = t.UTC()
	months := strings.Fields(l.Text("months"))
	month := ""
	if at := int(t.Month()) - 1; at < len(months) {
		month = months[at]
	}
	return l.Format("date", "day", strconv.Itoa(t.Day()), "month", Escape(month), "year", strconv.Itoa(t.Year()), "time", t.Format("15:04"))
}

// Ago says how long ago something was. A use is written down once in a while,
// so nothing is said of the last hours.
func (l *Language) Ago(d time.Duration) string {
	switch hours := int(d.Hours()); {
	case hours < 3:
		return l.Format("ago.recent")
	case hours < 48:
		return l.Format("ago.hours", "n", strconv.Itoa(hours))
	default:
		return l.Format("ago.days", "n", strconv.Itoa(hours/24))
	}
}
