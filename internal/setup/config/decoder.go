package config

import (
	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/config/tree"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// A decoder is what the sections are read by.
type decoder struct {
	schema.Reader
	source Source
	rules  *rules
	file   document.File // the configuration's
	trees  []tree.Tree
	// What can only be judged once everything is read.
	issuers       []mention
	upstreamNames []mention
	asked         []mention // strategies
	assertions    []document.Place
	accessTokens  []document.Place
	stale         []document.Place
	warnings      []string
}

// A mention is a name and where it was used.
type mention struct {
	name  string
	Place document.Place
}
