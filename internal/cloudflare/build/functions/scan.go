package functions

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// anyMethod stands for a plain onRequest.
const anyMethod = "*"

// handlers are the names that Pages calls, and for which method.
var handlers = map[string]string{
	"onRequest": anyMethod, "onRequestGet": "GET", "onRequestPost": "POST", "onRequestPut": "PUT", "onRequestPatch": "PATCH",
	"onRequestDelete": "DELETE", "onRequestHead": "HEAD", "onRequestOptions": "OPTIONS",
}

var (
	declared   = regexp.MustCompile(`(?m)^[ \t]*export\s+(?:async\s+)?(?:const|let|var|function\*?|class)\s+(onRequest\w*)`)
	listed     = regexp.MustCompile(`(?m)^[ \t]*export\s*\{([^}]*)\}`)
	passedOn   = regexp.MustCompile(`(?m)^[ \t]*export\s*\*\s*from\b`)
	mentioned  = regexp.MustCompile(`\bonRequest\w*`)
	identifier = regexp.MustCompile(`^\w+$`)
)

// A scanned module is what its text shows.
type scanned struct {
	methods []string
	doubts  []string
	hints   Hints
}

// scan reads the text of a module. A name that may be exported and is not seen
// to be is a doubt: a route that nobody hears of would be one too many.
func scan(text string) scanned {
	s := scanned{hints: hintsIn(text)}
	known := map[string]bool{}
	for _, name := range exported(text) {
		if method, ok := handlers[name]; ok && !known[name] {
			s.methods = append(s.methods, method)
		}
		known[name] = true
	}
	for _, name := range mentioned.FindAllString(text, -1) {
		if _, ok := handlers[name]; ok && !known[name] {
			s.doubts = append(s.doubts, fmt.Sprintf("it mentions %s, and was not seen to export it", name))
			known[name] = true
		}
	}
	if passedOn.MatchString(text) {
		s.doubts = append(s.doubts, "it exports what another module does, which was not followed")
	}
	return s
}

// CheckMiddleware wants the text of a module to export onRequest and nothing for
// single methods: who imports onRequest from it alone would leave those out.
func CheckMiddleware(text string) error {
	found := scan(text)
	if len(found.doubts) > 0 {
		return fmt.Errorf("functions: %s", found.doubts[0])
	}
	if !slices.Equal(found.methods, []string{anyMethod}) {
		return errors.New("functions: it has to export onRequest, and none of onRequestGet and the like: tell methods apart in onRequest by context.request.method")
	}
	return nil
}

// exported returns the names that declarations and lists export.
func exported(text string) (names []string) {
	for _, m := range declared.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	for _, m := range listed.FindAllStringSubmatch(text, -1) {
		for item := range strings.SplitSeq(m[1], ",") {
			words := strings.Fields(item)
			if len(words) == 0 || words[0] == "type" && len(words) > 1 {
				continue
			}
			if last := words[len(words)-1]; identifier.MatchString(last) {
				names = append(names, last)
			}
		}
	}
	return names
}

// Hints are words in a module from which a person can tell what it asks.
type Hints struct {
	Refuses     bool // 401
	Forbids     bool // 403
	Bearer      bool // Authorization
	Session     bool // Cookie
	APIKey      bool // X-API-Key
	CORS        bool
	GivesCookie bool
}

var (
	refuses     = regexp.MustCompile(`\b401\b|(?i:unauthorized)`)
	forbids     = regexp.MustCompile(`\b403\b|(?i:forbidden)`)
	bearerField = regexp.MustCompile("(?i)[\"'`]authorization[\"'`]|\\bheaders\\.authorization\\b")
	cookieField = regexp.MustCompile("(?i)[\"'`]cookie[\"'`]|\\bheaders\\.cookie\\b")
	apiKeyField = regexp.MustCompile("(?i)[\"'`]x-api-key[\"'`]")
	cors        = regexp.MustCompile(`(?i)access-control-allow-origin`)
	givesCookie = regexp.MustCompile(`(?i)\bset-cookie\b`)
)

func hintsIn(text string) Hints {
	return Hints{
		Refuses: refuses.MatchString(text), Forbids: forbids.MatchString(text),
		Bearer: bearerField.MatchString(text), Session: cookieField.MatchString(text), APIKey: apiKeyField.MatchString(text),
		CORS: cors.MatchString(text), GivesCookie: givesCookie.MatchString(text),
	}
}

func (h Hints) and(other Hints) Hints {
	return Hints{
		h.Refuses || other.Refuses, h.Forbids || other.Forbids, h.Bearer || other.Bearer, h.Session || other.Session,
		h.APIKey || other.APIKey, h.CORS || other.CORS, h.GivesCookie || other.GivesCookie,
	}
}

// Strategies returns what the hints suggest for authenticate; none when nothing
// looks at a credential.
func (h Hints) Strategies() (names []string) {
	if h.Bearer || h.Refuses && !h.Session && !h.APIKey {
		names = append(names, "bearer")
	}
	if h.Session {
		names = append(names, "session")
	}
	if h.APIKey {
		names = append(names, "api_key")
	}
	return slices.Clip(names)
}

// Seen says in words what the hints are, "" for none.
func (h Hints) Seen() string {
	var words []string
	for _, hint := range []struct {
		there bool
		words string
	}{
		{h.Bearer, "reads Authorization"}, {h.Session, "reads Cookie"}, {h.APIKey, "reads X-API-Key"},
		{h.Refuses, "answers 401"}, {h.Forbids, "answers 403"}, {h.CORS, "speaks CORS"}, {h.GivesCookie, "sets cookies"},
	} {
		if hint.there {
			words = append(words, hint.words)
		}
	}
	return strings.Join(words, ", ")
}
