package oauth

import (
	"context"

	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// public is how long others may keep what is published, in seconds: half of
// keyring.DefaultDelay, so that a new key is known before it signs.
const public = "public, max-age=300"

// keys is GET /.well-known/jwks.json.
func (api *api) keys(context.Context, *endpoint.Call) (endpoint.Reply, error) {
	return endpoint.Reply{
		Body: api.authority.Minter.Ring.AppendPublic(nil, api.now()), MediaType: "application/jwk-set+json", Cache: public,
	}, nil
}

// describe is GET /.well-known/oauth-authorization-server.
func (api *api) describe(context.Context, *endpoint.Call) (endpoint.Reply, error) {
	return endpoint.Reply{Body: api.metadata, MediaType: "application/json", Cache: public}, nil
}

// metadata is the document of RFC 8414 §2. No response type is supported since
// nothing is authorized here: the application signs its users in.
func metadata(issuer, origin string) []byte {
	none := []string{"none"}
	var w strictjson.Writer
	w.String("issuer", issuer)
	w.String("token_endpoint", origin+TokenPath)
	w.String("jwks_uri", origin+KeysPath)
	w.Strings("response_types_supported", nil)
	w.Strings("grant_types_supported", []string{"refresh_token"})
	w.Strings("token_endpoint_auth_methods_supported", none)
	w.String("revocation_endpoint", origin+RevocationPath)
	w.Strings("revocation_endpoint_auth_methods_supported", none)
	w.String("introspection_endpoint", origin+IntrospectionPath)
	w.Strings("introspection_endpoint_auth_methods_supported", []string{"Bearer"})
	return w.End()
}
