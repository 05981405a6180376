package main

import (
	"slices"
	"testing"
)

// The id of one session in 64 begins with what flags begin with.
func TestAnIDMayBeginAsFlagsDo(t *testing.T) {
	const id = "-5jY7WsFt_3jbcVET6y3JA"
	for _, row := range []struct{ args, want []string }{
		{[]string{"session", "revoke", id, "--server", "http://a"}, []string{"session", "revoke", "--server", "http://a", "--", id}},
		{[]string{"session", "revoke", id[1:] + "A"}, []string{"session", "revoke", id[1:] + "A"}},
		{[]string{"session", "revoke", "--help"}, []string{"session", "revoke", "--help"}},
		{[]string{"revoke", "--session", id}, []string{"revoke", "--session", id}},
		{nil, nil},
	} {
		if got := idBehindFlags(row.args); !slices.Equal(got, row.want) {
			t.Errorf("%q: %q, want %q", row.args, got, row.want)
		}
	}
	root := newRoot()
	root.SetArgs(idBehindFlags([]string{"session", "revoke", id, "--server", "nonsense", "--key-file", "/none"}))
	root.SilenceErrors, root.SilenceUsage = true, true
	if cmd, err := root.ExecuteC(); err == nil || cmd.Flags().Arg(0) != id {
		t.Errorf("%v, %v", cmd.Flags().Args(), err)
	}
}
