package doorstest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// A Shape is how an issuer documents its tokens, what is configured for it, and who
// its user is then. The issuers are those of the table in docs/issuers.md.
type Shape struct {
	Name   string
	Entry  string // of issuers, beside issuer, audiences and secret: JSON, which is YAML, too
	Claims string // beside iss, aud, iat and exp: JSON

	Subject                             string // "" where the token is refused
	Permissions, Groups, Username, Mail string // as fields: between spaces, between "|"
}

// ShapeSecret is what the configuration calls env:SHAPES.
const ShapeSecret = "shapes-shapes-0123456789-abcdefghij"

func (s Shape) issuer() string {
	return "https://" + strings.ReplaceAll(strings.ToLower(s.Name), " ", "-") + ".example/"
}

// Token returns a token of that shape.
func (s Shape) Token(t testing.TB) string {
	t.Helper()
	key, err := jwt.HMACKey("", jwt.HS256, edgeward.NewSecret(ShapeSecret))
	must(t, err)
	signer, err := jwt.HMACSigner(key)
	must(t, err)
	claims := map[string]any{}
	must(t, json.Unmarshal([]byte(s.Claims), &claims))
	now := time.Now().Unix()
	for name, value := range map[string]any{"iss": s.issuer(), "aud": audience, "iat": now, "exp": now + 300} {
		claims[name] = value
	}
	payload, err := json.Marshal(claims)
	must(t, err)
	token, err := jwt.Sign(context.Background(), signer, "JWT", payload)
	must(t, err)
	return token
}

// Fields returns the header fields by which an application learns what s says, by
// their names; "" is no field.
func (s Shape) Fields() map[string]string {
	return map[string]string{"X-Auth-Subject": s.Subject, "X-Auth-Permissions": s.Permissions, "X-Groups": s.Groups, "X-User": s.Username, "X-Mail": s.Mail}
}

// ShapesConfiguration returns a configuration that accepts the tokens of all shapes,
// JSON, with the members of more.
func ShapesConfiguration(more string) string {
	var entries []string
	for _, s := range Shapes() {
		entry := fmt.Sprintf(`{"issuer":%q,"audiences":[%q],"secret":"env:SHAPES"`, s.issuer(), audience)
		if s.Entry != "" {
			entry += "," + s.Entry
		}
		entries = append(entries, entry+"}")
	}
	return `{` + more + `,"issuers":[` + strings.Join(entries, ",\n") + `],"routes":{"_middleware":{"authenticate":["bearer"],` +
		`"headers":{"X-Groups":{"from":"groups","separator":"|"},"X-User":"username","X-Mail":"email"}}}}`
}

// Shapes returns the table.
func Shapes() []Shape {
	return []Shape{
		{Name: "Auth0", Entry: `"permissions":{"claim":"https://app.example/roles","map":{"editor":["articles:write"]}},"permission_claims":["scope"]`,
			Claims:  `{"sub":"auth0|1","azp":"c","scope":"openid","permissions":["delete:all"],"https://app.example/roles":["editor","other"]}`,
			Subject: "auth0|1", Permissions: "articles:write openid"},
		{Name: "Okta", Entry: `"groups":{"claim":"groups","only":["app-*"]},"username":"sub"`,
			Claims:  `{"sub":"ada@example.com","uid":"00u1","cid":"c","ver":1,"scp":["orders.read"],"groups":["Everyone","app-admins"]}`,
			Subject: "ada@example.com", Permissions: "orders.read", Groups: "app-admins", Username: "ada@example.com"},
		{Name: "Entra delegated", Entry: `"subject":"oid","username":"preferred_username","groups":"groups","email":"email","email_verified":"assumed"`,
			Claims:  `{"sub":"pairwise","oid":"o-1","tid":"t","scp":"Orders.Read","ver":"2.0","preferred_username":"ada@corp.example","email":"ada@corp.example","groups":["0b3b7a52-5c4e-4d3a-9d55-000000000001"]}`,
			Subject: "o-1", Permissions: "Orders.Read", Groups: "0b3b7a52-5c4e-4d3a-9d55-000000000001", Username: "ada@corp.example", Mail: "ada@corp.example"},
		{Name: "Entra app only", Entry: `"subject":"oid","permissions":{"claim":"roles","map":{"Orders.Read.All":["orders:read"]}}`,
			Claims:  `{"sub":"o-2","oid":"o-2","azp":"a","roles":["Orders.Read.All","Other"]}`,
			Subject: "o-2", Permissions: "orders:read"},
		{Name: "Entra with too many groups", Entry: `"groups":"groups"`,
			Claims:  `{"sub":"s","_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://graph.example/"}}}`,
			Subject: "s"},
		{Name: "Entra directory roles", Entry: `"permissions":{"claim":"wids","map":{"62e90394-69f5-4237-9190-012177145e10":["admin:directory"]}}`,
			Claims:  `{"sub":"s","wids":["62e90394-69f5-4237-9190-012177145e10","b79fbf4d-3ef9-4689-8143-76b194e85509"]}`,
			Subject: "s", Permissions: "admin:directory"},
		{Name: "Cognito ID", Entry: `"groups":"cognito:groups","username":"cognito:username","email":"email","permissions":{"claim":"cognito:groups","prefix":"group:"}`,
			Claims:  `{"sub":"u-1","token_use":"id","cognito:username":"ada","cognito:groups":["admins"],"email":"ada@example.com","email_verified":true}`,
			Subject: "u-1", Permissions: "group:admins", Groups: "admins", Username: "ada", Mail: "ada@example.com"},
		{Name: "Firebase", Entry: `"permissions":{"claim":"roles","keys":true,"prefix":"role:"}`,
			Claims:  `{"sub":"f1","user_id":"f1","roles":{"admin":false,"editor":true},"firebase":{"sign_in_provider":"password"}}`,
			Subject: "f1", Permissions: "role:editor"},
		{Name: "Google service account", Entry: `"subject":"email"`,
			Claims:  `{"sub":"1047","azp":"1047","email":"push@p.iam.gserviceaccount.com","email_verified":true}`,
			Subject: "push@p.iam.gserviceaccount.com"},
		{Name: "Google IAP", Entry: `"groups":"google.access_levels"`,
			Claims:  `{"sub":"accounts.google.com:1","google":{"access_levels":["accessPolicies/1/accessLevels/office"]}}`,
			Subject: "accounts.google.com:1", Groups: "accessPolicies/1/accessLevels/office"},
		{Name: "Cloudflare service token", Entry: `"subject":"common_name"`,
			Claims: `{"sub":"","type":"app","common_name":"e3.access"}`, Subject: "e3.access"},
		{Name: "Keycloak realm", Entry: `"username":"preferred_username","email":"email","groups":"groups","permissions":{"claim":"realm_access.roles","prefix":"role:","only":["app-*"]},"permission_claims":[]`,
			Claims:  `{"sub":"k","preferred_username":"ada","scope":"openid email","realm_access":{"roles":["offline_access","app-editor"]},"groups":["/staff"],"email":"ada@example.com","email_verified":false}`,
			Subject: "k", Permissions: "role:app-editor", Groups: "/staff", Username: "ada"},
		{Name: "Keycloak client", Entry: `"permissions":{"claim":"resource_access.orders.example.com.roles","map":{"writer":["orders:write"]}},"permission_claims":[]`,
			Claims:  `{"sub":"k","resource_access":{"orders.example.com":{"roles":["writer"]},"account":{"roles":["manage-account"]}}}`,
			Subject: "k", Permissions: "orders:write"},
		{Name: "Keycloak without basic", Entry: `"subject":"client_id"`,
			Claims: `{"azp":"batch","client_id":"batch","scope":"x"}`, Subject: "batch", Permissions: "x"},
		{Name: "Zitadel", Entry: `"permissions":{"claim":"urn:zitadel:iam:org:project:roles","keys":true,"prefix":"role:"}`,
			Claims:  `{"sub":"1","urn:zitadel:iam:org:project:roles":{"editor":{"2":"acme.example"},"viewer":{"2":"acme.example"}}}`,
			Subject: "1", Permissions: "role:editor role:viewer"},
		{Name: "Authentik", Entry: `"groups":"groups","username":"preferred_username","email":"email"`,
			Claims:  `{"sub":"a","groups":["authentik Admins","staff"],"preferred_username":"akadmin","email":"a@example.com","email_verified":true}`,
			Subject: "a", Groups: "authentik Admins|staff", Username: "akadmin", Mail: "a@example.com"},
		{Name: "Dex", Entry: `"groups":"groups","subject":"federated_claims.user_id","username":"name"`,
			Claims:  `{"sub":"CgVhZGE","groups":["acme:team"],"name":"ada","federated_claims":{"connector_id":"ldap","user_id":"ada"}}`,
			Subject: "ada", Groups: "acme:team", Username: "ada"},
		{Name: "Hydra", Entry: `"permissions":{"claim":"ext.roles","prefix":"role:"}`,
			Claims:  `{"sub":"h","scp":["offline"],"client_id":"c","ext":{"roles":["editor"]}}`,
			Subject: "h", Permissions: "offline role:editor"},
		{Name: "FusionAuth", Entry: `"permissions":{"claim":"roles","map":{"admin":["app:admin"]}},"email":"email"`,
			Claims:  `{"sub":"f","applicationId":"a","roles":["admin"],"email":"a@example.com","email_verified":"true"}`,
			Subject: "f", Permissions: "app:admin", Mail: "a@example.com"},
		{Name: "PingFederate", Entry: `"subject":"Username","groups":{"claim":"memberOf","split":"comma"}`,
			Claims: `{"Username":"ada","memberOf":"staff, admins","scope":"edit"}`, Subject: "ada", Permissions: "edit", Groups: "admins|staff"},
		{Name: "AD FS", Entry: `"groups":"group","permissions":{"claim":"group","map":{"Domain Users":["app"]}}`,
			Claims: `{"sub":"x","group":"Domain Users"}`, Subject: "x", Permissions: "app", Groups: "Domain Users"},
		{Name: "Duende client", Entry: `"subject":"client_id"`,
			Claims: `{"client_id":"batch","scope":["orders"]}`, Subject: "batch", Permissions: "orders"},
		{Name: "Maskinporten", Entry: `"subject":"consumer.ID"`,
			Claims:  `{"consumer":{"authority":"iso6523-actorid-upis","ID":"0192:991825827"},"scope":"difi:test"}`,
			Subject: "0192:991825827", Permissions: "difi:test"},
		{Name: "BankID Norge", Entry: `"permissions":{"claim":"resource_access.tinfo.roles","prefix":"tinfo:"}`,
			Claims: `{"sub":"b","auth_time":0,"resource_access":{"tinfo":{"roles":["address"]}}}`, Subject: "b", Permissions: "tinfo:address"},
		{Name: "Supabase", Entry: `"permissions":{"claim":"role","map":{"authenticated":["app"]}},"groups":{"claim":"amr","members":"method"}`,
			Claims:  `{"sub":"s","role":"authenticated","aal":"aal1","amr":[{"method":"password","timestamp":1},{"method":"totp","timestamp":2}],"app_metadata":{}}`,
			Subject: "s", Permissions: "app", Groups: "password|totp"},
		{Name: "Clerk", Entry: `"permissions":{"claim":"o.per","split":"comma","prefix":"org:"},"groups":"o.rol"`,
			Claims:  `{"sub":"user_1","o":{"id":"org_1","rol":"admin","per":"read,manage","fpm":"3"}}`,
			Subject: "user_1", Permissions: "org:manage org:read", Groups: "admin"},
		{Name: "Stytch", Entry: `"permissions":{"claim":"https://stytch.com/session.roles","map":{"stytch_admin":["app:admin"]}}`,
			Claims: `{"sub":"s","https://stytch.com/session":{"id":"x","roles":["stytch_admin","stytch_member"]}}`, Subject: "s", Permissions: "app:admin"},
		{Name: "WorkOS", Entry: `"groups":"role"`,
			Claims: `{"sub":"user_1","org_id":"o","role":"admin","permissions":["posts:write"]}`, Subject: "user_1", Permissions: "posts:write", Groups: "admin"},
		{Name: "Descope", Entry: `"groups":{"claim":"tenants","keys":true}`,
			Claims: `{"sub":"U1","permissions":["edit"],"roles":["r"],"tenants":{"T1":{"roles":["a"]}}}`, Subject: "U1", Permissions: "edit", Groups: "T1"},
		{Name: "better auth", Entry: `"username":"name","email":"email","permissions":{"claim":"role","prefix":"role:"}`,
			Claims:  `{"sub":"u","id":"u","name":"Ada","email":"ada@example.com","emailVerified":true,"role":"admin"}`,
			Subject: "u", Permissions: "role:admin", Username: "Ada"},
		{Name: "openauth", Entry: `"subject":"properties.userID","groups":"type"`,
			Claims: `{"mode":"access","type":"user","properties":{"userID":42},"sub":"user:1"}`, Subject: "42", Groups: "user"},
		{Name: "Hasura", Entry: `"permissions":{"claim":"https://hasura.io/jwt/claims.x-hasura-allowed-roles","prefix":"role:"},"subject":"https://hasura.io/jwt/claims.x-hasura-user-id"`,
			Claims:  `{"sub":"s","https://hasura.io/jwt/claims":{"x-hasura-allowed-roles":["editor","user"],"x-hasura-default-role":"user","x-hasura-user-id":"7"}}`,
			Subject: "7", Permissions: "role:editor role:user"},
		{Name: "GitHub Actions", Entry: `"permissions":{"claim":"repository_owner_id","map":{"9919":["deploy"]}},"groups":"repository"`,
			Claims: `{"sub":"repo:acme/app:ref:refs/heads/main","repository":"acme/app","repository_owner_id":"9919"}`, Subject: "repo:acme/app:ref:refs/heads/main", Permissions: "deploy", Groups: "acme/app"},
		{Name: "GitLab", Entry: `"groups":"groups_direct","permissions":{"claim":"ref_protected","map":{"true":["deploy"]}}`,
			Claims: `{"sub":"project_path:acme/app","groups_direct":["acme"],"ref_protected":"true"}`, Subject: "project_path:acme/app", Permissions: "deploy", Groups: "acme"},

		{Name: "what is not configured refuses nothing", Claims: `{"sub":"s","scope":"a","roles":[{}],"groups":{"a":1},"email":7,"acr":[]}`, Subject: "s", Permissions: "a"},
		{Name: "what is configured refuses nothing by its form", Entry: `"groups":"groups","permissions":{"claim":"roles","prefix":"r:"}`,
			Claims: `{"sub":"s","groups":{"a":1},"roles":[["x"]]}`, Subject: "s"},
		{Name: "a claim that counts is malformed", Claims: `{"sub":"s","scope":"a","permissions":[{}]}`},
		{Name: "a claim that does not count is malformed", Entry: `"permission_claims":["scope"]`, Claims: `{"sub":"s","scope":"a","permissions":[{}]}`, Subject: "s", Permissions: "a"},
		{Name: "the subject is another claim and absent", Entry: `"subject":"oid"`, Claims: `{"sub":"s"}`},
		{Name: "an address of another user as username", Entry: `"username":"email"`, Claims: `{"sub":"s","email":"admin@example.com"}`, Subject: "s"},
		{Name: "a group longer than any", Entry: `"groups":"groups"`, Claims: `{"sub":"s","groups":["` + strings.Repeat("g", 256) + `"]}`},
	}
}
