package oauth

import (
	"context"
	"encoding/json"

	"github.com/edgeward/edgeward"
)

// public is how long others may keep what is published, in seconds: half of
// keyring.DefaultDelay, so that a new key is known before it signs.
const public = "public, max-age=300"

// keys is GET /.well-known/jwks.json.
func (api *API) keys(_ context.Context, x *exchange, _ *edgeward.Request) error {
	x.ok = reply{
		body:      api.authority.Minter.Ring.AppendPublic(nil, api.now()),
		mediaType: "application/jwk-set+json", cache: public,
	}
	return nil
}

// describe is GET /.well-known/oauth-authorization-server.
func (api *API) describe(_ context.Context, x *exchange, _ *edgeward.Request) error {
	x.ok = reply{body: api.metadata, mediaType: "application/json", cache: public}
	return nil
}

// metadata is the document of RFC 8414 §2. No response type is supported since
// nothing is authorized here: the application signs its users in.
func metadata(issuer, origin string) []byte {
	document, _ := json.Marshal(struct {
		Issuer                   string   `json:"issuer"`
		TokenEndpoint            string   `json:"token_endpoint"`
		KeysURI                  string   `json:"jwks_uri"`
		ResponseTypes            []string `json:"response_types_supported"`
		GrantTypes               []string `json:"grant_types_supported"`
		TokenAuthMethods         []string `json:"token_endpoint_auth_methods_supported"`
		RevocationEndpoint       string   `json:"revocation_endpoint"`
		RevocationAuthMethods    []string `json:"revocation_endpoint_auth_methods_supported"`
		IntrospectionEndpoint    string   `json:"introspection_endpoint"`
		IntrospectionAuthMethods []string `json:"introspection_endpoint_auth_methods_supported"`
	}{
		issuer, origin + TokenPath, origin + KeysPath, []string{}, []string{"refresh_token"}, []string{"none"},
		origin + RevocationPath, []string{"none"}, origin + IntrospectionPath, []string{"Bearer"},
	}) // of strings: no error is possible
	return document
}
