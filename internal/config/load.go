package config

// Load reads the configuration in the file at path, with everything that it
// names. The error is an [*Errors] with all mistakes, or says that path cannot
// be read.
func Load(path string) (*Config, error) { return nil, nil }

// Parse is Load for the content of a file that may not exist: data stands for
// what is at path, and what it names is looked up relative to path's folder.
func Parse(path string, data []byte) (*Config, error) { return nil, nil }
