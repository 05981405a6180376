package recipes

import (
	"net/http"

	"github.com/edgeward/edgeward/httpauth"
	"github.com/gin-gonic/gin"
)

// Gin returns an application on gin.
func Gin(auth Middleware) http.Handler {
	r := gin.New()
	r.GET("/orders", gin.WrapF(hello))
	r.POST("/orders", ginRequire("orders:write"), gin.WrapF(hello))
	return auth(r)
}

// ginRequire is httpauth.RequirePermission for gin.
func ginRequire(permissions ...string) gin.HandlerFunc {
	guard := httpauth.RequirePermission(permissions...)
	return func(c *gin.Context) {
		passed := false
		guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed = true })).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}
