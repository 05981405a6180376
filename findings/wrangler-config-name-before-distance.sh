#!/bin/bash
# guess: "wrangler --cwd sub deploy" reads sub/wrangler.toml, the configuration file that is nearest.
# really: the name decides before the distance. wrangler looks for wrangler.json in the folder and in all folders
#   above, then for wrangler.jsonc, and only then for wrangler.toml. With a wrangler.jsonc in the folder above, the
#   Worker of that folder is deployed, without a warning. "--config sub/wrangler.toml" deploys the one that was meant.
# versions: wrangler 4.86.0 (Node 20) and 4.164.0 (Node 26)
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export WRANGLER_SEND_METRICS=false CI=1 HOME="$dir/home"
mkdir -p "$dir/tool" "$dir/project/sub" "$HOME"
cd "$dir/tool"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund wrangler@4.86.0 >/dev/null 2>&1
wrangler="$dir/tool/node_modules/.bin/wrangler"
cd "$dir/project"
echo 'export default { fetch: () => new Response("above") };' > above.mjs
echo '{ "name": "above", "main": "above.mjs", "compatibility_date": "2026-04-01" }' > wrangler.jsonc
echo 'export default { fetch: () => new Response("nearest") };' > sub/nearest.mjs
printf 'name = "nearest"\nmain = "nearest.mjs"\ncompatibility_date = "2026-04-01"\n' > sub/wrangler.toml
"$wrangler" --cwd sub deploy --dry-run --outdir "$dir/one" >/dev/null 2>&1
"$wrangler" deploy --config sub/wrangler.toml --dry-run --outdir "$dir/two" >/dev/null 2>&1
one=$(cat "$dir"/one/*.js | grep -o 'Response("[a-z]*")')
two=$(cat "$dir"/two/*.js | grep -o 'Response("[a-z]*")')
echo "wrangler $("$wrangler" --version), Node $(node --version)"
echo "--cwd sub:                 $one"
echo "--config sub/wrangler.toml: $two"
[ "$one" = 'Response("above")' ] && [ "$two" = 'Response("nearest")' ]
