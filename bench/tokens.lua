-- wrk walks the tokens of the file $TOKENS. Requests are written beforehand, so
-- that the load costs the same however many tokens there are.
local requests, n = {}, 0

function init()
   for token in io.lines(os.getenv("TOKENS")) do
      requests[#requests + 1] = wrk.format("GET", nil, {
         ["Host"] = "app.example",
         ["Authorization"] = "Bearer " .. token,
         ["X-Forwarded-Method"] = "GET",
         ["X-Forwarded-Proto"] = "http",
         ["X-Forwarded-Host"] = "app.example",
         ["X-Forwarded-Uri"] = "/api/orders",
      })
   end
end

function request()
   n = n % #requests + 1
   return requests[n]
end
