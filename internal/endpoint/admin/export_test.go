package admin

// Operations returns the scope of every operation by its method and path.
func Operations() map[string]string {
	all := map[string]string{}
	for _, o := range operations() {
		all[o.method+" "+o.path] = o.scope
	}
	return all
}
