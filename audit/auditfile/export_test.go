package auditfile

// Renamed says that the newest file has the name of a full one already.
func Renamed(r *Rotation) { r.renamed = true }
