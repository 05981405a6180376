package recipes

import (
	"net/http"

	"github.com/edgeward/edgeward/httpauth"
	"github.com/labstack/echo/v4"
)

// Echo returns an application on echo.
func Echo(auth Middleware) http.Handler {
	e := echo.New()
	handler := echo.WrapHandler(http.HandlerFunc(hello))
	e.GET("/orders", handler)
	e.POST("/orders", handler, echo.WrapMiddleware(httpauth.RequirePermission("orders:write")))
	return auth(e)
}
