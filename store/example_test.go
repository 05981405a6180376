package store_test

import (
	"context"
	"fmt"
	"log"
	"strconv"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
)

// Writers that meet each try again: no count is lost.
func ExampleUpdate() {
	ctx, s := context.Background(), memstore.New(memstore.Config{})
	if _, err := s.Create(ctx, "example/visits", []byte("0"), time.Time{}); err != nil {
		log.Fatal(err)
	}
	for range 3 {
		_, err := store.Update(ctx, s, "example/visits", func(current store.Entry) ([]byte, time.Time, error) {
			n, err := strconv.Atoi(string(current.Value))
			return []byte(strconv.Itoa(n + 1)), current.Expires, err
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	e, err := s.Get(ctx, "example/visits")
	fmt.Println(string(e.Value), err)
	// Output: 3 <nil>
}
