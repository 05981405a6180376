package recipes

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door/proxy"
	"github.com/edgeward/edgeward/internal/door/upstream"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// chat is a service of one call that streams both ways. It answers each message as it
// comes, and says at the end who asked.
var chat = grpc.ServiceDesc{
	ServiceName: "chat.v1.Chat", HandlerType: (*any)(nil),
	Streams: []grpc.StreamDesc{{StreamName: "Talk", ServerStreams: true, ClientStreams: true, Handler: func(_ any, stream grpc.ServerStream) error {
		fields, _ := metadata.FromIncomingContext(stream.Context())
		stream.SetTrailer(metadata.Pairs("x-who", strings.Join(fields["x-auth-subject"], "|"), "x-te", strings.Join(fields["te"], "|"), "x-credential", strings.Join(fields["authorization"], "|")))
		for {
			var m wrapperspb.StringValue
			switch err := stream.RecvMsg(&m); {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return err
			case m.Value == "fail":
				return status.Error(codes.NotFound, "no such orders")
			case m.Value == "wait":
				_ = stream.SendMsg(&m)
				<-stream.Context().Done()
				left <- stream.Context().Err()
				return nil
			}
			if err := stream.SendMsg(&m); err != nil {
				return err
			}
		}
	}}},
}

var left = make(chan error, 1) // of a client that cancelled

// guarded lets alice in by a token, and refuses everybody else.
type guarded struct{}

func (guarded) Decide(_ context.Context, r *edgeward.Request) edgeward.Decision {
	if r.Header.First("Authorization") != "Bearer alice" {
		return edgeward.Decision{Reason: edgeward.CredentialMissing}
	}
	return edgeward.Decision{
		Allow: true, Reason: edgeward.Authenticated, Target: "chat", Upstream: edgeward.Header{edgeward.HeaderSubject: {"alice"}},
		Credential: edgeward.Credential{Header: "Authorization"},
	}
}

// throughTheProxy is a client of chat behind the proxy, by HTTP/2 without TLS on both
// sides.
func throughTheProxy(t *testing.T, servers ...string) *grpc.ClientConn {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	server.RegisterService(&chat, nil)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	pool, err := upstream.New(upstream.Config{Name: "chat", URLs: append(servers, "http://"+l.Addr().String()), HTTP: upstream.HTTP2})
	if err != nil {
		t.Fatal(err)
	}
	p, err := proxy.New(proxy.Config{Decider: guarded{}, Upstreams: map[string]*upstream.Pool{"chat": pool}})
	if err != nil {
		t.Fatal(err)
	}
	gateway := httptest.NewUnstartedServer(p)
	gateway.Config.Protocols = &http.Protocols{}
	gateway.Config.Protocols.SetUnencryptedHTTP2(true)
	gateway.Start()
	t.Cleanup(gateway.Close)
	conn, err := grpc.NewClient(gateway.Listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func talk(t *testing.T, ctx context.Context, conn *grpc.ClientConn, token string) grpc.ClientStream {
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token, "x-auth-subject", "mallory")
	stream, err := conn.NewStream(ctx, &chat.Streams[0], "/chat.v1.Chat/Talk")
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

func TestGRPCStreamsBothWaysThroughTheProxy(t *testing.T) {
	stream := talk(t, t.Context(), throughTheProxy(t), "alice")
	for _, text := range []string{"one", "two", strings.Repeat("x", 100_000)} { // each is answered before the next is sent
		var got wrapperspb.StringValue
		if err := stream.SendMsg(wrapperspb.String(text)); err != nil {
			t.Fatal(err)
		}
		if err := stream.RecvMsg(&got); err != nil || got.Value != text {
			t.Fatalf("%q, %v", got.Value, err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err := stream.RecvMsg(&wrapperspb.StringValue{}); !errors.Is(err, io.EOF) {
		t.Errorf("the end: %v", err)
	}
	for name, want := range map[string]string{"x-who": "alice", "x-credential": ""} {
		if got := strings.Join(stream.Trailer()[name], "|"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestTheStatusOfGRPCPasses(t *testing.T) {
	conn := throughTheProxy(t)
	stream := talk(t, t.Context(), conn, "alice")
	_ = stream.SendMsg(wrapperspb.String("fail"))
	if err := stream.RecvMsg(&wrapperspb.StringValue{}); status.Code(err) != codes.NotFound || status.Convert(err).Message() != "no such orders" {
		t.Errorf("of the application: %v", err)
	}
	if err := talk(t, t.Context(), conn, "mallory").RecvMsg(&wrapperspb.StringValue{}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("of the gateway: %v", err)
	}
}

func TestACancelledCallEndsAtTheServer(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stream := talk(t, ctx, throughTheProxy(t), "alice")
	_ = stream.SendMsg(wrapperspb.String("wait"))
	if err := stream.RecvMsg(&wrapperspb.StringValue{}); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-left; err == nil {
		t.Error("the server was not told")
	}
}

// A call whose server is not there is sent to the next one, its body unread.
func TestACallGoesToAServerThatIsThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	conn := throughTheProxy(t, "http://"+l.Addr().String())
	for range 10 {
		stream := talk(t, t.Context(), conn, "alice")
		var got wrapperspb.StringValue
		_ = stream.SendMsg(wrapperspb.String("hello"))
		if err := stream.RecvMsg(&got); err != nil || got.Value != "hello" {
			t.Fatalf("%q, %v", got.Value, err)
		}
		_ = stream.CloseSend()
	}
}
