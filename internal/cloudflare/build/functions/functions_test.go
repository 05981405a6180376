package functions_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/edgeward/edgeward/internal/cloudflare/build/functions"
)

func folder(modules map[string]string) fs.FS {
	all := fstest.MapFS{}
	for name, text := range modules {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

func read(t *testing.T, modules map[string]string) *functions.Tree {
	t.Helper()
	tree, err := functions.Read(folder(modules))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// describe returns a line for each function: what a test states.
func describe(tree *functions.Tree) string {
	var lines []string
	for _, f := range tree.Functions {
		doubt := ""
		if len(f.Doubts) > 0 {
			doubt = " ?"
		}
		lines = append(lines, fmt.Sprintf("%s %v%s", f.Path, f.Methods, doubt))
	}
	for _, u := range tree.Unread {
		lines = append(lines, "unread "+u.Source)
	}
	return strings.Join(lines, "; ")
}

const handler = "export const onRequest = () => new Response();"

func TestWhichPathsThereAre(t *testing.T) {
	for rule, test := range map[string]struct {
		modules map[string]string
		want    string
	}{
		"a file is a path":                        {map[string]string{"api/data.ts": handler}, "api/data []"},
		"index is its folder":                     {map[string]string{"index.js": handler, "a/index.js": handler}, "a/index []; index []"},
		"a folder of that name is another":        {map[string]string{"index.js": handler, "index/index.js": handler}, "index []; index/index []"},
		"brackets are variables":                  {map[string]string{"a/[id].js": handler, "b/[[path]].js": handler}, "a/[id] []; b/[[path]] []"},
		"a middleware, also by its older name":    {map[string]string{"_middleware.js": handler, "a/_middleware_.js": handler}, "_middleware []; a/_middleware []"},
		"every extension":                         {map[string]string{"a.js": handler, "b.mjs": handler, "c.ts": handler, "d.tsx": handler, "e.jsx": handler}, "a []; b []; c []; d []; e []"},
		"another extension is no route":           {map[string]string{"a.wasm": handler, "b.json": handler, "c.d.ts": handler}, ""},
		"a module without onRequest is none":      {map[string]string{"lib.ts": "export const x = 1"}, ""},
		"two modules for one path are one":        {map[string]string{"a.js": "export function onRequestGet() {}", "a.ts": "export function onRequestPost() {}"}, "a [GET POST]"},
		"a file and the index of its folder, too": {map[string]string{"a.js": "export function onRequestGet() {}", "a/index.js": "export function onRequestPut() {}"}, "a/index [GET PUT]"},
		"what a routes folder cannot say":         {map[string]string{"v[x].js": handler, "a.js": handler}, "a []; unread v[x].js"},
		"two names for one parameter":             {map[string]string{"[a].js": handler, "[b]/x.js": handler}, "[a] []; [b]/x []"},
		"what a routes folder would not read":     {map[string]string{".x/a.js": handler, ".well-known/a.js": handler}, ".well-known/a []; unread .x"},
		"other people's code":                     {map[string]string{"node_modules/x/i.js": handler, "a.js": handler}, "a []; unread node_modules"},
	} {
		t.Run(rule, func(t *testing.T) {
			if got := describe(read(t, test.modules)); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestWhichMethodsThereAre(t *testing.T) {
	for text, want := range map[string]string{
		"export const onRequest = f":                                        "[]",
		"export const onRequestGet: PagesFunction<Env> = async (c) => {}":   "[GET]",
		"export async function onRequestPost(context) {}":                   "[POST]",
		"  export let onRequestPut = f\nexport var onRequestPatch = f":      "[PATCH PUT]",
		"export { onRequestDelete }":                                        "[DELETE]",
		"export {\n  a as onRequestHead,\n  b as onRequestOptions,\n};":     "[HEAD OPTIONS]",
		"export { onRequestGet } from './x'":                                "[GET]",
		"export const onRequest = [a, b]; export const onRequestGet = f":    "[] ?", // the second is not at the beginning of a line
		"export const onRequestGet = f, onRequestPost = g":                  "[GET] ?",
		"var a=()=>{};export{a as onRequest}":                               "[] ?",
		"export const { onRequest } = make()":                               "[] ?",
		"module.exports = { onRequest }":                                    "[] ?",
		"export * from './handlers'":                                        "[] ?",
		"// export const onRequestGet = f\nexport const onRequestPost = f":  "[POST] ?",
		"export const onRequestGet = f // and onRequestTrace is no handler": "[GET]",
		"export { type onRequest as X }\nexport const onRequestGet = f":     "[GET] ?",
		"export const onRequestGet = f\nexport function onRequestGet2() {}": "[GET]",
	} {
		t.Run(text, func(t *testing.T) {
			if got, want := describe(read(t, map[string]string{"a.js": text})), "a "+want; got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

func TestWhatTheCodeSuggests(t *testing.T) {
	for text, want := range map[string]string{
		`context.request.headers.get("Authorization")`:         "authenticate: [bearer]",
		`request.headers.get('cookie')`:                        "authenticate: [session]",
		`get("X-API-Key") ?? get("authorization")`:             "authenticate: [bearer, api_key]",
		`return new Response("Unauthorized", { status: 401 })`: "authenticate: [bearer]",
		`return new Response("hello")`:                         "authenticate: []",
		`return new Response("no", { status: 403 })`:           "permissions: [...]",
		`headers: { "Access-Control-Allow-Origin": "*" }`:      "cors: {origins:",
	} {
		t.Run(text, func(t *testing.T) {
			tree := read(t, map[string]string{"a.js": handler + text})
			if got := tree.YAML(&tree.Functions[0]); !strings.Contains(got, "#   "+want) {
				t.Errorf("no %s in\n%s", want, got)
			}
		})
	}
}

// Below a middleware that looks at a credential nothing is said to be for everybody.
func TestAGuardIsInherited(t *testing.T) {
	tree := read(t, map[string]string{"_middleware.js": handler, "a/_middleware.js": handler + `"Authorization"`, "a/b/c.js": handler, "ab.js": handler})
	for _, f := range tree.Functions {
		inherits := strings.Contains(tree.YAML(&f), "stated for /a/*")
		if want := f.Path == "a/b/c"; inherits != want {
			t.Errorf("%s inherits: %t", f.Path, inherits)
		}
	}
}

func TestAFolderThatIsNoneIsRefused(t *testing.T) {
	if _, err := functions.Read(folder(nil)); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
	many := map[string]string{}
	for i := range 10_001 {
		many[fmt.Sprintf("%d.txt", i)] = ""
	}
	if _, err := functions.Read(folder(many)); err == nil {
		t.Error("10,001 files are read")
	}
}
