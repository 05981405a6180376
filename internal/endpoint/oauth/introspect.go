package oauth

import (
	"context"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// introspect is POST /oauth/introspect: RFC 7662.
func (api *api) introspect(ctx context.Context, c *endpoint.Call) (endpoint.Reply, error) {
	f, err := readForm(c)
	if err != nil {
		return endpoint.Reply{}, err
	}
	secret, err := token(f)
	if err != nil {
		return endpoint.Reply{}, err
	}
	what, err := api.authority.Introspect(ctx, secret)
	if err != nil {
		return endpoint.Reply{}, err
	}
	return endpoint.JSON(show(&what)), nil
}

// show is the response of RFC 7662 §2.2. That of a token that is not active says
// nothing else.
func show(what *issuance.Introspection) []byte {
	var w strictjson.Writer
	w.Raw("active", strconv.AppendBool(nil, what.Active))
	if !what.Active {
		return w.End()
	}
	w.Optional("scope", strings.Join(what.Permissions, " "))
	w.Optional("client_id", what.ClientID)
	if !what.Refresh {
		w.String("token_type", "Bearer")
	}
	w.Int("exp", what.Expires.Unix())
	w.Int("iat", what.IssuedAt.Unix())
	w.Optional("sub", what.Subject)
	if len(what.Audience) > 0 {
		w.Strings("aud", what.Audience)
	}
	w.Optional("iss", what.Issuer)
	w.Optional("jti", what.TokenID)
	w.Optional("sid", what.Session)
	return w.End()
}
