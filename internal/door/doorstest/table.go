package doorstest

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
)

// table returns the rows. Numbers are those of docs/threat-model.md.
func table(t testing.TB, s *System) []row {
	token := "Authorization: Bearer " + s.Token
	return slices.Concat(
		s.stepUps(t),
		ordinary(token), spellings(token), identityFields(token), named(token), lookAlikes(token), upgrades(token), forwardedFields(token), paths(token), hostsAndMethods(token), s.hosts(), credentials(token, s.Token), cors(token),
		s.unusualTokens(t), s.chain(), s.cookies(), s.apiKeys(), s.personalTokens(), s.revoked(t), s.people(), s.pages(), s.renewals(t), clients(s), s.rules(),
	)
}

// get is an ordinary request.
func get(target string, fields ...string) Request {
	return Request{Method: "GET", Target: target, Host: "api.example.com", Fields: fields, Peer: Client}
}

func (r Request) method(m string) Request   { r.Method = m; return r }
func (r Request) host(h string) Request     { r.Host = h; return r }
func (r Request) from(p netip.Addr) Request { r.Peer = p; return r }

func ordinary(token string) []row {
	return []row{
		{rule: "a token opens the route", request: get("/api/orders?a=1", token), want: edgeward.Authenticated,
			decided: edgeward.Request{Method: "GET", Scheme: "http", Host: "api.example.com", Path: "/api/orders", RawQuery: "a=1", ClientIP: Client},
			seen:    map[string]string{"X-Auth-Subject": "alice", "X-Auth-Issuer": issuer, "X-Auth-Method": "bearer", "X-Auth-Permissions": "orders:read", "X-Auth-Session": ""}},
		{rule: "no token is 401", request: get("/api/orders"), want: edgeward.CredentialMissing,
			answer: map[string]string{"Www-Authenticate": `Bearer realm="edgeward"`}},
		{rule: "a permission that is missing is 403", request: get("/api/admin", token), want: edgeward.InsufficientScope},
		{rule: "what no route covers is refused", request: get("/other", token), want: edgeward.NoRoute},
		{rule: "a silent route is refused", request: get("/silent/x", token), want: edgeward.RouteSilent},
		{rule: "a public route asks nobody", request: get("/public/x"), want: edgeward.Public},
		{rule: "a public route names nobody, even with a token", request: get("/public/x", token), want: edgeward.Public,
			seen: map[string]string{"X-Auth-Subject": ""}},
		{rule: "a HEAD is decided like its GET", request: get("/api/orders", token).method("HEAD"), want: edgeward.Authenticated},
	}
}

// spellings: row 52, for an application that ignores the case of paths.
func spellings(token string) []row {
	var rows []row
	for _, path := range []string{"/legacy/admin", "/legacy/Admin", "/legacy/ADMIN/", "/legacy/aDMIN/users/7", "/legacy/%41dmin"} {
		rows = append(rows,
			row{rule: "52: " + path + " asks for a credential", request: get(path), want: edgeward.CredentialMissing},
			row{rule: "52: " + path + " asks for its permission", request: get(path, token), want: edgeward.InsufficientScope},
		)
	}
	return append(rows,
		row{rule: "52: another spelling goes on as it came", request: get("/legacy/ORDERS", token), want: edgeward.Authenticated,
			decided: edgeward.Request{Path: "/legacy/ORDERS"}},
		row{rule: "52: a letter that some fold is refused", request: get("/legacy/%C5%BFecret"), want: edgeward.RouteSilent},
		row{rule: "52: what is beside them stays open", request: get("/legacy/Logo"), want: edgeward.Public},
		row{rule: "52: case counts where nobody said else", request: get("/API/orders", token), want: edgeward.NoRoute},
	)
}

// identityFields: row 34.
func identityFields(token string) []row {
	var rows []row
	for _, name := range []string{"X-Auth-Subject", "x-auth-subject", "X-AUTH-PERMISSIONS", "X-Auth-Session", "X-Auth-Assertion"} {
		rows = append(rows,
			row{rule: "34: inbound " + name + " is replaced", request: get("/api/orders", token, name+": "+Evil), want: edgeward.Authenticated},
			row{rule: "34: inbound " + name + " is removed where nobody is asked", request: get("/public/x", name+": "+Evil), want: edgeward.Public},
			row{rule: "34: " + name + " is no credential", request: get("/api/orders", name+": alice"), want: edgeward.CredentialMissing},
		)
	}
	for _, name := range []string{"x_auth_subject", "X_Auth-Subject", "X-Auth_Subject", "X.Auth.Subject"} {
		rows = append(rows, row{
			rule: "34: " + name + " never gets through", request: get("/api/orders", token, name+": "+Evil),
			want: edgeward.Authenticated, beside: edgeward.MalformedRequest,
		})
	}
	// None of ours: what holds the request removes them all the same.
	for _, name := range []string{"X-Auth-Admin", "X-Auth-", "X-Auth-Token", "X-Auth-Request-Redirect", "X-Auth-Request-Email", "X_Auth_Token"} {
		rows = append(rows, row{
			rule: "34: " + name + " is no forgery, and travels by no door that can remove it", request: get("/api/orders", token, name+": "+Evil),
			want: edgeward.Authenticated, carried: map[string]string{name: ""},
		})
	}
	return append(rows,
		row{rule: "34: Connection cannot remove the identity", request: get("/api/orders", token, "Connection: X-Auth-Subject, X-Auth-Issuer"), want: edgeward.Authenticated,
			seen: map[string]string{"X-Auth-Subject": "alice", "X-Auth-Issuer": issuer}},
		row{rule: "34: Connection cannot remove the credential check", request: get("/api/orders", "Connection: Authorization"), want: edgeward.CredentialMissing},
		row{rule: "34: sent twice, replaced twice", request: get("/api/orders", token, "X-Auth-Subject: "+Evil, "X-Auth-Subject: "+Evil), want: edgeward.Authenticated,
			seen: map[string]string{"X-Auth-Subject": "alice"}},
	)
}

// lookAlikes: row 34, of fields that are not ours. A server that cannot tell "-"
// from other signs reads another framing, credential or page than was decided on.
func lookAlikes(token string) []row {
	var rows []row
	for _, name := range []string{
		"Content_Length", "Content.Length", "Transfer_Encoding", "Transfer-Encoding_", "Content_Type", "Content_Encoding", "Keep_Alive", "Proxy_Connection",
		"Proxy_Authorization", "HTTP2_Settings", "X_Api_Key", "X-API_Key", "Sec_WebSocket_Key", "Sec_Fetch_Site", "Access_Control_Request_Method", "If_Match",
		"WL_Proxy_Client_IP", "PATH_INFO", "SCRIPT_NAME", "X_HTTP_Host_Override",
	} {
		r := row{rule: "34: " + name + " never gets through", request: get("/api/orders", token, name+": "+Evil), want: edgeward.Authenticated, beside: edgeward.MalformedRequest,
			carried: map[string]string{name: ""}}
		if name == "Transfer-Encoding_" { // like none
			r.beside = edgeward.Undecided
		}
		rows = append(rows, r)
	}
	for _, name := range []string{"api_key", "x_custom", "My.Field", "a~b", "X_Auth-"} {
		rows = append(rows, row{rule: "34: " + name + " means nothing, and travels by no door that can remove it", request: get("/public/x", name+": "+Evil), want: edgeward.Public,
			carried: map[string]string{name: ""}})
	}
	return append(rows,
		row{rule: "34: a look-alike is no credential", request: get("/chain/x", "X_Api_Key: ew_live_x"), want: edgeward.CredentialMissing, beside: edgeward.MalformedRequest},
		row{rule: "34: an ordinary field travels", request: get("/api/orders", token, "X-Custom-1: kept"), want: edgeward.Authenticated, seen: map[string]string{"X-Custom-1": "kept"}},
	)
}

// upgrades: row 39. After the answer 101 nobody decides any more.
func upgrades(token string) []row {
	var rows []row
	for rule, fields := range map[string][]string{
		"h2c":                    {"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"},
		"h2c beside a WebSocket": {"Connection: Upgrade", "Upgrade: websocket, h2c"}, "TLS": {"Connection: Upgrade", "Upgrade: TLS/1.3"}, "h2": {"Connection: upgrade", "Upgrade: h2"},
	} {
		rows = append(rows, row{rule: "39: an upgrade to " + rule + " is none", request: get("/api/orders", append(fields, token)...),
			want: edgeward.Authenticated, carried: map[string]string{"Upgrade": "", "Connection": "", "Http2-Settings": ""}})
	}
	for _, protocol := range []string{"h2c", "websocket, h2c", "TLS/1.3"} { // some web servers tell without Connection
		rows = append(rows, row{rule: "39: an upgrade without Connection to " + protocol, request: get("/api/orders", token, "Upgrade: "+protocol),
			want: edgeward.Authenticated, beside: edgeward.MalformedRequest, carried: map[string]string{"Upgrade": ""}})
	}
	return append(rows,
		row{rule: "39: what is for one connection ends there", request: get("/api/orders", token, "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "Proxy-Authorization: Basic eA==", "TE: gzip", "Connection: x-private, close", "X-Private: 1"),
			want: edgeward.Authenticated, carried: map[string]string{"Keep-Alive": "", "Proxy-Connection": "", "Proxy-Authorization": "", "Te": "", "X-Private": ""}},
	)
}

// forwardedFields: row 35.
func forwardedFields(token string) []row {
	rows := []row{
		{rule: "35: a stranger's X-Forwarded-For is not believed", request: get("/api/orders", token, "X-Forwarded-For: 198.51.100.66, "+Evil), want: edgeward.Authenticated,
			decided: edgeward.Request{ClientIP: Client}},
		{rule: "35: a stranger's X-Forwarded-Proto is not believed", request: get("/api/orders", token, "X-Forwarded-Proto: https"), want: edgeward.Authenticated,
			decided: edgeward.Request{Scheme: "http"}},
		{rule: "35: a declared proxy's X-Forwarded-For is read from the right", request: get("/api/orders", token, "X-Forwarded-For: 198.51.100.66, 198.51.100.7").from(farther), want: edgeward.Authenticated,
			decided: edgeward.Request{ClientIP: netip.MustParseAddr("198.51.100.7")}},
		{rule: "35: a declared proxy's X-Forwarded-Proto is believed", request: get("/api/orders", token, "X-Forwarded-Proto: https").from(farther), want: edgeward.Authenticated,
			decided: edgeward.Request{Scheme: "https"}},
		{rule: "35: a WebSocket's X-Forwarded-Proto is https, too", request: get("/api/orders", token, "X-Forwarded-Proto: wss").from(farther), want: edgeward.Authenticated,
			decided: edgeward.Request{Scheme: "https"}},
		{rule: "35: two schemes are none", request: get("/api/orders", token, "X-Forwarded-Proto: http", "X-Forwarded-Proto: https").from(farther), want: edgeward.MalformedRequest},
		{rule: "35: a health checker is a client like any other", request: get("/api/orders", "User-Agent: kube-probe/1.30"), want: edgeward.CredentialMissing},
		{rule: "35: a health check's path is a path like any other", request: get("/healthz", "User-Agent: GoogleHC/1.0"), want: edgeward.NoRoute},
	}
	for _, name := range []string{
		"Forwarded", "X-Real-IP", "X-Forwarded-Prefix", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Host", "X-Request-Id",
		"True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "Client-IP", "X-Cluster-Client-IP", "Forwarded-For", "X-Forwarded", "WL-Proxy-Client-IP",
		"Proxy-Client-IP", "X-Envoy-External-Address", "X-Azure-ClientIP", "X-Scheme", "Front-End-Https", "X-Script-Name",
	} {
		rows = append(rows, row{rule: "35: a stranger's " + name + " is rebuilt", request: get("/api/orders", token, name+": "+Evil), want: edgeward.Authenticated})
	}
	// No proxy sends these: whoever cannot remove them refuses.
	for _, name := range []string{
		"X-Rewrite-URL", "X-Original-Path", "X_Rewrite_URL", "X_Original_URL", "X-Original_URL", "X.Original.URL",
		"X_Forwarded_For", "X_Forwarded_Host", "X_Forwarded_Uri", "X_Real_IP", "True_Client_IP",
		"Proxy", "X-Host", "X-HTTP-Host", "X-HTTP-Host-Override", "Path-Info", "Script-Name",
	} {
		rows = append(rows, row{rule: "35: a stranger's " + name + " never gets through", request: get("/api/orders", token, name+": "+Evil),
			want: edgeward.Authenticated, beside: edgeward.MalformedRequest})
	}
	return append(rows, row{rule: "35: a stranger's X-Original-URL decides nothing", request: get("/api/orders", token, "X-Original-URL: /public/"+Evil),
		want: edgeward.Authenticated, beside: edgeward.MalformedRequest})
}

// paths: row 36.
func paths(token string) []row {
	var rows []row
	for _, target := range []string{
		"/public/../api", "/public/%2e%2e/api", "/public/.%2e/api", "/public/%2E./api", "/public/..%5capi", "/public/..;/api", "/public;x/..",
		"//api", "/public//x", "/public/.", "/public/./x", "/public%2f..%2fapi", "/public/%2fapi", "/public/%252fapi", "/public/%252e%252e/api",
		"/public/%00", "/public/%0d%0aX:1", "/public/%c0%af", "/public/%c0%ae%c0%ae", "/public/%zz", "/public/%", "/public/%2", "/public/x#y",
		"/public/%23", "/public/%3f", `/public/..\api`, `/public\x`, "/public/;x", "/public/%3b", "/public/%ff", "/public/\x80", "/public/%7f", "/public/x?a#b",
		"public/x", "*", "?", "http:/public/x", "/public/<x>",
	} {
		rows = append(rows, row{rule: "36: two readings: " + target, request: get(target, token), want: edgeward.MalformedRequest})
	}
	for target, path := range map[string]string{
		"/%61pi/orders": "/api/orders", "/api/orders/": "/api/orders/", "/api": "/api", "/api/": "/api/", "/api/%c3%a9": "/api/é",
		"/api/a%20b": "/api/a b", "/api/a!$&'()*+,=:@~b": "/api/a!$&'()*+,=:@~b", "/api/[1]": "/api/[1]", "/api/%5b1%5D": "/api/[1]", "/api/...": "/api/...", "/api/a%25": "/api/a%",
	} {
		rows = append(rows, row{rule: "36: one reading: " + target, request: get(target, token), want: edgeward.Authenticated, decided: edgeward.Request{Path: path}})
	}
	for _, target := range []string{"/apiadmin", "/api.", "/API/orders", "/Api", "/", "http://api.example.com"} {
		rows = append(rows, row{rule: "36: not covered: " + target, request: get(target, token), want: edgeward.NoRoute})
	}
	return rows
}

// hostsAndMethods: row 37.
func hostsAndMethods(token string) []row {
	var rows []row
	for raw, host := range map[string]string{
		"API.Example.COM": "api.example.com", "api.example.com.": "api.example.com", "api.example.com:80": "api.example.com",
		"api.example.com:8080": "api.example.com:8080", "[::1]:80": "[::1]", "[2001:DB8::0]": "[2001:db8::]", "127.0.0.1:80": "127.0.0.1",
	} {
		rows = append(rows, row{rule: "37: host " + raw, request: get("/api/orders", token).host(raw), want: edgeward.Authenticated, decided: edgeward.Request{Host: host}})
	}
	for _, raw := range []string{"", "a@b", "a,b", "a/b", "a:0", "a:99999", "a:", "a:x", "a..b", "[::1", "a%41", "a#b", `a\b`} {
		rows = append(rows, row{rule: "37: host " + raw + " is refused", request: get("/api/orders", token).host(raw), want: edgeward.MalformedRequest})
	}
	for _, host := range []string{"a.apps.example.com", "a.b.apps.example.com:8443", "A.Apps.Example.Com."} {
		rows = append(rows, row{rule: "37: host " + host + " is one of those that the door is for", request: get("/api/orders", token).host(host), want: edgeward.Authenticated})
	}
	for _, host := range []string{
		"unknown.example.com", "example.com", "apps.example.com", "xapps.example.com", "api.example.com.evil.example", "xapi.example.com", "127.0.0.2", "[::2]", "localhost",
	} {
		rows = append(rows,
			row{rule: "37: host " + host + " is none of those", request: get("/api/orders", token).host(host), want: edgeward.UnknownHost},
			row{rule: "37: host " + host + " is none of those, of an open route either", request: get("/public/x").host(host), want: edgeward.UnknownHost})
	}
	for _, method := range []string{"get", "Get", "PATCH_"} {
		rows = append(rows, row{rule: "37: method " + method, request: get("/api/orders", token).method(method), want: edgeward.MalformedRequest})
	}
	for _, method := range []string{"TRACE", "TRACK"} {
		rows = append(rows, row{rule: "37: method " + method, request: get("/api/orders", token).method(method), want: edgeward.MethodNotAllowed})
	}
	for _, name := range []string{"X-HTTP-Method-Override", "x-http-method", "X_Method_Override", "X-Method", "x_method"} {
		rows = append(rows, row{rule: "37: " + name, request: get("/api/orders", token, name+": DELETE "+Evil), want: edgeward.Authenticated, beside: edgeward.MalformedRequest,
			decided: edgeward.Request{Method: "GET"}})
	}
	return append(rows,
		row{rule: "37: absolute-form names the host", request: get("http://API.example.com/api/orders", token), want: edgeward.Authenticated, decided: edgeward.Request{Host: "api.example.com"}},
		row{rule: "37: absolute-form names the host, also one that is none of those", request: get("http://unknown.example.com/api/orders", token).host("unknown.example.com"), want: edgeward.UnknownHost},
		row{rule: "37: absolute-form with another scheme", request: get("https://api.example.com/api/orders", token), want: edgeward.MalformedRequest},
		row{rule: "37: absolute-form with userinfo", request: get("http://a@api.example.com/api/orders", token), want: edgeward.MalformedRequest},
	)
}

// digest is a credential of an application's own, with parameters (RFC 9110 §11.4).
const digest = `Authorization: Digest username="a, b", realm="x", uri="/y?a=1,2", algorithm=SHA-256, nc=00000001, response = "00"`

// credentials: rows 17 and 38.
func credentials(token, raw string) []row {
	return []row{
		{rule: "17: two Authorization fields", request: get("/api/orders", token, token), want: edgeward.AmbiguousCredential},
		{rule: "17: a second, empty Authorization field", request: get("/api/orders", token, "Authorization:"), want: edgeward.AmbiguousCredential},
		{rule: "17: header and query", request: get("/api/orders?access_token="+raw, token), want: edgeward.AmbiguousCredential},
		{rule: "17: a credential in the query is none", request: get("/api/orders?access_token=" + raw), want: edgeward.CredentialMissing},
		{rule: "17: another scheme is no bearer token", request: get("/api/orders", "Authorization: Basic YTpi"), want: edgeward.CredentialMissing},
		{rule: "38: the credential stays at the edge", request: get("/api/orders", token), want: edgeward.Authenticated},
		{rule: "38: the credential travels where the route says so", request: get("/kept/x", token), want: edgeward.Authenticated},
		{rule: "38: alone", request: get("/kept/x", token, "X-API-Key: ew_live_x", "Cookie: a=1; __Host-edgeward-session=ews_x; __Host-ew_refresh=ewr_x; __Host-ew_access=x; __Host-ew_login=x; __Host-ew_console=x"), want: edgeward.Authenticated,
			carried: map[string]string{"Authorization": strings.TrimPrefix(token, "Authorization: "), "X-Api-Key": "", "Cookie": "a=1"}},
		{rule: "38: a bearer token that nobody examined stays at the edge", request: get("/public/x", token), want: edgeward.Public, carried: map[string]string{"Authorization": ""}},
		{rule: "38: unless the route says so", request: get("/public/kept", "Authorization: Bearer theirs", "Cookie: __Host-ew_refresh=ewr_x"), want: edgeward.Public,
			carried: map[string]string{"Authorization": "Bearer theirs", "Cookie": ""}},
		{rule: "38: but never one that Edgeward issued", request: get("/public/kept", "Authorization: Bearer ew_live_x", "X-API-Key: ew_live_x"), want: edgeward.Public,
			carried: map[string]string{"Authorization": "", "X-Api-Key": ""}},
		{rule: "38: another scheme is the application's", request: get("/public/x", "Authorization: Basic YTpi"), want: edgeward.Public, seen: map[string]string{"Authorization": "Basic YTpi"}},
		{rule: "38: whose parameters stand behind commas", request: get("/public/x", digest), want: edgeward.Public, seen: map[string]string{"Authorization": strings.TrimPrefix(digest, "Authorization: ")}},
		{rule: "17: two Authorization fields of the application", request: get("/public/x", "Authorization: Basic YTpi", digest), want: edgeward.AmbiguousCredential},
		{rule: "17: one with parameters, and a bearer token", request: get("/public/x", digest, token), want: edgeward.AmbiguousCredential},
		{rule: "17: one whose text does not end, and a bearer token", request: get("/public/x", `Authorization: Digest realm="x`, token), want: edgeward.AmbiguousCredential},
		{rule: "38: and so are its cookies, whatever they are called", request: get("/public/x", "Cookie: edgeward-session=x; edgeward-sessionx=1; ew_theme=dark; region=ew_1"), want: edgeward.Public,
			carried: map[string]string{"Cookie": "edgeward-sessionx=1; ew_theme=dark; region=ew_1"}},
	}
}

// cors: row 26.
func cors(token string) []row {
	granted := map[string]string{"Access-Control-Allow-Origin": "https://app.example", "Access-Control-Allow-Credentials": "true", "Vary": "Origin"}
	denied := map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Credentials": "", "Vary": "Origin"}
	origin := "Origin: https://app.example"
	preflight := get("/api/orders", origin, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: authorization").method("OPTIONS")
	rows := []row{
		{rule: "26: the origin itself", request: get("/api/orders", token, origin), want: edgeward.Authenticated, answer: granted},
		{rule: "26: a refusal can be read by a script", request: get("/api/orders", origin), want: edgeward.CredentialMissing, answer: granted},
		{rule: "26: without an origin the answer varies all the same", request: get("/api/orders", token), want: edgeward.Authenticated, answer: denied},
		{rule: "26: OPTIONS without Origin is a request", request: get("/api/orders", "Access-Control-Request-Method: PUT").method("OPTIONS"), want: edgeward.CredentialMissing},
		{rule: "26: OPTIONS without a method is a request", request: get("/api/orders", origin).method("OPTIONS"), want: edgeward.CredentialMissing},
		{rule: "26: a preflight is answered at the edge", request: preflight, want: edgeward.Preflight,
			answer: map[string]string{"Access-Control-Allow-Origin": "https://app.example"}},
		{rule: "26: two origins are none", request: get("/api/orders", token, origin, origin), want: edgeward.MalformedRequest},
	}
	for _, other := range []string{"null", "https://app.example.evil", "https://evilapp.example", "http://app.example", "https://app.example:8443", "https://app.example/", "HTTPS://APP.EXAMPLE"} {
		rows = append(rows, row{rule: "26: another origin: " + other, request: get("/api/orders", token, "Origin: "+other), want: edgeward.Authenticated, answer: denied})
	}
	return rows
}
