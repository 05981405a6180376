// How people sign in at the provider of the end-to-end tests: they say who they
// are, and are believed; "ada+gold" is ada, who authenticates by the class gold.

// roles of users, which a test may change: see /_test/roles.
export const roles = { ada: ['editor'], olga: ['operator'] };

// people returns the part of the provider's configuration that is about them.
// Cookies carry the port in their names: browsers send those of all providers on
// an address to each. What it remembers is in store, which outlives rotations of
// keys.
export function people(port, store) {
  return {
    adapter: adapter(store),
    cookies: {
      keys: ['of the end-to-end tests'],
      names: { session: `_session_${port}`, interaction: `_interaction_${port}`, resume: `_resume_${port}` },
    },
    // Back-channel logouts go to loopback here, where the provider's own dispatcher refuses to.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    acrValues: ['bronze', 'gold'],
    claims: { openid: ['sub', 'roles'], profile: ['name'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false, // into the ID token, for there is no other use of them here
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `${id} <b>`, email: 'somebody@shared.example', email_verified: true, roles: roles[id] ?? [] }),
    }),
    // The one client belongs to the provider's owner: nobody is asked for consent.
    async loadExistingGrant(ctx) {
      const { Grant } = ctx.oidc.provider;
      const known = ctx.oidc.session.grantIdFor(ctx.oidc.client.clientId);
      const grant = known ? await Grant.find(known) : new Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  };
}

// interact answers /interaction/…: a form that asks for a name, and what it sends.
export async function interact(provider, req, res) {
  if (req.method !== 'POST') {
    res.writeHead(200, { 'content-type': 'text/html' });
    res.end('<!DOCTYPE html><html lang="en"><title>Provider</title><main><h1>Provider</h1>'
      + '<form method="post"><label>Name <input name="login" autofocus></label> <button>Sign in</button></form></main>');
    return;
  }
  let body = '';
  for await (const part of req) body += part;
  const [accountId, acr] = new URLSearchParams(body).get('login').split('+');
  const result = accountId ? { login: { accountId, ...(acr ? { acr } : {}) } } : { error: 'access_denied', error_description: '<script>alert(1)</script>' };
  await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
}

// adapter keeps everything in one map, as the provider's own memory adapter does,
// but across the providers that share it.
function adapter(store) {
  return class {
    constructor(model) { this.model = model; }

    key(id) { return `${this.model}:${id}`; }

    async upsert(id, payload) {
      store.set(this.key(id), payload);
      if (payload.uid) store.set(`uid:${payload.uid}`, this.key(id));
    }

    async find(id) { return store.get(this.key(id)); }

    async findByUid(uid) { return store.get(store.get(`uid:${uid}`)); }

    async findByUserCode() { return undefined; }

    async consume(id) { store.get(this.key(id)).consumed = Math.floor(Date.now() / 1000); }

    async destroy(id) { store.delete(this.key(id)); }

    async revokeByGrantId(grantId) {
      for (const [key, value] of store) if (value.grantId === grantId) store.delete(key);
    }
  };
}
