// Command edgeward puts authentication in front of an application: it decides
// at the edge who is making a request and whether they may.
package main

import "os"

func main() { os.Exit(execute()) }
