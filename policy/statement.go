package policy

// A Statement is what one file says about the paths that it holds for. A nil
// field is silent: the nearest statement above speaks for it. A field that is
// there replaces what stands above, also when it is empty.
type Statement struct {
	// Source names the file in messages: "routes/api/_middleware.yaml". In a
	// member of Methods it is ignored.
	Source string

	// Authenticate names the strategies that may prove who is asking, in the
	// order in which they look. Empty makes the paths public: permissions,
	// issuers and audiences that stand above no longer apply.
	Authenticate *[]string
	Permissions  *[]string // all of them required; each an RFC 6749 §3.3 scope-token
	Issuers      *[]string // any of them, exact; empty accepts every configured issuer
	Audiences    *[]string // any of them, exact; empty accepts what the issuer's rules accept

	Fallback          *Fallback
	CORS              *CORS // the zero CORS switches it off below
	Upstream          *string
	ForwardCredential *bool
	Assertion         *bool

	// Methods overrides keys for one method each. HEAD uses GET's override in
	// a statement that has none for HEAD. Its members have no Methods.
	Methods map[string]Statement
}

// A File is a statement at its place in the tree.
type File struct {
	// Path is the slash-separated path in the routes folder without extension:
	// "api/_middleware", "api/[id]", "api/users/[[path]]", "index".
	Path      string
	Statement Statement
}
