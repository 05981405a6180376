#!/bin/bash
# The guess: RFC 6749 section 2.3.1 has a client id and secret form-encoded before they go into HTTP Basic, but that changes
# nothing for an id such as a UUID: a hyphen is one of the characters that encoders leave alone.
# What happens: openid-client (npm) encodes the hyphen too: web-app becomes web%2Dapp. A server that decodes, such as
# oidc-provider (npm), takes it. @node-oauth/oauth2-server (npm) and go-oauth2 (Go) compare the two parts as they stand, and
# refuse each client whose id is a UUID. golang.org/x/oauth2 sends the hyphen plain, and works with them until a secret has
# one of "+/=". Clients that move from one server to another, or to another library, are safe with client_secret_post, which
# all of these take, or with ids and secrets of letters and digits alone.
# Seen with npm openid-client 6.9.0, @node-oauth/oauth2-server 5.3.0, express 5.3.0 and oidc-provider 9.13.3, and Go modules
# go-oauth2/oauth2 v4.5.4 and golang.org/x/oauth2 v0.38.0.
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; wait; chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
cat > clients.json <<'JSON'
[["word", "secret"], ["web-app", "secret"], ["0b9d5c0e-7f0c-4f63-9d1b-1f6f3f0d5f11", "secret"], ["base64", "c2Vj+cmV0/Q=="]]
JSON
cat > main.go <<'GO'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/go-oauth2/oauth2/v4/manage"
	"github.com/go-oauth2/oauth2/v4/models"
	"github.com/go-oauth2/oauth2/v4/server"
	"github.com/go-oauth2/oauth2/v4/store"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Without an argument, a token endpoint of go-oauth2 whose address is written to a file; with some, a client of each.
func main() {
	text, err := os.ReadFile("clients.json")
	fail(err)
	var clients [][2]string
	fail(json.Unmarshal(text, &clients))
	if len(os.Args) > 1 {
		for i := 1; i < len(os.Args); i += 2 {
			var taken []string
			for _, client := range clients {
				config := clientcredentials.Config{ClientID: client[0], ClientSecret: client[1], TokenURL: os.Args[i+1], AuthStyle: oauth2.AuthStyleInHeader}
				if _, err := config.Token(context.Background()); err == nil {
					taken = append(taken, client[0])
				}
			}
			fmt.Printf("%s: x/oauth2, Basic: takes %s\n", os.Args[i], strings.Join(taken, " "))
		}
		return
	}
	known := store.NewClientStore()
	for _, client := range clients {
		fail(known.Set(client[0], &models.Client{ID: client[0], Secret: client[1], Domain: "https://app.example.com"}))
	}
	manager := manage.NewDefaultManager()
	manager.MustTokenStorage(store.NewMemoryTokenStore())
	manager.MapClientStorage(known)
	tokens := server.NewDefaultServer(manager)
	tokens.SetClientInfoHandler(func(r *http.Request) (string, string, error) {
		if _, _, basic := r.BasicAuth(); basic {
			return server.ClientBasicHandler(r)
		}
		return server.ClientFormHandler(r)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	fail(os.WriteFile("address.new", []byte("http://"+listener.Addr().String()), 0o600))
	fail(os.Rename("address.new", "address"))
	fail(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tokens.HandleTokenRequest(w, r) })))
}

func fail(err error) {
	if err != nil {
		panic(err)
	}
}
GO
cat > main.mjs <<'JS'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import OAuth2Server from '@node-oauth/oauth2-server'
import express from 'express'
import Provider from 'oidc-provider'
import * as client from 'openid-client'

console.warn = console.info = () => {}
const clients = JSON.parse(readFileSync('clients.json', 'utf8'))
const listen = async (server) => {
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  return `http://127.0.0.1:${server.address().port}`
}

const tokens = new OAuth2Server({
  model: {
    getClient: (id, secret) => clients.some(([i, s]) => i === id && s === secret) && { id, grants: ['client_credentials'] },
    getUserFromClient: () => ({ id: 'app' }),
    saveToken: (token, client, user) => ({ ...token, client, user }),
  },
})
const app = express().use(express.urlencoded({ extended: false }))
app.post('/token', async (request, response) => {
  const answer = new OAuth2Server.Response(response)
  await tokens.token(new OAuth2Server.Request(request), answer).catch(() => {})
  response.status(answer.status).json(answer.body)
})

const provider = createServer()
const issuer = await listen(provider)
provider.on('request', new Provider(issuer, {
  features: { clientCredentials: { enabled: true } },
  clients: clients.map(([client_id, client_secret], i) => ({
    client_id, client_secret, redirect_uris: [], response_types: [], grant_types: ['client_credentials'],
    token_endpoint_auth_method: process.argv[2] === 'post' ? 'client_secret_post' : 'client_secret_basic',
  })),
}).callback())

const node = createServer(app)
const endpoints = {
  'oidc-provider': `${issuer}/token`,
  '@node-oauth/oauth2-server': `${await listen(node)}/token`,
  'go-oauth2': readFileSync('address', 'utf8'),
}
const how = process.argv[2] === 'post' ? client.ClientSecretPost : client.ClientSecretBasic
for (const [name, endpoint] of Object.entries(endpoints)) {
  const taken = []
  for (const [id, secret] of clients) {
    const config = new client.Configuration({ issuer, token_endpoint: endpoint }, id, undefined, how(secret))
    client.allowInsecureRequests(config)
    await client.clientCredentialsGrant(config).then(() => taken.push(id), () => {})
  }
  console.log(`${name}: openid-client, ${how.name}: takes ${taken.join(' ')}`)
}
if (process.argv[2] !== 'post') process.stdout.write((await promisify(execFile)('./probe', Object.entries(endpoints).flat())).stdout)
process.exit()
JS
export GOPATH="$work/gopath" GOFLAGS=-mod=mod
go mod init example.com/probe 2>/dev/null
go get github.com/go-oauth2/oauth2/v4@v4.5.4 golang.org/x/oauth2@v0.38.0 2>/dev/null
go build -o probe . 2>/dev/null
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact openid-client@6.9.0 @node-oauth/oauth2-server@5.3.0 oidc-provider@9.13.3 express@5.3.0 >/dev/null
./probe >/dev/null 2>&1 &
server=$!
for _ in $(seq 100); do [ -f address ] && break; sleep 0.1; done
timeout 60 node main.mjs basic > seen
timeout 60 node main.mjs post >> seen
echo "$(go version | cut -d' ' -f3), Node $(node --version)"
cat seen
diff seen - <<'EXPECTED'
oidc-provider: openid-client, ClientSecretBasic: takes word web-app 0b9d5c0e-7f0c-4f63-9d1b-1f6f3f0d5f11 base64
@node-oauth/oauth2-server: openid-client, ClientSecretBasic: takes word
go-oauth2: openid-client, ClientSecretBasic: takes word
oidc-provider: x/oauth2, Basic: takes word web-app 0b9d5c0e-7f0c-4f63-9d1b-1f6f3f0d5f11 base64
@node-oauth/oauth2-server: x/oauth2, Basic: takes word web-app 0b9d5c0e-7f0c-4f63-9d1b-1f6f3f0d5f11
go-oauth2: x/oauth2, Basic: takes word web-app 0b9d5c0e-7f0c-4f63-9d1b-1f6f3f0d5f11
oidc-provider: openid-client, ClientSecretPost: takes word web-app 0b9d5c0e-7f0c-4f63-9d1b-1f6f3f0d5f11 base64
@node-oauth/oauth2-server: openid-client, ClientSecretPost: takes word web-app 0b9d5c0e-7f0c-4f63-9d1b-1f6f3f0d5f11 base64
go-oauth2: openid-client, ClientSecretPost: takes word web-app 0b9d5c0e-7f0c-4f63-9d1b-1f6f3f0d5f11 base64
EXPECTED
