package edgeward

// CacheStats counts what a cache did since it was made, and what it holds.
type CacheStats struct {
	Hits, Misses, Evictions uint64
	Entries, Bytes          int
}
