package account

// style is what these pages add to [page.Style].
const style = `
.wide{max-width:46rem}
.soft{color:var(--soft)}
.quiet{background:none;color:var(--accent);border-color:var(--edge)}
.danger{background:none;color:var(--danger);border-color:var(--danger)}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;margin:1.5rem 0 0}
ul{list-style:none;margin:0;padding:0}
.choices{display:grid;gap:.75rem;margin-top:1.5rem}
.choices a{display:flex;align-items:center;gap:.9rem;padding:.8rem 1rem;border:1px solid var(--edge);border-radius:.6rem;color:var(--ink);text-decoration:none}
.choices a:hover{border-color:var(--accent);background:var(--tint)}
.choices b{display:block;line-height:1.3}
.choices small{color:var(--soft);overflow-wrap:anywhere}
.initial{flex:none;display:grid;place-items:center;width:2.5rem;height:2.5rem;border-radius:.5rem;background:var(--tint);color:var(--accent);font-weight:700}
fieldset{margin:0;padding:0;border:0}
.check{display:flex;gap:.75rem;align-items:flex-start;padding:.7rem 0;cursor:pointer}
.check+.check{border-top:1px solid var(--line)}
.check input{flex:none;width:1.25rem;height:1.25rem;margin:.15rem 0 0;accent-color:var(--accent)}
.check small{display:block;color:var(--soft)}
.who{overflow-wrap:anywhere}
.note{padding:.7rem 1rem;border-radius:.5rem;background:var(--tint)}
.devices{border-top:1px solid var(--line)}
.devices li{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-between;padding:1rem 0;border-bottom:1px solid var(--line)}
.devices div{flex:1 1 9rem;min-width:0}
h2{margin:0;font-size:1rem;overflow-wrap:anywhere}
.badge{margin-left:.5rem;padding:.1rem .55rem;border-radius:1rem;background:var(--tint);color:var(--accent);font-size:.8rem;font-weight:600;white-space:nowrap}
.devices p{margin:.2rem 0 0;color:var(--soft);font-size:.9rem;overflow-wrap:anywhere}
.facts{display:flex;flex-wrap:wrap;gap:0 1.25rem}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}`

// tokenStyle is what the pages with personal tokens add to style.
const tokenStyle = `
.part{margin:2.25rem 0 .35rem;padding-top:1.5rem;border-top:1px solid var(--line);font-size:1.2rem}
.devices+.note{margin-top:1.25rem}
.fields legend{padding:0}
h3{margin:0;font-size:1rem;overflow-wrap:anywhere}
summary{padding:.7rem 0;color:var(--accent);font-weight:600;cursor:pointer}
.fields p{margin:0 0 1rem}
.fields label,.fields legend{font-weight:600}
.fields .check,.fields .check span{font-weight:400;overflow-wrap:anywhere}
.fields input:not([type=checkbox]),select{display:block;width:100%;min-height:2.75rem;margin:.25rem 0;padding:.4rem .7rem;border:1px solid var(--edge);border-radius:.5rem;background:var(--card);color:var(--ink);font:inherit}
.fields small{color:var(--soft)}
.secret code{display:block;padding:.9rem 1rem;border:1px solid var(--edge);border-radius:.5rem;background:var(--tint);font:1rem/1.5 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere;user-select:all}`
