package recipes

import (
	"context"
	"net/netip"
	"net/textproto"

	"github.com/edgeward/edgeward"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// UnaryInterceptor lets a call through that decider allows, and puts the identity
// into its context. The path of a call is its method, /package.Service/Method:
//
//	routes/orders.v1.Orders/_middleware.yaml
//	routes/orders.v1.Orders/Cancel.yaml
//
// gRPC has matched the method already when an interceptor runs, so that there is
// no other spelling of it.
func UnaryInterceptor(decider edgeward.Decider) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, call any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		ctx, err := admit(ctx, decider, info.FullMethod)
		if err != nil {
			return nil, err
		}
		return next(ctx, call)
	}
}

// StreamInterceptor is UnaryInterceptor for streams. A stream is decided about
// when it begins, and outlives a revocation: bound how long it may last.
func StreamInterceptor(decider edgeward.Decider) grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
		ctx, err := admit(stream.Context(), decider, info.FullMethod)
		if err != nil {
			return err
		}
		return next(srv, admitted{stream, ctx})
	}
}

type admitted struct {
	grpc.ServerStream
	ctx context.Context
}

func (a admitted) Context() context.Context { return a.ctx }

func admit(ctx context.Context, decider edgeward.Decider, method string) (context.Context, error) {
	d := decider.Decide(ctx, requestOf(ctx, method))
	if !d.Allow {
		return nil, status.Error(codeOf(d.Reason), d.Reason.Problem())
	}
	return edgeward.WithIdentity(ctx, d.Identity), nil
}

func requestOf(ctx context.Context, method string) *edgeward.Request {
	r := &edgeward.Request{Method: "POST", Path: method, Header: edgeward.Header{}}
	fields, _ := metadata.FromIncomingContext(ctx)
	for name, values := range fields {
		r.Header[textproto.CanonicalMIMEHeaderKey(name)] = values
	}
	if p, ok := peer.FromContext(ctx); ok && p.Addr != nil {
		address, _ := netip.ParseAddrPort(p.Addr.String()) // of who connects: behind a proxy it is unknown instead
		r.ClientIP = address.Addr().Unmap().WithZone("")
	}
	return r
}

// codeOf returns what a client can tell a refusal by.
func codeOf(r edgeward.Reason) codes.Code {
	switch r.Status() {
	case 400:
		return codes.InvalidArgument
	case 401:
		return codes.Unauthenticated
	case 403:
		return codes.PermissionDenied
	case 429:
		return codes.ResourceExhausted
	}
	return codes.Unavailable
}
