package admin

import (
	"context"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
)

// An operation is one method of one path.
type operation struct {
	method, path string // path may have one segment {id}
	scope        string // "" lets in every client
	status       int    // when it was done
	do           func(ctx context.Context, c *call) (result, error)
}

// operations returns all that the API does.
func operations() []operation {
	return []operation{
		{"POST", "/v1/sessions", adminscope.SessionsWrite, 201, createSession},
		{"GET", "/v1/sessions", adminscope.SessionsRead, 200, listSessions},
		{"DELETE", "/v1/sessions/{id}", adminscope.SessionsWrite, 204, endSession},
		{"POST", "/v1/tokens", adminscope.TokensWrite, 201, mintPair},
		{"POST", "/v1/api-keys", adminscope.APIKeysWrite, 201, createAPIKey},
		{"GET", "/v1/api-keys", adminscope.APIKeysRead, 200, listAPIKeys},
		{"POST", "/v1/api-keys/{id}/rotate", adminscope.APIKeysWrite, 200, rotateAPIKey},
		{"DELETE", "/v1/api-keys/{id}", adminscope.APIKeysWrite, 204, revokeAPIKey},
		{"POST", "/v1/personal-tokens/end", adminscope.APIKeysWrite, 200, endPersonalTokens},
		{"POST", "/v1/revocations", adminscope.RevocationsWrite, 201, revoke},
		{"GET", "/v1/revocations", adminscope.RevocationsRead, 200, listRevocations},
		{"POST", "/v1/subjects/logout", adminscope.RevocationsWrite, 200, logoutEverywhere},
		{"GET", "/v1/bans", adminscope.BansRead, 200, listBans},
		{"DELETE", "/v1/bans/{id}", adminscope.BansWrite, 204, clearBan},
		{"GET", "/v1/backup", adminscope.Backup, 200, backup},
		{"GET", "/v1/openapi.json", "", 200, describe},
	}
}

// A call is what an operation is asked.
type call struct {
	*api
	operation *operation
	in        *endpoint.Call
	by        issuance.By
	caller    *edgeward.Identity // nil where no scope is demanded
	id        string             // in the path
	query     *query
	body      *body // of a POST
}

// A result is what came of an operation.
type result struct {
	document []byte // JSON; nil for none
	created  string // public id of what it created, if it is to be found again
	reply    endpoint.Reply
}

// run reads a request, does the operation and answers.
func (api *api) run(ctx context.Context, o *operation, in *endpoint.Call) (endpoint.Reply, error) {
	c := &call{api: api, operation: o, in: in, by: by(in), caller: in.Identity, id: in.ID}
	text, err := c.read()
	if err != nil {
		return endpoint.Reply{}, err
	}
	if o.method != "GET" {
		// Half of a revocation, or a credential whose answer is not kept, must not be
		// had by hanging up.
		detached, done := issuance.Detached(ctx)
		defer done()
		ctx = detached
	}
	done, err := c.once(ctx, text)
	if err != nil {
		return endpoint.Reply{}, failureOf(err)
	}
	if done.document != nil {
		done.reply.Body, done.reply.MediaType = done.document, "application/json"
	}
	done.reply.Status = o.status
	return done.reply, nil
}

// read reads what is asked. text is the body as it came.
func (c *call) read() (text []byte, err error) {
	if c.query, err = readQuery(c.in.Request.RawQuery); err != nil || !c.operation.hasBody() {
		return nil, err
	}
	if text, err = readBody(c.in); err != nil {
		return nil, err
	}
	c.body, err = parseBody(text)
	return text, err
}

// hasBody reports whether the operation reads a body.
func (o *operation) hasBody() bool { return o.method == "POST" }

// secret is what the client has shown: an API key, or the AdminSecret.
func (c *call) secret() edgeward.Secret {
	shown, err := credential.APIKey(c.in.Request)
	if err != nil {
		shown, _ = credential.Bearer(c.in.Request) // or the client was not authenticated
	}
	return shown.Value
}

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

// describe is GET /v1/openapi.json. The document is no secret.
func describe(_ context.Context, c *call) (result, error) { return result{document: openapi}, c.end() }

// backup is GET /v1/backup.
func backup(ctx context.Context, c *call) (result, error) {
	if err := c.end(); err != nil {
		return result{}, err
	}
	if c.Backup == nil {
		return result{}, issuance.ErrUnsupported
	}
	copied, err := c.Backup(ctx)
	if err != nil {
		return result{}, err
	}
	if c.in.Request.Method != "HEAD" { // which learns the length alone
		c.Authority.HandedOutStore(ctx, c.by)
	}
	name := "edgeward-" + c.Now().UTC().Format("20060102T150405Z") + ".db"
	return result{reply: endpoint.Reply{
		MediaType: "application/vnd.sqlite3", Stream: copied,
		Header: edgeward.Header{"Content-Disposition": {`attachment; filename="` + name + `"`}},
	}}, nil
}
