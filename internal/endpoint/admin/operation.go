package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
)

// An operation is one method of one path.
type operation struct {
	method, path string // path may have one segment {id}
	scope        string // "" lets anybody
	status       int    // when it was done
	run          func(ctx context.Context, c *call) (result, error)
	send         func(ctx context.Context, x *exchange) error // writes the answer itself, instead of run
}

// operations returns all that the API does.
func operations() []operation {
	return []operation{
		{"POST", "/v1/sessions", issuance.ScopeSessionsWrite, 201, createSession, nil},
		{"GET", "/v1/sessions", issuance.ScopeSessionsRead, 200, listSessions, nil},
		{"DELETE", "/v1/sessions/{id}", issuance.ScopeSessionsWrite, 204, endSession, nil},
		{"POST", "/v1/tokens", issuance.ScopeTokensWrite, 201, mintPair, nil},
		{"POST", "/v1/api-keys", issuance.ScopeAPIKeysWrite, 201, createAPIKey, nil},
		{"GET", "/v1/api-keys", issuance.ScopeAPIKeysRead, 200, listAPIKeys, nil},
		{"POST", "/v1/api-keys/{id}/rotate", issuance.ScopeAPIKeysWrite, 200, rotateAPIKey, nil},
		{"DELETE", "/v1/api-keys/{id}", issuance.ScopeAPIKeysWrite, 204, revokeAPIKey, nil},
		{"POST", "/v1/revocations", issuance.ScopeRevocationsWrite, 201, revoke, nil},
		{"GET", "/v1/revocations", issuance.ScopeRevocationsRead, 200, listRevocations, nil},
		{"POST", "/v1/subjects/logout", issuance.ScopeRevocationsWrite, 200, logoutEverywhere, nil},
		{"GET", "/v1/bans", issuance.ScopeBansRead, 200, listBans, nil},
		{"DELETE", "/v1/bans/{id}", issuance.ScopeBansWrite, 204, clearBan, nil},
		{"GET", "/v1/backup", issuance.ScopeBackup, 200, nil, backup},
		{"GET", "/v1/openapi.json", "", 200, nil, describe},
	}
}

// find returns the operation and the {id} in path. The methods are those that
// the path has, empty when there is no such path.
func (api *API) find(method, path string) (o *operation, id string, methods []string) {
	for at := range api.operations {
		candidate := &api.operations[at]
		found, fits := match(candidate.path, path)
		if !fits {
			continue
		}
		methods = append(methods, candidate.method)
		if candidate.method == method {
			o, id = candidate, found
		}
	}
	return o, id, methods
}

// match compares path with a pattern and returns what stands for {id}.
func match(pattern, path string) (id string, ok bool) {
	before, after, templated := strings.Cut(pattern, "{id}")
	if !templated {
		return "", pattern == path
	}
	rest, ok := strings.CutPrefix(path, before)
	if !ok {
		return "", false
	}
	id, ok = strings.CutSuffix(rest, after)
	return id, ok && id != "" && !strings.Contains(id, "/")
}

// A call is what an operation is told.
type call struct {
	*API
	by     issuance.By
	caller *edgeward.Identity
	secret edgeward.Secret // the caller's API key
	id     string          // in the path
	query  *query
	body   *body // of a POST
}

// A result is what an operation made.
type result struct {
	document []byte // JSON; nil for none
	created  string // public id of what it created, if it is to be found again
}

// deedTimeout bounds what a change may take, whatever its client does.
const deedTimeout = 30 * time.Second

// hasBody reports whether the operation reads a body.
func (o *operation) hasBody() bool { return o.method == http.MethodPost }

// changes reports whether the operation changes anything.
func (o *operation) changes() bool { return o.method != http.MethodGet }

// end refuses a request that says anything wrong or unknown. Nothing is done
// before.
func (c *call) end() error {
	if c.body != nil {
		if err := c.body.end(); err != nil {
			return err
		}
	}
	return c.query.end()
}
