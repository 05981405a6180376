package recipes

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/edge"
	"github.com/edgeward/edgeward/jwt"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const secret = "0123456789abcdef0123456789abcdef"

func opened(t *testing.T) *edge.Edge {
	t.Setenv("RECIPES_SECRET", secret)
	auth, err := edge.Parse("edgeward.yaml", []byte(`
issuers: [{issuer: app, audiences: [app], algorithms: [HS256], secret: env:RECIPES_SECRET}]
routes:
  _middleware: {authenticate: [bearer]}
  orders.v1.Orders/_middleware: {permissions: [orders:write]}
  grpc.health.v1.Health/_middleware: {authenticate: [], permissions: []}
`), edge.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = auth.Close() })
	return auth
}

// token returns one that holds scope.
func token(t *testing.T, scope string) string {
	key, err := jwt.HMACKey("", jwt.HS256, edgeward.NewSecret(secret))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jwt.HMACSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.Claims{Issuer: "app", Subject: "alice", Audience: []string{"app"}, Expires: time.Now().Add(time.Hour)}
	payload := strings.TrimSuffix(string(claims.AppendJSON(nil)), "}") + `,"scope":"` + scope + `"}`
	signed, err := jwt.Sign(t.Context(), signer, "at+jwt", []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestFrameworks(t *testing.T) {
	auth := opened(t)
	reader, writer := token(t, "orders:read"), token(t, "orders:write")
	for name, app := range map[string]http.Handler{
		"net/http": NetHTTP(auth.Protect), "chi": Chi(auth.Protect), "echo": Echo(auth.Protect), "gin": Gin(auth.Protect),
	} {
		for rule, row := range map[string]struct {
			method, token string
			status        int
			body          string
		}{
			"nobody":                     {"GET", "", 401, "credential_required"},
			"somebody":                   {"GET", reader, 200, "hello alice"},
			"without the permission":     {"POST", reader, 403, "insufficient_scope"},
			"with the permission":        {"POST", writer, 200, "hello alice"},
			"nobody, where one is asked": {"POST", "", 401, "credential_required"},
		} {
			r := httptest.NewRequest(row.method, "/orders", nil)
			if row.token != "" {
				r.Header.Set("Authorization", "Bearer "+row.token)
			}
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			if w.Code != row.status || !strings.Contains(w.Body.String(), row.body) || row.status != 200 && strings.Contains(w.Body.String(), "hello") {
				t.Errorf("%s: %s: %d %s", name, rule, w.Code, w.Body)
			}
		}
	}
}

func TestGRPC(t *testing.T) {
	auth := opened(t)
	for rule, row := range map[string]struct {
		method, token string
		code          codes.Code
		subject       string
	}{
		"nobody":                 {"/orders.v1.Orders/List", "", codes.Unauthenticated, ""},
		"without the permission": {"/orders.v1.Orders/List", token(t, "orders:read"), codes.PermissionDenied, ""},
		"with it":                {"/orders.v1.Orders/List", token(t, "orders:write"), codes.OK, "alice"},
		"a public service":       {"/grpc.health.v1.Health/Check", "", codes.OK, ""},
	} {
		ctx := context.Background()
		if row.token != "" {
			ctx = metadata.NewIncomingContext(ctx, metadata.Pairs("authorization", "Bearer "+row.token))
		}
		check := func(way string, err error, ctx context.Context) {
			t.Helper()
			subject := ""
			if id, known := edgeward.IdentityFrom(ctx); known {
				subject = id.Subject
			}
			if status.Code(err) != row.code || subject != row.subject {
				t.Errorf("%s: %s: %v, subject %q", rule, way, err, subject)
			}
		}
		seen := context.Background()
		_, err := UnaryInterceptor(auth)(ctx, nil, &grpc.UnaryServerInfo{FullMethod: row.method}, func(ctx context.Context, _ any) (any, error) { seen = ctx; return nil, nil })
		check("unary", err, seen)
		seen = context.Background()
		err = StreamInterceptor(auth)(nil, admitted{nil, ctx}, &grpc.StreamServerInfo{FullMethod: row.method}, func(_ any, s grpc.ServerStream) error { seen = s.Context(); return nil })
		check("stream", err, seen)
	}
}
