package issuance

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
)

// The permissions of an API key that are administrative scopes: power over
// Edgeward itself. All other permissions belong to the application.
const (
	ScopeAdmin            = "admin" // may do everything
	ScopeIntrospect       = "introspect"
	ScopeSessionsRead     = "sessions:read"
	ScopeSessionsWrite    = "sessions:write"
	ScopeTokensWrite      = "tokens:write"
	ScopeAPIKeysRead      = "apikeys:read"
	ScopeAPIKeysWrite     = "apikeys:write"
	ScopeRevocationsRead  = "revocations:read"
	ScopeRevocationsWrite = "revocations:write"
	ScopeBansRead         = "bans:read"
	ScopeBansWrite        = "bans:write"
	ScopeBackup           = "backup"
)

var scopes = []string{
	ScopeAdmin, ScopeIntrospect, ScopeSessionsRead, ScopeSessionsWrite, ScopeTokensWrite, ScopeAPIKeysRead, ScopeAPIKeysWrite,
	ScopeRevocationsRead, ScopeRevocationsWrite, ScopeBansRead, ScopeBansWrite, ScopeBackup,
}

// IsScope reports whether p is an administrative scope. It means nothing in a
// session or a token: no API of Edgeward's accepts those.
func IsScope(p string) bool { return slices.Contains(scopes, p) }

// isOperator reports whether id is a user's sign-in at the console, through a
// provider.
func isOperator(id *edgeward.Identity) bool {
	return id.Method == MethodConsole && strings.HasPrefix(id.Session, ConsoleObject)
}

// ExemptFromLogout reports whether id is that of an operator: an API key with an
// administrative scope, or a sign-in at the console. A [revocation.Logout]
// spares those. It can be written by a caller with less power, who could
// otherwise lock all operators out. It is [revocation.Config.Spared].
func ExemptFromLogout(id *edgeward.Identity) bool {
	return isOperator(id) || id.APIKey != "" && slices.ContainsFunc(id.Permissions, IsScope)
}
