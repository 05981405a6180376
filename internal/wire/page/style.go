package page

import (
	"crypto/sha256"
	"encoding/base64"
)

// Style is the style sheet that every page of Edgeward begins with, so that they
// look like one family. It needs no image and no font. Colours keep a contrast
// of at least 4.5:1 in both schemes (WCAG 1.4.3); what can be pressed is at
// least 44 px high (2.5.5) and shows the focus (2.4.7).
const Style = `:root{color-scheme:light dark;--ground:#f2f4f7;--card:#fff;--ink:#181c24;--soft:#576071;--line:#dde1e8;--edge:#767f90;--accent:#2250bd;--tint:#eaf0ff;--danger:#b3261e;--shade:0 1px 2px rgb(24 28 36/.06),0 12px 32px -12px rgb(24 28 36/.16)}
@media(prefers-color-scheme:dark){:root{--ground:#0f1218;--card:#181c24;--ink:#eceef2;--soft:#a5adbb;--line:#2c323e;--edge:#7b8496;--accent:#94b6ff;--tint:#1f2a44;--danger:#ff9b91;--shade:none}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;min-height:100svh;display:grid;place-items:center;padding:1.25rem;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;min-width:0;max-width:32rem;padding:clamp(1.5rem,6vw,2.75rem);background:linear-gradient(var(--accent),var(--accent)) top/100% 4px no-repeat var(--card);border:1px solid var(--line);border-radius:.9rem;box-shadow:var(--shade)}
.status{margin:0;color:var(--accent);font-weight:600;font-size:.9rem;overflow-wrap:anywhere}
h1{margin:.35rem 0 .75rem;font-size:clamp(1.5rem,5vw,1.9rem);line-height:1.2;text-wrap:balance;letter-spacing:-.01em}
p{margin:0 0 1.25rem;text-wrap:pretty}
a{color:var(--accent)}
.button{display:inline-block;min-height:2.75rem;padding:.55rem 1.2rem;border:1px solid var(--accent);border-radius:.5rem;background:var(--accent);color:var(--card);font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
.button:hover{text-decoration:underline}
:focus-visible{outline:3px solid var(--ink);outline-offset:2px}
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:1.75rem 0 0;padding-top:1.1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}`

// Policy returns the Content-Security-Policy of a page that has this style sheet in it
// and nothing else: no script, no request, no frame around it. Its forms go to
// formAction, a list of sources; "'none'" for a page without one.
func Policy(formAction, style string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action " + formAction + "; frame-ancestors 'none'"
}
