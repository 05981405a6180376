package devidp

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

const (
	keysPath  = "/jwks"
	tokenPath = "/token"
	maxForm   = 16 << 10
)

// Handler serves discovery, the key set and the token endpoint.
func (p *Provider) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.serveMetadata)
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", p.serveMetadata)
	mux.HandleFunc("GET "+keysPath, p.serveKeys)
	mux.HandleFunc("POST "+tokenPath, p.serveToken)
	return mux
}

// metadata is the discovery document (OpenID Connect Discovery 1.0 §3, RFC
// 8414 §2).
type metadata struct {
	Issuer        string          `json:"issuer"`
	TokenEndpoint string          `json:"token_endpoint"`
	KeySet        string          `json:"jwks_uri"`
	Grants        []string        `json:"grant_types_supported"`
	Responses     []string        `json:"response_types_supported"`
	Subjects      []string        `json:"subject_types_supported"`
	Algorithms    []jwt.Algorithm `json:"id_token_signing_alg_values_supported"`
	ClientMethods []string        `json:"token_endpoint_auth_methods_supported"`
	Scopes        []string        `json:"scopes_supported"`
}

func (p *Provider) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, metadata{
		Issuer:        p.config.Issuer,
		TokenEndpoint: p.config.Issuer + tokenPath,
		KeySet:        p.config.Issuer + keysPath,
		Grants:        []string{"client_credentials"},
		Responses:     []string{},
		Subjects:      []string{"public"},
		Algorithms:    []jwt.Algorithm{jwt.RS256},
		ClientMethods: []string{"client_secret_basic", "client_secret_post"},
		Scopes:        p.config.Client.Scopes,
	})
}

func (p *Provider) serveKeys(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "max-age=60")
	_, _ = w.Write(jwks.AppendSet(nil, p.keys.published(p.config.Now())...))
}

// issued is the answer of RFC 6749 §5.1.
type issued struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	Scope       string `json:"scope,omitempty"`
}

// refusal is the answer of RFC 6749 §5.2.
type refusal struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (p *Provider) serveToken(w http.ResponseWriter, hr *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	hr.Body = http.MaxBytesReader(w, hr.Body, maxForm)
	if err := hr.ParseForm(); err != nil {
		answer(w, http.StatusBadRequest, refusal{"invalid_request", "the body is not a form"})
		return
	}
	if !p.authentic(hr) {
		w.Header().Set("WWW-Authenticate", `Basic realm="edgeward dev"`)
		answer(w, http.StatusUnauthorized, refusal{"invalid_client", "unknown client or wrong secret; both are in .edgeward/dev.env"})
		return
	}
	if hr.PostForm.Get("grant_type") != "client_credentials" {
		answer(w, http.StatusBadRequest, refusal{"unsupported_grant_type", "only client_credentials is supported"})
		return
	}
	scopes, ok := p.scopes(hr.PostForm.Get("scope"))
	if !ok {
		answer(w, http.StatusBadRequest, refusal{"invalid_scope", "the client may have: " + strings.Join(p.config.Client.Scopes, " ")})
		return
	}
	client := p.config.Client.ID
	token, err := p.Issue(hr.Context(), client, client, scopes) // RFC 9068 §2.2: the client is the subject
	if err != nil {
		answer(w, http.StatusInternalServerError, refusal{"server_error", "the token could not be signed"})
		return
	}
	answer(w, http.StatusOK, issued{token.Value.Reveal(), "Bearer", int(p.config.Lifetime.Seconds()), strings.Join(scopes, " ")})
}

// authentic reports whether the request comes from the client, by HTTP Basic
// or by the form (RFC 6749 §2.3.1).
func (p *Provider) authentic(hr *http.Request) bool {
	id, secret, basic := hr.BasicAuth()
	if !basic {
		id, secret = hr.PostForm.Get("client_id"), hr.PostForm.Get("client_secret")
	}
	client := p.config.Client
	return !client.Secret.IsZero() && id == client.ID && client.Secret.Equal(edgeward.NewSecret(secret))
}

// scopes returns what is granted of what is asked for; asking for nothing
// means all.
func (p *Provider) scopes(asked string) (granted []string, ok bool) {
	if asked == "" {
		return p.config.Client.Scopes, true
	}
	granted = strings.Fields(asked)
	for _, s := range granted {
		if !slices.Contains(p.config.Client.Scopes, s) {
			return nil, false
		}
	}
	return granted, true
}

func answer(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // a client that is gone needs no answer
}
