package store_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward/store"
)

func TestAContractThatIsNotMetSaysWhatIsMissing(t *testing.T) {
	all := store.Contract{CompareAndSwap: true, Durable: true, Shared: true}
	for rule, row := range map[string]struct {
		given, need store.Contract
		says        string // "" when it is met
	}{
		"nothing is needed":   {store.Contract{}, store.Contract{}, ""},
		"more than is needed": {all, store.Contract{Durable: true}, ""},
		"all of it":           {all, all, ""},
		"no comparing":        {store.Contract{Durable: true, Shared: true}, all, "compare-and-swap"},
		"not durable":         {store.Contract{CompareAndSwap: true, Shared: true}, all, "durable"},
		"of this node alone":  {store.Contract{CompareAndSwap: true, Durable: true}, all, "share"},
		"the zero Contract":   {store.Contract{}, all, "compare-and-swap"},
	} {
		err := row.given.Meets(row.need)
		if (err == nil) != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}
