// Package policy is the path tree: what does this route ask of a request?
//
// A tree is built once from [File] values, which mirror a folder of files as
// in Pages Functions, and never changes. A request for a path is covered by
// the first that fits, where a folder is entered before it is answered for:
//
//	a/index, or a.yaml beside the folder   the path /a itself
//	a/b                                    one path, or a folder of that name
//	a/[id]                                 any one segment
//	a/[[path]]                             the rest, one segment or more
//	a/_middleware                          /a and everything below
//
// Static names come before [id], [id] before [[path]], [[path]] before the
// folder's own _middleware; a branch in which nothing fits is left again. What
// nothing covers is refused by whoever asks ([Tree.Lookup] returns false).
//
// The _middleware files of the folders walked through, root first, and the
// file that covers the path form a chain. Key by key, a [Statement] nearer the
// leaf replaces what one above it says; within one file the override for the
// request's method replaces the plain key. All of it is resolved by [Build]: a
// lookup only walks the path.
//
// Files that would leave open what one of them asks to guard are refused: a
// permission demanded further below or beside what makes the path public.
//
// Which tree decides is a matter of the request's host ([Hosts]): an exact name
// before "*.example.com", a longer one of those before a shorter one, and last the
// tree of every other host.
//
// The package does no I/O and reads no YAML: internal/setup/config decodes files.
package policy
