package policy_test

import (
	"fmt"
	"log"

	"github.com/edgeward/edgeward/policy"
)

// A tree without files: orders are for who may read them, and may be changed by
// who may write; the health check is for everybody.
func Example() {
	tree, err := policy.Build([]policy.File{
		{Path: "_middleware", Statement: policy.Require("bearer")},
		{Path: "orders/_middleware", Statement: policy.Statement{}.Permissions("orders:read").
			Method("POST", policy.Statement{}.Permissions("orders:write"))},
		{Path: "healthz", Statement: policy.Public()},
	})
	if err != nil {
		log.Fatal(err) // every contradiction, with both files
	}
	for _, request := range [][2]string{{"GET", "/orders/7"}, {"POST", "/orders"}, {"GET", "/healthz"}} {
		route, covered := tree.Lookup(request[0], request[1])
		fmt.Println(request, covered, route.Public(), route.Permissions)
	}
	for _, s := range tree.Explain("POST", "/orders").Effective {
		fmt.Printf("%s: %s, by %s\n", s.Key, s.Text(), s.Source)
	}
	// Output:
	// [GET /orders/7] true false [orders:read]
	// [POST /orders] true false [orders:write]
	// [GET /healthz] true true []
	// authenticate: [bearer], by _middleware
	// permissions: [orders:write], by orders/_middleware
}
