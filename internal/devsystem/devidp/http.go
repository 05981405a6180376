package devidp

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

const (
	keysPath      = "/jwks"
	tokenPath     = "/token"
	authorizePath = "/authorize"
	logoutPath    = "/logout"
	maxForm       = 16 << 10
)

// Handler serves the endpoints that discovery names.
func (p *Provider) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.serveMetadata)
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", p.serveMetadata)
	mux.HandleFunc("GET "+keysPath, p.serveKeys)
	mux.HandleFunc("POST "+tokenPath, p.serveToken)
	mux.HandleFunc("GET "+authorizePath, p.serveAuthorize)
	mux.HandleFunc("GET "+logoutPath, p.serveLogout)
	own := http.NewCrossOriginProtection() // nobody else's page presses these buttons
	mux.Handle("POST "+authorizePath, own.Handler(http.HandlerFunc(p.serveSignIn)))
	mux.Handle("POST "+logoutPath, own.Handler(http.HandlerFunc(p.serveSignOut)))
	return mux
}

// metadata is the discovery document (OpenID Connect Discovery 1.0 §3, RFC
// 8414 §2, RFC 9207 §3, RP-Initiated Logout 1.0 §2.1, Back-Channel Logout 1.0
// §2.1).
type metadata struct {
	Issuer        string          `json:"issuer"`
	Authorization string          `json:"authorization_endpoint"`
	Token         string          `json:"token_endpoint"`
	EndSession    string          `json:"end_session_endpoint"`
	KeySet        string          `json:"jwks_uri"`
	Grants        []string        `json:"grant_types_supported"`
	Responses     []string        `json:"response_types_supported"`
	Modes         []string        `json:"response_modes_supported"`
	Challenges    []string        `json:"code_challenge_methods_supported"`
	Prompts       []string        `json:"prompt_values_supported"`
	NamesIssuer   bool            `json:"authorization_response_iss_parameter_supported"`
	Backchannel   bool            `json:"backchannel_logout_supported"`
	BackchannelID bool            `json:"backchannel_logout_session_supported"`
	Subjects      []string        `json:"subject_types_supported"`
	Algorithms    []jwt.Algorithm `json:"id_token_signing_alg_values_supported"`
	ClientMethods []string        `json:"token_endpoint_auth_methods_supported"`
	Scopes        []string        `json:"scopes_supported"`
	Claims        []string        `json:"claims_supported"`
}

func (p *Provider) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, metadata{
		Issuer:        p.config.Issuer,
		Authorization: p.config.Issuer + authorizePath,
		Token:         p.config.Issuer + tokenPath,
		EndSession:    p.config.Issuer + logoutPath,
		KeySet:        p.config.Issuer + keysPath,
		Grants:        []string{clientCredentials, authorizationCode},
		Responses:     []string{"code"},
		Modes:         []string{"query"},
		Challenges:    []string{"S256"},
		Prompts:       []string{promptNone, promptLogin, promptSelect},
		NamesIssuer:   true,
		Backchannel:   true,
		BackchannelID: true,
		Subjects:      []string{"public"},
		Algorithms:    []jwt.Algorithm{jwt.RS256},
		ClientMethods: []string{"client_secret_basic", "client_secret_post"},
		Scopes:        slices.Concat(identityScopes, p.config.Client.Scopes),
		Claims:        []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "sid", "name", "preferred_username", "email", "email_verified", "roles", "groups"},
	})
}

func (p *Provider) serveKeys(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "max-age=60")
	_, _ = w.Write(jwks.AppendSet(nil, p.keys.published(p.config.Now())...))
}

func answer(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // a client that is gone needs no answer
}
