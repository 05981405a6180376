-- Asks Edgeward about a request, before HAProxy forwards it. HAProxy 2.6 or newer.
local verify = "http://127.0.0.1:8082/verify"
local fields = { "x-auth-subject", "x-auth-issuer", "x-auth-method", "x-auth-permissions", "x-auth-session", "x-auth-assertion",
	"authorization", "cookie", "x-api-key", "x-request-id" }
local for_client = { "set-cookie", "vary", "access-control-allow-origin", "access-control-allow-credentials", "access-control-expose-headers" }
-- Of one connection, or of a body that is not sent along.
local left_out = { "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "expect" }

local function first(headers, name) return headers[name] and headers[name][0] end

core.register_action("edgeward", { "http-req" }, function(txn)
	local asked = txn.http:req_get_headers()
	for _, name in ipairs(left_out) do asked[name] = nil end
	asked["x-forwarded-method"] = { txn.sf:method() }
	asked["x-forwarded-uri"] = { txn.sf:pathq() }
	asked["x-forwarded-proto"] = { txn.sf:ssl_fc() == "1" and "https" or "http" }
	asked["x-forwarded-host"] = { first(asked, "host") or "" }
	asked["x-forwarded-for"] = { txn.sf:src() }

	local answer = core.httpclient():get { url = verify, headers = asked, timeout = 15000 }
	if answer.status == 200 then
		for _, name in ipairs(fields) do
			local value = first(answer.headers, name)
			txn.http:req_del_header(name)
			if value and value ~= "" then txn.http:req_add_header(name, value) end
		end
		for _, name in ipairs(for_client) do
			txn:set_var("txn.edgeward_" .. name:gsub("-", "_"), first(answer.headers, name) or "")
		end
		txn:set_var("txn.edgeward_allows", true)
		return
	end

	-- Edgeward's 2xx would let a preflight through: its answer is made one here.
	local reply = txn:reply { status = answer.status, body = answer.body }
	if first(answer.headers, "access-control-allow-methods") then reply = txn:reply { status = 204 } end
	if answer.status == 0 or answer.status == 200 then reply = txn:reply { status = 503 } end
	for _, name in ipairs { "connection", "content-length", "date" } do answer.headers[name] = nil end
	for name, values in pairs(answer.headers) do
		for i = 0, #values do reply:add_header(name, values[i]) end
	end
	txn:done(reply)
end)
