package build

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func folder(modules map[string]string) fs.FS {
	all := fstest.MapFS{}
	for name, text := range modules {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

// describe returns a word for each function and each module that makes none.
func describe(t *testing.T, modules map[string]string) string {
	t.Helper()
	all, unread, err := readFunctions(folder(modules))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range all {
		lines = append(lines, fmt.Sprint(f.path, " ", f.methods))
	}
	for _, u := range unread {
		lines = append(lines, "unread "+u[0])
	}
	return strings.Join(lines, "; ")
}

const module = "export const onRequest = () => new Response();"

func TestWhichPathsThereAre(t *testing.T) {
	for rule, test := range map[string]struct {
		modules map[string]string
		want    string
	}{
		"a file is a path":                        {map[string]string{"api/data.ts": module}, "api/data []"},
		"index is its folder":                     {map[string]string{"index.js": module, "a/index.js": module}, "a/index []; index []"},
		"a folder of that name is another":        {map[string]string{"index.js": module, "index/index.js": module}, "index []; index/index []"},
		"brackets are variables":                  {map[string]string{"a/[id].js": module, "b/[[path]].js": module}, "a/[id] []; b/[[path]] []"},
		"a middleware, also by its older name":    {map[string]string{"_middleware.js": module, "a/_middleware_.js": module}, "_middleware []; a/_middleware []"},
		"every extension":                         {map[string]string{"a.js": module, "b.mjs": module, "c.ts": module, "d.tsx": module, "e.jsx": module}, "a []; b []; c []; d []; e []"},
		"another extension is no route":           {map[string]string{"a.wasm": module, "b.json": module, "c.d.ts": module}, ""},
		"a module without onRequest is none":      {map[string]string{"lib.ts": "export const x = 1"}, "unread lib.ts"},
		"two modules for one path are one":        {map[string]string{"a.js": "export function onRequestGet() {}", "a.ts": "export function onRequestPost() {}"}, "a [GET POST]"},
		"a file and the index of its folder, too": {map[string]string{"a.js": "export function onRequestGet() {}", "a/index.js": "export function onRequestPut() {}"}, "a/index [GET PUT]"},
		"what a routes folder cannot say":         {map[string]string{"v[x].js": module, "a.js": module}, "a []; unread v[x].js"},
		"two names for one parameter":             {map[string]string{"[a].js": module, "[b]/x.js": module}, "[a] []; [b]/x []"},
		"what a routes folder would not read":     {map[string]string{".x/a.js": module, ".well-known/a.js": module}, ".well-known/a []; unread .x"},
		"other people's code":                     {map[string]string{"node_modules/x/i.js": module, "a.js": module}, "a []; unread node_modules"},
	} {
		t.Run(rule, func(t *testing.T) {
			if got := describe(t, test.modules); got != test.want {
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
		"export const onRequest = [a, b]; export const onRequestGet = f":    "[]",
		"export const onRequestGet = f, onRequestPost = g":                  "[GET POST]",
		"var a=()=>{};export{a as onRequest}":                               "[]",
		"export const { onRequest } = make()":                               "[]",
		"module.exports = { onRequest }":                                    "[]",
		"export * from './handlers'":                                        "[]",
		"// export const onRequestGet = f\nexport const onRequestPost = f":  "[GET POST]",
		"export const onRequestGet = f // and onRequestTrace is no handler": "[GET]",
		"export { type onRequest as X }\nexport const onRequestGet = f":     "[]",
		"export const onRequestGet = f\nexport function onRequestGet2() {}": "[GET]",
	} {
		t.Run(text, func(t *testing.T) {
			if got, want := describe(t, map[string]string{"a.js": text}), "a "+want; got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

func TestAFolderThatIsNoneIsRefused(t *testing.T) {
	if _, _, err := readFunctions(folder(nil)); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
	many := map[string]string{}
	for i := range 10_001 {
		many[fmt.Sprintf("%d.txt", i)] = ""
	}
	if _, _, err := readFunctions(folder(many)); err == nil {
		t.Error("10,001 files are read")
	}
}

// Who imports onRequest from a module alone leaves out what it does for single methods.
func TestAMiddlewareThatRunsBehindEdgeward(t *testing.T) {
	for text, ok := range map[string]bool{
		"export const onRequest = [a, b]":                            true,
		"export async function onRequest(c) { return c.next() }":     true,
		"export const onRequest = f\nexport const onRequestPost = g": false,
		"export const onRequestGet = f":                              false,
		"export const onRequest = f\nexport * from './more'":         false,
		"export default f":                                           false,
	} {
		if err := checkMiddleware(text); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
