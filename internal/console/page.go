package console

import (
	"context"
	"net/http"

	"github.com/edgeward/edgeward/login"
)

// A page is one method of one path.
type page struct {
	method, path string
	section      string // in the navigation
	open         bool   // to who has not signed in
	run          func(ctx context.Context, x *exchange) (answer, error)
}

const (
	livePath         = rootPath + "/live"
	refusalsPath     = rootPath + "/refusals"
	liveRefusalsPath = refusalsPath + "/live"
	signInPath       = rootPath + "/sign-in"
	sessionsPath     = rootPath + "/sessions"
	apiKeysPath      = rootPath + "/api-keys"
	revocationsPath  = rootPath + "/revocations"
	bansPath         = rootPath + "/bans"
	routesPath       = rootPath + "/routes"
	auditPath        = rootPath + "/audit"
)

// pages returns all that the console answers, but for its assets.
func pages() []page {
	const get, post = http.MethodGet, http.MethodPost
	return []page{
		{get, rootPath, "Overview", false, overview},
		{get, livePath, "Overview", false, overviewLive},
		{get, sessionsPath, "Sessions", false, listSessions},
		{get, sessionsPath + "/end", "Sessions", false, askEndSession},
		{post, sessionsPath + "/end", "Sessions", false, endSession},
		{get, sessionsPath + "/everywhere", "Sessions", false, askLogout},
		{post, sessionsPath + "/everywhere", "Sessions", false, logout},
		{get, apiKeysPath, "API keys", false, listAPIKeys},
		{get, apiKeysPath + "/new", "API keys", false, askAPIKey},
		{post, apiKeysPath + "/new", "API keys", false, createAPIKey},
		{get, apiKeysPath + "/rotate", "API keys", false, askRotation},
		{post, apiKeysPath + "/rotate", "API keys", false, rotateAPIKey},
		{get, apiKeysPath + "/revoke", "API keys", false, askEndAPIKey},
		{post, apiKeysPath + "/revoke", "API keys", false, endAPIKey},
		{get, revocationsPath, "Revocations", false, listRevocations},
		{get, revocationsPath + "/new", "Revocations", false, askRevocation},
		{post, revocationsPath + "/new", "Revocations", false, revoke},
		{get, bansPath, "Bans", false, listBans},
		{get, bansPath + "/clear", "Bans", false, askClearBan},
		{post, bansPath + "/clear", "Bans", false, clearBan},
		{get, routesPath, "Routes", false, showRoutes},
		{get, refusalsPath, "Refusals", false, showRefusals},
		{get, liveRefusalsPath, "Refusals", false, refusalsLive},
		{get, auditPath, "Audit", false, showAudit},
		{get, signInPath, "", true, askSignIn},
		{post, signInPath, "", true, signIn},
		{get, rootPath + "/login", "", true, beginLogin},
		{get, login.ConsoleCallbackPath, "", true, finishLogin},
		{post, rootPath + "/sign-out", "", false, signOut},
	}
}

// find returns the page, and the methods that the path has: none when there is
// no such path.
func (c *Console) find(method, path string) (p *page, methods []string) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for at := range c.pages {
		if candidate := &c.pages[at]; candidate.path == path {
			methods = append(methods, candidate.method)
			if candidate.method == method {
				p = candidate
			}
		}
	}
	return p, methods
}

// A section is an entry of the navigation.
type section struct {
	Name, Path string
	has        func(*Config) bool // nil: always there
}

var sections = []section{
	{"Overview", rootPath, nil},
	{"Sessions", sessionsPath, func(c *Config) bool { return c.Authority.Sessions != nil }},
	{"API keys", apiKeysPath, nil},
	{"Revocations", revocationsPath, nil},
	{"Bans", bansPath, func(c *Config) bool { return c.Authority.Limits != nil }},
	{"Routes", routesPath, nil},
	{"Refusals", refusalsPath, nil},
	{"Audit", auditPath, func(c *Config) bool { return c.AuditFile != "" }},
}
