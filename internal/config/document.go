package config

// A document is one YAML file.
type document struct {
	name  string // as messages show it
	order int    // the configuration is 0, the routes come after it
	lines []string
}

func (d *document) masked(line int) (string, bool) { return "", false }

type snapshot struct{}
type staticKeys struct{}
