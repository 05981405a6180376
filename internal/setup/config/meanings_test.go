package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/config/claims"
	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/internal/wire/userpath"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/policy/allow"
	"github.com/edgeward/edgeward/policy/cors"
	"github.com/edgeward/edgeward/policy/value"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/session"
)

// A section is what the reference says of a table.
type section struct {
	title, about string
	keys         []row
	meanings     []meaning // of keys, in their order
}

// A meaning is what the reference says of a key: what holds without it, and what it
// is.
type meaning struct{ name, absent, meaning string }

// said prints a value of the tables.
func said(v any) string {
	switch v := v.(type) {
	case time.Duration:
		return schema.Short(v)
	case []string:
		return strings.Join(v, ", ")
	default:
		return fmt.Sprint(v)
	}
}

// described is the section of a mapping that package policy reads.
func described(title, about string, keys []value.Key) section {
	s := section{title: title, about: about}
	for _, k := range keys {
		s.keys = append(s.keys, row{Name: k.Name, Kind: k.Kind})
		s.meanings = append(s.meanings, meaning{k.Name, k.Absent, k.Meaning})
	}
	return s
}

// A key without a meaning, or the other way around, would be one that the reference
// is silent about.
func TestEveryKeyHasAMeaning(t *testing.T) {
	var documented []row
	for _, s := range reference {
		if documented = append(documented, s.keys...); len(s.keys) != len(s.meanings) {
			t.Fatalf("%s: %d keys, %d meanings", s.title, len(s.keys), len(s.meanings))
		}
		for i, k := range s.keys {
			m := s.meanings[i]
			if m.name != k.Name || k.Kind == "" || m.meaning == "" || (m.absent == "") != k.Required {
				t.Errorf("%s: %+v, meaning %+v", s.title, k, m)
			}
		}
	}
	if all := rows(); len(documented) < len(all) || !slices.Equal(documented[:len(all)], all) {
		t.Error("the tables of the reference are not those of the decoder")
	}
}

var defaultBounds = issuance.DefaultBounds()

var (
	upstreamRows, healthRows, tlsRows, certificateRows, acmeRows = transport.Rows()
	formRows, permissionRows                                     = claims.Rows()
)

// reference is docs/configuration.md, in its order.
var reference = []section{
	{"The file", "One YAML file, `edgeward.yaml` unless `--config` names another. Paths in it are relative to its folder. `edgeward serve` needs `proxy` or `forward_auth`; a Worker, and a Go program with package `edge`, need neither.", rootTable.Rows(), []meaning{
		{"proxy", "the door is closed", "The reverse proxy."},
		{"forward_auth", "the door is closed", "The endpoint `GET /verify` for nginx `auth_request`, Traefik `forwardAuth` and Caddy `forward_auth`."},
		{"upstreams", "routes name URLs", "Upstreams by name, from name (small letters, digits, `-`, `_`) to settings: several servers, connections, time-outs, health checks. See [`upstreams`](#upstreams)."},
		{"admin", "listens on " + DefaultAdmin, "Health, readiness and metrics."},
		{"trusted_proxies", "no proxy is trusted", "The proxies in front whose `X-Forwarded-*` fields are believed and who may ask `forward_auth`; `unix` stands for those that connect by a Unix socket. The loopback address is not implied; a block of length 0 is refused. A client whose address these proxies do not say in `X-Forwarded-For`, or say in a form that is no address, is unknown: its failed attempts are not counted, and API keys bound to networks are refused. Every peer on this machine or a private network that is not listed is unknown too, for it may be a balancer."},
		{"client_networks", "none", "Private networks whose clients connect directly, or are named by a trusted proxy, so that an address of theirs is that of one client: no balancer and no NAT stands between. Their failed attempts are counted, and API keys can be bound to them. It may lie within a block of `trusted_proxies`, and holds none whole."},
		{"forward_headers", "none are", "Request header fields that are forwarded although they would be removed: names with a sign other than letters, digits and `-` (`api_key`), and `X-Auth-*` names that are none of Edgeward's (`X-Auth-Token`). See [Header fields](#header-fields)."},
		{"hosts", "`routes` are for every host", "Hosts with routes of their own, by name: `grafana.example.com: {routes: routes/grafana}`. See [A host](#a-host)."},
		{"routes", "", "What each path asks, at every host that `hosts` does not list; without it, those are answered 421 (`unknown_host`). It is the name of a folder, or the same tree inline, from file path without extension to statement (`api/_middleware: {authenticate: [bearer]}`). See [Routes](#routes)."},
		{"issuers", "no token is accepted", "Whose tokens are accepted. See [An issuer](#an-issuer)."},
		{"tokens", "none are made", "Tokens that Edgeward itself makes."},
		{"store", "no state is kept, and nothing can be revoked", "Where sessions, refresh families, API keys and revocations are kept."},
		{"sessions", "the strategy `session` is not there", "Sign-ins of browsers. `{}` is enough."},
		{"api_keys", "the strategy `api_key` is not there", "Keys for machines. `{}` is enough."},
		{"personal_tokens", "the strategy `personal_token` is not there, and users make none", "Keys that users make for themselves. `{}` is enough."},
		{"failures", "its defaults, once there is a `store`; else no client is slowed down", "How many failed attempts a client may make."},
		{"revocation", "its defaults, once there is a `store`", "How fresh the knowledge of revocations has to be."},
		{"login", "no browser is led to a login", "Sign-ins at OpenID providers."},
	}},
	{"`proxy`", "The reverse proxy decides about every request and forwards those that are allowed. Clients speak HTTP/1.1 to it, and HTTP/2 with `tls` or `h2c`, or a web server in front does; upstreams by `https://` are asked by HTTP/2 where they speak it. Trailers of an answer reach a client that asks for them (`TE: trailers`); those of a request do not travel.", proxyTable.Rows(), []meaning{
		{"listen", "", "Where clients connect. `:8080` means every interface; `unix:/run/edgeward/proxy.sock` is a Unix socket. One that is left behind and on which nothing listens is replaced, and what is no socket is never removed. It takes a restart to change."},
		{"upstream", "every route has to name its own", "Where allowed requests go, unless their route names another: `http://` or `https://`, without user name, query and dot segments; `unix:/run/app.sock` for a Unix socket; or the name of one of [`upstreams`](#upstreams)."},
		{"hosts", "every host", "The hosts that it answers for, without a port: `app.example.com`, or `\"*.example.com\"` for every name below. Requests to others, Edgeward's own endpoints included, are answered 421 `unknown_host`. It is asked before the top-level `hosts`, and takes away from them: an upstream with several virtual hosts chooses by the host, so where top-level `routes` hold for every host, list the ones that they are for. A health check has to name one of them."},
		{"tls", "plain HTTP", "HTTPS, with HTTP/2 for clients that ask for it (ALPN). See [`tls`](#tls). To begin or end with it takes a restart."},
		{"redirect", "nothing listens", "A second address, as `:80`, that leads browsers to `listen` by HTTPS: 301, or 308 where the method has to stay; 421 for a host that is none of `hosts`. It answers the `http-01` challenges of `tls.acme`. Needs `tls`. It takes a restart to change."},
		{"h2c", "`false`", "Take HTTP/2 without TLS, too, from clients that begin with it, as a proxy in front may. There is no upgrade to it. It takes a restart to change."},
		{"socket_mode", "`\"0660\"`", "The mode of the Unix socket: who may write to it may connect. It takes a restart to change."},
		{"proxy_protocol", "no peer", "The balancers that begin every connection with a header of the PROXY protocol, version 1 or 2; `unix` stands for those on a Unix socket. The address that they name is that of the peer from then on, as if it had connected itself, also in `trusted_proxies`. One that sends none is refused; the header of any other peer is no HTTP, and is answered 400. It takes a restart to change."},
	}},
	{"`upstreams`", "A member is where the proxy forwards to, under the name that `upstream` of `proxy` and of routes may state. An upstream that needs none of this is a URL. Its state, and what becomes of requests when a server does not answer, is in [Upstreams](operations.md#upstreams).", upstreamRows, []meaning{
		{"urls", "", "Its servers, as `proxy.upstream`, up to " + said(transport.MaxServers) + "; they have to answer alike. Each request goes to the one of two, drawn among those that are there, with fewer requests under way."},
		{"host", "`keep`", "What the servers see as `Host`: `keep` is what the client asked for, `upstream` the host of the URL (`localhost` for a socket), anything else this host. `X-Forwarded-Host` is always what the client asked for."},
		{"http2", "HTTP/2 over TLS where the server speaks it, else HTTP/1.1", "`true`: HTTP/2 alone, without TLS by prior knowledge (h2c), as gRPC servers want it; such an upstream opens no WebSocket. `false`: HTTP/1.1 alone."},
		{"ca", "the system's", "Certificates in PEM that those of the servers are verified by, in place of the system's, for an authority of one's own. It is read again when it changes. There is no way to verify nothing."},
		{"client_certificate", "none is shown", "By which the servers know the gateway (mutual TLS): `{certificate: file:PATH, key: file:PATH}`, as of [`tls`](#tls), without the need to name a host. It is read again when it changes."},
		{"server_name", "the host of the URL", "The host that the servers' certificates are for, where the URL names an address."},
		{"max_connections", "no bound", "Connections to each server. What waits for one longer than twice `connect_timeout` is 503 `upstream_busy`."},
		{"connect_timeout", "`" + said(transport.DefaultConnect) + "`", "How long it may take to connect, and then for TLS, 100ms to 1m: then 502 `bad_gateway`, or another server."},
		{"response_timeout", "`" + said(transport.DefaultResponse) + "`", "How long a server may take to begin its answer, once it has the whole request, 100ms to 24h: then 504 `gateway_timeout`. `timeout` of a route comes before it."},
		{"idle_timeout", "`" + said(transport.DefaultIdle) + "`", "How long a connection is kept that nothing uses, 1s to 1h. It has to be shorter than the server's own, or requests meet connections that are being closed."},
		{"retry", "`true`", "Whether a request is sent to another server, once, after one that failed: if it could not be connected to, or if nothing of an answer came and the request has no body and is a `GET`, `HEAD`, `OPTIONS`, `PUT` or `DELETE` (RFC 9110 §9.2.2). A WebSocket, and what timed out, is not."},
		{"health", "no server is asked", "How each server is asked whether it lives. Without it, three connections in a row that fail leave a server out for 5 seconds, and longer each time that it fails again, up to a minute."},
	}},
	{"`health`", "Of an upstream. Two checks in a row that fail leave a server out, two that succeed bring it back. Servers that are left out are asked when no other is there.", healthRows, []meaning{
		{"path", "", "Asked by `GET`, below the path of the URL: a status from 200 to 399 is well."},
		{"interval", "`" + said(transport.DefaultInterval) + "`", "Between two checks, 1s to 1h; each is up to a tenth earlier or later."},
		{"timeout", "`" + said(transport.DefaultCheck) + "`", "How long a check may take, 100ms to 1m, and at most `interval`."},
	}},
	{"`forward_auth`", "Another proxy asks before it forwards. Only peers in `trusted_proxies` may ask.", forwardAuthTable.Rows(), []meaning{
		{"listen", "", "Where the proxy asks, as `proxy.listen`; on a Unix socket, list `unix` in `trusted_proxies`. It takes a restart to change."},
		{"hosts", "every host", "The hosts that it answers about, as `proxy.hosts`."},
		{"tls", "plain HTTP", "As `proxy.tls`."},
		{"h2c", "`false`", "As `proxy.h2c`."},
		{"socket_mode", "`\"0660\"`", "As `proxy.socket_mode`."},
		{"proxy_protocol", "no peer", "As `proxy.proxy_protocol`."},
	}},
	{"`admin`", "`/healthz`, `/readyz`, `/metrics`, the control API below `/v1/` and the console, `/console`.", adminTable.Rows(), []meaning{
		{"listen", "`" + DefaultAdmin + "`", "Where operators ask. An address that is not the loopback one has to be written out; an empty host is refused. A Unix socket is one as for `proxy.listen`. Commands find it by this file, with `tls` too. It takes a restart to change."},
		{"origin", "`http://` and `listen`, for the loopback address with `sessions.insecure_http`", "Where browsers find the console, as in `login.origin`; below it stands the redirect URI of `admin.login`, `/console/callback`."},
		{"login", "the console asks for an API key with permission `admin`", "The `name` of a login provider where operators may sign in instead. Whom its `permissions` give `admin` may do everything."},
		{"strict_readiness", "`false`", "`/readyz` is 503 while the keys of *any* issuer or provider cannot be had. Without it such an issuer degrades its own routes, and the node is ready as long as any credential can be verified: another issuer's, a session, an API key; see [Readiness](operations.md#readiness)."},
		{"tls", "plain HTTP", "As `proxy.tls`."},
		{"socket_mode", "`\"0660\"`", "As `proxy.socket_mode`."},
		{"proxy_protocol", "no peer", "As `proxy.proxy_protocol`."},
	}},
	{"`tls`", "Of a listener: `certificates`, `acme`, or both. TLS 1.2 and 1.3 with Go's choice of ciphers. Certificates are read again when their files change, without a connection being dropped, also where a link is moved, as Kubernetes does (`..data`); a key that does not fit leaves what was there. See [Certificates](operations.md#certificates).", tlsRows, []meaning{
		{"certificates", "`acme` has to be there", "Chains with their keys. A client gets the first that is for the host it names (SNI): exactly, or by `*.`; where none is, or it names none, the first of all."},
		{"min_version", "`\"1.2\"`", "`\"1.2\"` or `\"1.3\"`."},
		{"acme", "none are ordered", "Certificates that are ordered and renewed by ACME (RFC 8555)."},
	}},
	{"A certificate", "A member of `tls.certificates`. One that expired or is not valid yet is served all the same, with a warning in the log, at `/readyz` and by `check`.", certificateRows, []meaning{
		{"certificate", "", "PEM: the certificate of the host, then each issuer of the one before it."},
		{"key", "", "PEM: its private key, RSA, ECDSA or Ed25519. It must not be world-readable."},
	}},
	{"`acme`", "Hosts are proven by `tls-alpn-01` on the listener itself, which has to be reachable at port 443, or by `http-01` at `redirect`, at port 80. See [ACME](operations.md#acme).", acmeRows, []meaning{
		{"email", "no address", "Where the authority writes to about the account."},
		{"directory", "`" + transport.DefaultDirectory + "`", "The authority's directory: `https://`. To use one is to accept its terms of service."},
		{"ca", "the system's", "Certificates in PEM that the directory's own is verified by, for an authority of one's own."},
		{"hosts", "the exact names among the top-level `hosts` and those of the listener, and that of `login.origin`", "The hosts that certificates are ordered for, one each, at most 100. None is ordered because a client names it."},
		{"cache", "", "The folder of the account's key and the certificates, made if there is none; files in it have mode 0600. Keep it over restarts: authorities limit how many they issue. Each gateway has its own."},
	}},
	{"An issuer", "A member of `issuers`. Its keys come from `jwks_uri`, `keys` or `secret`; without any of them they are discovered: the metadata at `issuer` + `/.well-known/openid-configuration` names the key set, and has to name the same issuer; where there is none (404), that of RFC 8414. Several entries may have one `issuer` if no algorithm is in two of them. Tokens that do not look like most, and what is not supported, are in [issuers](issuers.md).", issuerTable.Rows(), []meaning{
		{"issuer", "", "The exact `iss` of its tokens, byte for byte. If its keys are remote, `http://` is only for the loopback address."},
		{"audiences", "", "Who we are: a token is accepted if its `aud` holds one of them, exactly. At least one."},
		{"algorithms", "`[RS256]`; with `secret` `[HS256]`; with `keys` those of the keys", "What it may sign with: `RS256` `RS384` `RS512` `PS256` `PS384` `PS512` `ES256` `ES384` `ES512` `EdDSA` (or by its newer name `Ed25519`); with `secret` one of `HS256` `HS384` `HS512`. `none` is refused."},
		{"jwks_uri", "discovered", "Where the key set is: `https://`, or `http://` on the loopback address."},
		{"keys", "discovered", "A file with public keys: PEM, a JWK or a JWK set. It is read again when it changes."},
		{"secret", "discovered", "The HMAC secret that the issuer shares with us, at least as long as the hash (32 bytes for HS256). Its file must not be world-readable."},
		{"types", "`[\"\", jwt, at+jwt]`", "Allowed `typ` values, in lower case and without `application/`; `\"\"` stands for none. `[at+jwt]` keeps ID tokens out (RFC 9068)."},
		{"leeway", "`" + said(defaultLeeway) + "`", "How far clocks may differ, at most " + said(maxLeeway) + "."},
		{"max_lifetime", "`" + said(defaultMaxLifetime) + "`", "A token that claims to live longer is refused. Some issuers' do: [issuers](issuers.md#how-long-tokens-live)."},
		{"subject", "`sub`", "Which [claim](#a-claim) names the user, in place of `sub`, which may be absent then: `oid` of Entra, `client_id` for clients that act for no user. It has to be unique at the issuer and never be given to another user; revocations and the audit log name it. A token without it is refused."},
		{"username", "none", "Which claim is the user's name at applications."},
		{"email", "none", "Which claim is the e-mail address. It is there only where `email_verified` stands beside it, `true` or `\"true\"`, whatever the claim `email` is read for: as username, too."},
		{"email_verified", "as the token says", "`assumed`: every address is verified, and the issuer does not say so. A claim of another name than `email` needs it."},
		{"display_name", "none", "Which claim is the user's name on pages."},
		{"groups", "none", "Which claim has the groups, up to 1,000. Where there are more, or one is longer than 255 bytes, the token is refused: keep those that count with `only`."},
		{"claims", "none", "Further claims that applications or rules of routes ask for, up to 32, by the name that they have there: `{department: ext.department}`."},
		{"permissions", "those of `permission_claims` alone", "Which permissions a user gets by a claim, beside those of `permission_claims`. See [`permissions`](#permissions)."},
		{"permission_claims", "`[scope, scp, permissions]`, but for the claim of `permissions`", "Which of these three claims have permissions in them as they are, a string of values between spaces or an array. A token in which one of those is of another form is refused; the others are not looked at. `permissions` is what the user may do at some issuers, `scope` what the client may: either alone is enough here, so choose one. `[]`: none."},
	}},
	{"`tokens`", "Tokens that Edgeward makes. `issuer`, `audience` and `keys` go together and make access tokens, which `bearer` accepts; with `secret` and a `store` there are refresh tokens too.", tokensTable.Rows(), []meaning{
		{"issuer", "no access tokens are made", "Their `iss`, and whose the identities of API keys are. A store keeps to the issuer that it was begun under: with another one what was revoked would come back, so it is refused."},
		{"audience", "no access tokens are made", "Their `aud`."},
		{"keys", "no access tokens are made", "The key ring that signs them, a private JWK set; `edgeward key rotate` makes it and puts new keys into it. It must not be world-readable, and is read again when it changes."},
		{"secret", "no refresh tokens, sessions and API keys", "At least 32 random bytes. What protects refresh tokens, session ids and API keys is derived from it: with another secret all of them would be void, so a store refuses any but the one that it was begun under, or that came after it. Its file must not be world-readable."},
		{"previous_secrets", "there were none", "What `secret` was before, up to " + said(apikey.MaxPrevious) + ". Refresh tokens, sessions and API keys that were made with them hold, and a store that was begun under one keeps to the new `secret` from then on. See [Replacing the secret](operations.md#replacing-the-secret)."},
		{"access_lifetime", "`" + said(keyring.DefaultLifetime) + "`", "How long an access token lives, 1m to 24h; each is up to 5 % shorter."},
		{"refresh_lifetime", "`" + said(refresh.DefaultLifetime) + "`", "How long a refresh family lives from its sign-in; no refresh extends it."},
		{"refresh_grace", "`" + said(refresh.DefaultGrace) + "`", "How long after a refresh the token before and the new one give the same answer again, and nothing rotates, for parallel tabs and lost answers: 0s to 300s."},
		{"assertion", "nothing is asserted", "A signed statement of who is asking, for upstreams that want proof: `X-Auth-Assertion`, valid for 60 seconds, on routes with `assertion: true`."},
	}},
	{"`tokens.assertion`", "All three are needed.", assertionTable.Rows(), []meaning{
		{"key", "", "The private key that signs, as JWK or PEM; `edgeward key new` makes one. Its file must not be world-readable."},
		{"issuer", "", "The assertion's `iss`: the name of this gateway."},
		{"audience", "", "The assertion's `aud`: the name of the upstream."},
	}},
	{"`store`", "State that outlives a request. One of the two; it takes a restart to change.", storeTable.Rows(), []meaning{
		{"path", "`memory` has to be true", "An SQLite file on a local disk, made if there is none, for one process at a time. Beside it stand its `-wal`, `-shm` and `-lock`, and the audit log, `.audit.jsonl`."},
		{"memory", "`false`", "Keep it in memory instead, for trying things out: a restart forgets everything, and what was revoked lives again. Beyond 256 MiB what would be written is refused with 503. Only while `proxy` and `forward_auth` listen on the loopback address."},
		{"audit_file_size", "`" + said(defaultAuditFile) + "`", "MiB in one file of the audit log, 1 to " + said(maxAuditFile) + ". A full one becomes `.audit.jsonl.000001`, and so on, and the chain goes on in a new one. See [The audit log](operations.md#the-audit-log)."},
		{"audit_files", "all are kept", "How many full files of the audit log are kept, 1 to " + said(maxAuditFiles) + ". The oldest is removed beyond that, which is a record of its own."},
	}},
	{"`sessions`", "The strategy `session`: a cookie whose meaning stays in the store. Needs `store` and `tokens.secret`.", sessionsTable.Rows(), []meaning{
		{"cookie", "`" + session.CookieName + "`; with `insecure_http` `" + session.InsecureCookieName + "`", "The cookie's name. It begins with `__Host-`, so that no other host and no page without HTTPS can set it; with `insecure_http` it must not."},
		{"idle", "`" + said(session.DefaultIdle) + "`", "A session ends when it was not used for so long."},
		{"lifetime", "`" + said(session.DefaultAbsolute) + "`", "A session ends so long after its sign-in, whatever its use."},
		{"insecure_http", "`false`", "Give the cookie to browsers that come without HTTPS, for development. Only while `proxy` and `forward_auth` listen on the loopback address."},
	}},
	{"`api_keys`", "The strategy `api_key`: `X-API-Key`, or `Authorization: Bearer ew_…`. Needs `store` and `tokens.secret`.", apiKeysTable.Rows(), []meaning{
		{"environment", "`" + defaultEnvironment + "`", "Part of every key, so that one of another installation is refused unseen: 1 to 16 small letters and digits."},
	}},
	{"`personal_tokens`", "The strategy `personal_token`: keys that users make for scripts and devices on \"Your sessions\", as `Authorization: Bearer ew_…`, `X-API-Key`, or the password of HTTP Basic. They never do more than their user may at the moment. Needs `login` and `api_keys`. See [personal-tokens.md](personal-tokens.md).", personalTokensTable.Rows(), []meaning{
		{"max_lifetime", "`" + said(defaultPersonal) + "`", "The longest that a token is valid, 1h to 8784h. Its user chooses within that; every token expires."},
		{"per_user", "`" + said(defaultPerUser) + "`", "How many tokens of one user there can be that have not ended, 1 to " + said(apikey.MaxPersonal) + "."},
		{"confirm_within", "`" + said(defaultConfirm) + "`", "A user's tokens are refused (`personal_unconfirmed`) once neither a sign-in nor a re-check at the provider has confirmed the account for so long, 1h to 8784h. A sign-in makes them valid again."},
	}},
	{"`failures`", "A client with too many failed attempts has to wait: 429. Failed attempts (a wrong signature, an unknown or wrong API key, a forged session cookie or sign-in code) are counted by network: an IPv4 address (also as `64:ff9b::192.0.2.1`, as a translator writes it), or an IPv6 block of 64 bits. What another origin's page has a browser post to the token endpoints never counts, and at the control API a right key never waits.", failuresTable.Rows(), []meaning{
		{"limit", "`" + said(defaultFailures) + "`", "How many failed attempts in the window."},
		{"window", "`" + said(defaultWindow) + "`", "How long a failed attempt counts, 1m to 24h."},
	}},
	{"`revocation`", "Every node holds all revocations in memory and knows how old its knowledge may be. These are defaults for all routes. Needs `store`.", revocationTable.Rows(), []meaning{
		{"max_staleness", "`" + said(defaultStaleness) + "`", "How old it may be, 100ms to 24h. Below about " + said(HeartbeatInterval+time.Second) + " most requests ask the store."},
		{"when_stale", "`ask`", "What to do beyond that: ask the store about the credential, or answer 503."},
	}},
	{"`login`", "Users sign in at an OpenID provider and come back to the page that they asked for. The endpoints are below `prefix`, on the listeners of `proxy` and `forward_auth`; register `origin` + `prefix` + `/callback` as the redirect URI at the provider. Needs `store` and `tokens.secret`.", loginTable.Rows(), []meaning{
		{"origin", "", "Where browsers find this gateway: `https://host[:port]`, in lower case and without a path. `http://` is for the loopback address with `sessions.insecure_http`. Only requests to this origin are led to the login."},
		{"prefix", "`" + string(userpath.Default) + "`", "Below which path the endpoints for users stand: `/auth/login`, `/auth/callback`, …, and `/auth/refresh`, also without a login. Letters, digits and `-._~`, without a slash at its end: `/.edgeward`, `/_sso/auth`. `/` is refused, and where other endpoints stand (`/oauth`, `/.well-known`, `/verify`, `/v1`, …). See [Another prefix](login.md#another-prefix)."},
		{"outcome", "`session`", "What a sign-in gives: a session (needs `sessions`), an access and a refresh token in cookies, for the strategy `cookie` (needs `tokens.keys`), or both."},
		{"return_to", "only pages of `origin`", "Further pages to which a sign-in may lead, each exactly as it is sent."},
		{"pages", "Edgeward's own look, and all languages", "The look and the languages of pages for users. See [`login.pages`](#loginpages)."},
		{"sign_ins", "its defaults", "How many sign-ins of one user live, and how often one user may sign in. See [`login.sign_ins`](#loginsign_ins)."},
		{"providers", "", "Where users sign in. With more than one they choose. See [A provider](#a-provider)."},
	}},
	{"`login.sign_ins`", "Bounds of what one user can do by signing in again and again. The oldest sign-ins end where there are more, as `crowded_out` in the audit log and in `edgeward_logins_crowded_out_total`, at most 20 by each that is new.", signInsTable.Rows(), []meaning{
		{"per_user", "`" + said(defaultBounds.PerUser) + "`", "Sign-ins of one user that live, on all devices, 1 to " + said(issuance.MaxPerUser) + ". With `1`, a user who signs in is signed out everywhere else."},
		{"per_provider_session", "`" + said(defaultBounds.PerSession) + "`", "Those of one session at the provider (`sid`), 1 to " + said(issuance.MaxPerSession) + ": its back-channel logout ends them one by one, while it waits."},
		{"burst", "`" + said(defaultBounds.Burst) + "`", "Sign-ins of one user that succeed at once, on each node, 1 to " + said(issuance.MaxBurst) + "; beyond that the answer is 429 `too_many_logins`, with `Retry-After`."},
		{"interval", "`" + said(defaultBounds.Interval) + "`", "How long it takes until one more of them succeeds, 1s to 1h."},
	}},
	{"`login.pages`", "How the pages for users look, and what they speak: those of the login, and those of refusals at every door. See [Your own look](login.md#your-own-look).", pagesTable.Rows(), []meaning{
		{"name", "pages name the host", "The name of the site, above each page and in its title, up to 60 characters."},
		{"logo", "the name is written", "A picture in the place of the name, which is its text for users who do not see it: an SVG that loads nothing and has no script in it, or a PNG of at most 1024 by 1024 pixels, of at most 32 KiB. It is part of each page, and shown up to 3 rem high."},
		{"logo_dark", "`logo`", "The same for dark mode."},
		{"colors", "Edgeward's own", "See [Colors](#loginpagescolors)."},
		{"languages", "`[en, de, es, fr, ja]`", "The languages to choose from by `Accept-Language`. The first one is for users who ask for none of them."},
	}},
	{"`login.pages.colors`", "Each as `\"#rrggbb\"` or `\"#rgb\"`, in quotes. What is not stated follows from what is, or is Edgeward's own. What is read has to have a contrast of 4.5:1 with what is behind it, and the border of what can be pressed 3:1 (WCAG 2.2 AA): a color that has less is refused, with one that has enough.", colorsTable.Rows(), []meaning{
		{"background", "Edgeward's own", "Behind the card."},
		{"card", "Edgeward's own", "Behind all that is read, and the text of filled buttons."},
		{"text", "Edgeward's own, or what can be read on `card`", "Text, and what shows the focus."},
		{"muted", "Edgeward's own, or what can be read on `card`", "Text that matters less."},
		{"line", "between `card` and `text`", "Between parts."},
		{"border", "Edgeward's own, or what can be seen on `card`", "Of what can be pressed."},
		{"accent", "Edgeward's own, or what can be read on `card`", "Links and buttons."},
		{"tint", "`card` with some of `accent`", "Behind notes and badges."},
		{"danger", "Edgeward's own, or what can be read on `card`", "Buttons that end something."},
		{"dark", "Edgeward's own, with `accent` light enough", "The same colors for dark mode, by these names."},
	}},
	{"A provider", "A member of `login.providers`. Its endpoints and keys are discovered at `issuer` + `/.well-known/openid-configuration`, which has to name the same issuer. Guides for Auth0, Google and Keycloak are in [login](login.md).", providerRows(), []meaning{
		{"name", "", "What it is called in links and logs: up to 32 small letters, digits and `-`. With `outcome: tokens` it begins the subject (`name|sub`), so it stays."},
		{"label", "its `name`", "What it is called on pages."},
		{"type", "OpenID Connect", "For a provider that speaks OAuth 2.0 and has an API of its own in place of ID tokens: who its users are, their verified address and groups are asked there. Keys of OpenID Connect are refused beside it; `groups` is read without being configured. See [providers](providers.md#github)."},
		{"base_url", "the public one", "The origin of a GitHub Enterprise Server, or of a subdomain of ghe.com. It is the issuer of its users."},
		{"issuer", "", "The exact `iss` of its ID tokens, byte for byte. `http://` is only for the loopback address."},
		{"client_id", "", "Who we are there."},
		{"client_secret", "a public client, which PKCE protects", "Its client secret. Its file must not be world-readable."},
		{"client_auth", "`client_secret_basic`, or `private_key_jwt` with `client_key`", "How it is proven at the provider who we are."},
		{"audiences", "none: an ID token that names any is refused", "Further `aud` values that its ID tokens may have besides `client_id`, each exactly. A token that has one needs `azp` with our `client_id` (OpenID Connect Core §3.1.3.7)."},
		{"scopes", "`[" + said(defaultScopes) + "]`", "What is asked for; `openid` is among them whatever the list says."},
		{"algorithms", "`[RS256]`", "What it may sign ID tokens with, as for an issuer, but HMAC."},
		{"subject", "`sub`", "Which [claim](#a-claim) names the user here, in place of `sub`, as for [an issuer](#an-issuer). A change makes other users of all. With it a back-channel logout finds a user's sign-ins where the store can list."},
		{"username", "`preferred_username`", "Which claim is the user's name at applications."},
		{"email", "`email`", "Which claim is the e-mail address, where it is verified, as for an issuer."},
		{"email_verified", "as the provider says", "As for an issuer. Entra never says it."},
		{"display_name", "`name`", "Which claim is the user's name on pages."},
		{"groups", "none", "Which claim has the groups, as for an issuer. A user with more than are kept cannot sign in."},
		{"claims", "none", "Further claims, as for an issuer."},
		{"permissions", "users get none", "Which permissions users get by a claim. See [`permissions`](#permissions)."},
		{"allow", "all of its users", "Who may sign in at all, by the language of [`allow`](#allow) of routes, without `networks`, `acr` and `max_age`: `[{email: [\"*@example.com\"]}, {groups: [staff]}]`. Others get a page that says so (403 `login_not_allowed`), and nothing is made for them. See [Who may sign in](login.md#who-may-sign-in)."},
		{"recheck", "what was said at the sign-in holds until the next one", "After how long the provider is asked again about a user who is in use here, 1m to 24h: what was taken away there holds here at the next request after that, on all nodes. See [Fresh groups](login.md#fresh-groups)."},
		{"client_key", "no key", "A private key that proves who we are in place of a secret, by a JWT that is signed for each request and good for a minute (`private_key_jwt`, RFC 7523): PEM, or a JWK whose `kid` and `alg` count. Without a `kid` it is the RFC 7638 thumbprint; RSA signs by RS256 unless the JWK says PS256. `edgeward key new` makes one and prints the public half to register. Not in a Worker."},
		{"client_assertion_audience", "`issuer`", "Whom the JWT of `client_key` is for: the issuer, or the token endpoint, where a provider takes nothing else."},
		{"client_assertion_file", "no file", "A file with a token that proves who we are in place of a secret (workload identity): a service account token that Kubernetes projects, for a federated credential of Entra, say. It is read at each use. Not in a Worker."},
		{"userinfo", "`auto`", "When the provider is asked for claims beside the ID token (OpenID Connect Core §5.3): `auto` when a claim that is mapped is missing there, `always`, or `never`. Its `sub` has to be that of the ID token, or the sign-in is refused."},
		{"authorization_params", "none", "Further parameters of the request that a browser carries to the provider: `{prompt: select_account, hd: example.com}`. Each is a text, `resource` also a list, which is then asked for at the token endpoint too (RFC 8707). With `hd` the ID token has to be of that domain (`*`: of any). Those that Edgeward chooses itself are refused, such as `state`, `nonce`, `scope` and `request`, and so is `prompt: none`."},
		{"ca", "the system's", "Certificates in PEM that the provider's are verified by, in place of the system's. Not in a Worker."},
		{"metadata", "`issuer` + `/.well-known/openid-configuration`", "Where its metadata is, as seen from here. It has to name `issuer` all the same."},
		{"discovery", "`on`", "With `off` its metadata is not asked for, and `authorization_endpoint`, `token_endpoint` and `jwks_uri` are needed."},
		{"authorization_endpoint", "that of the metadata", "Where browsers sign in: `https://`, as all of these; `http://` only on the host of an issuer that is `http://` itself."},
		{"token_endpoint", "that of the metadata", "Where codes are redeemed. A URL that stands here may be at a private address; one that metadata names may not, unless its host is the issuer's."},
		{"userinfo_endpoint", "that of the metadata", "Where userinfo is asked for."},
		{"end_session_endpoint", "that of the metadata", "Where browsers end their session at the provider."},
		{"jwks_uri", "that of the metadata", "Where its keys are."},
	}},
	{"A claim", "Where something is that an issuer says of a user, and in which form: the name of a claim, `groups`, or a mapping of these keys, `{claim: groups, only: [app-*]}`. It is the same for [an issuer](#an-issuer) and [a provider](#a-provider). A claim has one value or an array of values: text, whole numbers, `true` and `false`. One of another form gives nothing, and the log says so, without its content, at most once an hour for each issuer and claim. Examples of many issuers are in [issuers](issuers.md#roles-and-groups).", formRows, []meaning{
		{"claim", "", "The exact name of a claim, `https://app.example/roles`, or else a path with dots into objects, `realm_access.roles`. At each object the longest name that is there comes first, so that names can hold dots themselves."},
		{"keys", "`false`", "The values are the names of an object's members, or of objects in an array. A member that is `false` or `null` is none."},
		{"members", "the elements are the values", "The member of each object in an array that is the value: `name` of `[{\"name\": \"staff\"}]`."},
		{"split", "a text is one value", "What separates the values that are written as one text: `comma` or `space`."},
		{"only", "all are kept", "The values that are kept match one of these: a text, with `*` for anything at its beginning, its end, or both."},
	}},
	{"`permissions`", "Of [an issuer](#an-issuer) or [a provider](#a-provider): a claim, in a form as of [any other](#a-claim), whose values give permissions. It needs `map`, `prefix` or both; no value is a permission by itself.", permissionRows, []meaning{
		{"claim", "", "As of [a claim](#a-claim)."},
		{"keys", "`false`", "As of a claim."},
		{"members", "the elements are the values", "As of a claim."},
		{"split", "`space`, but for a text that `map` has whole", "As of a claim."},
		{"only", "all count", "As of a claim."},
		{"map", "no value is listed", "From value to permissions, exactly these: `{editor: [articles:read, articles:write]}`."},
		{"prefix", "what is not in `map` gives none", "Makes a permission of each value that is not in `map`: by `\"role:\"`, `editor` gives `role:editor`. It ends with a sign that is no letter and no digit. A value with a sign that permissions cannot have, as a space, gives none."},
	}},
	described("A host", hostsAbout, []value.Key{{Name: "routes", Kind: "folder, or mapping", Absent: "the entry is the `_middleware` of the host's tree", Meaning: "The host's tree, as the top-level `routes`. The keys of the entry then stand above its files, as defaults of all of them, and cover no path. A folder that lies in the folder of another tree is this host's alone; no two trees have the same one."}}),
	described("Routes", routesAbout, policy.Keys()),
	described("`allow`", "A list of alternatives, any of which suffices. Within one all that it states has to hold: of each list, one value. Values are compared exactly; a `*` at the beginning or the end of one of `groups`, `email`, `username`, `subject` and `claims` stands for any text there. At most "+said(allow.MaxAlternatives)+" alternatives, and "+said(allow.MaxValues)+" values in a list. [rules.md](rules.md) has examples.", allow.Keys()),
	described("`cors`", "Cross-origin access from browsers. Preflights are answered at the edge; errors carry the fields too.", cors.Keys()),
}

const hostsAbout = "A member of `hosts`: a name and a tree. The name is that of a host in the one spelling that requests are read in: lower case, A-labels (`xn--…`), without a port, scheme, path or trailing dot; or an IP address; or `\"*.example.com\"` for all names below `example.com`, of whatever depth, but not for `example.com` itself. An exact name comes first, then the longest `*.`, then the top-level `routes`. Where those are missing, every other host is answered 421 (`unknown_host`), on every path, for every client.\n\n" +
	"Any key of [a route](#routes) may stand here, `methods` included. Hosts share everything else of the file: issuers, sessions, API keys, revocations.\n\n" +
	"```yaml\n" +
	"proxy: {listen: :8080}\n" +
	"issuers: [{issuer: https://id.example.com/, audiences: [https://api.example.com]}]\n" +
	"hosts:\n" +
	"  grafana.example.com:\n" +
	"    authenticate: [bearer]\n" +
	"    upstream: http://127.0.0.1:3001\n" +
	"    routes:\n" +
	"      _middleware: {}\n" +
	"      api/health: {authenticate: []}\n" +
	"  \"*.preview.example.com\": {authenticate: [bearer], upstream: http://127.0.0.1:4000}\n" +
	"```\n\n" +
	"A `hosts` list of `proxy` or `forward_auth` narrows down which hosts that door answers for, beside this."

const routesAbout = "A folder whose tree is the URL's tree, with a mapping of these keys in every file:\n\n" +
	"| file | holds for |\n|---|---|\n" +
	"| `a/_middleware.yaml` | `/a` and everything below |\n" +
	"| `a/index.yaml`, or `a.yaml` beside the folder | `/a` itself |\n" +
	"| `a/b.yaml` | `/a/b` |\n" +
	"| `a/[id].yaml`, `a/[id]/…` | any one segment below `/a` |\n" +
	"| `a/[[path]].yaml` | the rest of the path, one segment or more |\n\n" +
	"Key by key, a file nearer the leaf replaces what one above it says; within one file, what `methods` says of the request's method replaces the plain key. " +
	"A path that no file covers is refused, and so is one whose chain does not state `authenticate`.\n\nThe most specific match wins, segment by segment: a name, then `[id]`, then `[[path]]`, then the folder's own `_middleware`. A folder in which nothing fits, and which has no `_middleware` of its own, is left again: beside a public `t/[id]/_middleware.yaml`, a folder `t/admin/` with a single file guards that file only. Give it a `_middleware.yaml`; `edgeward explain` shows what holds.\n\n" +
	"Every file in the folder has to be a route. Exceptions are `README.md` and names that start with a dot, which are ignored (but not `.well-known`, which is a path). " +
	"Symbolic links are followed within the folder, as Kubernetes makes them; one that leads out of it is refused."
