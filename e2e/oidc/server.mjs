// A certified OpenID provider for the end-to-end tests, on loopback only.
//
//   node server.mjs --port 9000 --keys keys.json [--max-age 60] [--issuer URL] [--client JSON] [--strict]
//
// With --strict it does what it does by itself: claims of scopes are in userinfo alone
// (OpenID Connect Core §5.4), and a client that may refresh gets a refresh token, which
// rotates.
//
// It signs RS256 JWT access tokens for the client credentials grant and one
// resource, and people in for the client that --client registers: see
// people.mjs. --issuer is for whoever stands in front of it. Its private keys live in the --keys file: start it again with the
// same file and it keeps its keys, with a new file and it has others. It prints
// its issuer once it listens, and ends when its standard input closes, so that it
// never outlives the test that started it.
//
// Beside the provider itself:
//   POST /_test/rotate?keep=1   sign with a new key; the old ones stay published
//   POST /_test/rotate          … or are gone at once
//   POST /_test/roles?user=ada&roles=a,b   from now on ada has these
//   GET  /_test/counts          requests so far by path
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { Provider } from 'oidc-provider';
import { interact, people, roles } from './people.mjs';

const { values: args } = parseArgs({
  options: {
    port: { type: 'string' },
    keys: { type: 'string' },
    'max-age': { type: 'string' },
    issuer: { type: 'string' },
    client: { type: 'string' },
    strict: { type: 'boolean' },
  },
});
const issuer = args.issuer ?? `http://127.0.0.1:${args.port}`;
const resource = 'https://api.example';
const scopes = 'orders:read orders:write';

const client = args.client ? JSON.parse(args.client) : {};

// newKeys are one for RS256, and one for the algorithm of the client's ID tokens
// where that is another.
function newKeys() {
  const keys = [newKey()];
  const alg = client.id_token_signed_response_alg;
  const made = { ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), EdDSA: () => generateKeyPairSync('ed25519') }[alg];
  if (made) keys.push({ ...made().privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg, use: 'sig' });
  return keys;
}

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'RS256', use: 'sig' };
}

const store = new Map();

function newProvider(keys) {
  const made = new Provider(issuer, {
    ...people(args.port, store),
    jwks: { keys },
    clients: [...(args.client ? [client] : []), {
      client_id: 'machine',
      client_secret: 'a secret of the end-to-end tests',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_post',
    }],
    scopes: ['openid', ...scopes.split(' ')],
    ...(args.strict ? {
      conformIdTokenClaims: true,
      issueRefreshToken: (ctx, of) => of.grantTypeAllowed('refresh_token'),
      rotateRefreshToken: true,
    } : {}),
    features: {
      backchannelLogout: { enabled: true },
      jwtUserinfo: { enabled: true },
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: scopes,
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  made.on('backchannel.error', (ctx, err) => console.log('back-channel logout:', err));
  return made;
}

let keys = existsSync(args.keys) ? JSON.parse(readFileSync(args.keys)) : newKeys();
let provider = newProvider(keys);

// The provider's keys are fixed when it is made, so a rotation makes a new one.
function rotate(keep) {
  keys = [...newKeys(), ...(keep ? keys : [])];
  provider = newProvider(keys);
  save();
}

function save() {
  writeFileSync(args.keys, JSON.stringify(keys), { mode: 0o600 });
}

const counts = {};

const server = createServer(async (req, res) => {
  const url = new URL(req.url, issuer);
  counts[url.pathname] = (counts[url.pathname] ?? 0) + 1;
  if (url.pathname === '/_test/rotate') {
    rotate(url.searchParams.has('keep'));
    res.writeHead(204).end();
  } else if (url.pathname === '/_test/roles') {
    roles[url.searchParams.get('user')] = url.searchParams.get('roles').split(',').filter(Boolean);
    res.writeHead(204).end();
  } else if (url.pathname === '/_test/counts') {
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(counts));
  } else if (url.pathname.startsWith('/interaction/')) {
    await interact(provider, req, res);
  } else {
    if (args['max-age'] && url.pathname === '/jwks') res.setHeader('cache-control', `max-age=${args['max-age']}`);
    provider.callback()(req, res);
  }
});

save();
process.stdin.on('end', () => process.exit(0)).resume();
server.listen(Number(args.port), '127.0.0.1', () => console.log(issuer));
