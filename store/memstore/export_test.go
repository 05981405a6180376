package memstore

// Kept counts what the store holds in memory.
func (s *Store) Kept() (entries, watches int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.entries), len(s.watches)
}
