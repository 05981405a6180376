#!/bin/bash
# The guess: two libraries that name rsa-pss-sha512 of HTTP Message Signatures verify what the other one signs, since
# RFC 9421 section 3.3.1 leaves nothing open: SHA-512, MGF1 with SHA-512, a salt of 64 octets.
# What happens: createSigner of http-message-signatures (npm) leaves the salt to Node, which takes the longest that fits the
# key: 190 octets with 2048 bits, 318 with 3072. A verifier that holds to the 64 octets, as web-bot-auth (npm, on Web
# Cryptography) does, refuses the signature. The library's own verifier takes each length, so a service that is tested
# against itself does not see it; the other way round it works. With an RSA key a service has to give the library a signing
# function of its own, or take another algorithm: ecdsa-p256-sha256 and ed25519 have no such parameter.
# Seen with npm http-message-signatures 1.0.6 and web-bot-auth 0.1.3.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact http-message-signatures@1.0.6 web-bot-auth@0.1.3 >/dev/null
cat > main.mjs <<'JS'
import { constants, generateKeyPairSync, sign, verify } from 'node:crypto'
import { createSigner, createVerifier, httpbis } from 'http-message-signatures'
import { signerFromJWK, verifierFromJWK } from 'web-bot-auth/crypto'

const padding = constants.RSA_PKCS1_PSS_PADDING
const request = () => ({ method: 'GET', url: 'https://app.example.com/orders', headers: {} })

for (const modulusLength of [2048, 3072]) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength })
  const jwk = (key) => ({ ...key.export({ format: 'jwk' }), kid: 'one', alg: 'PS512' })
  const strict = await verifierFromJWK(jwk(publicKey))
  const own = createVerifier(publicKey, 'rsa-pss-sha512')

  const look = async (name, signer) => {
    let base
    const noted = { ...signer, sign: (data) => { base = Buffer.from(data); return signer.sign(data) } }
    const { headers } = await httpbis.signMessage({ key: noted, name: 'sig', fields: ['@method', '@authority'], params: ['keyid'] }, request())
    const signature = Buffer.from(/:(.*):/.exec(headers.Signature)[1], 'base64')
    const salt = [...Array(400).keys()].find((saltLength) => {
      try { return verify('sha512', base, { key: publicKey, padding, saltLength }, signature) } catch { return false }
    })
    const taken = await strict(base.toString(), new Uint8Array(signature), {}).then(() => 'takes it', (err) => err.message)
    console.log(`${modulusLength} bits, ${name}: salt of ${salt}, own verifier ${await own(base, signature)}, web-bot-auth: ${taken}`)
  }
  await look('http-message-signatures', createSigner(privateKey, 'rsa-pss-sha512', 'one'))
  await look('web-bot-auth', { id: 'one', sign: async (data) => Buffer.from(await (await signerFromJWK(jwk(privateKey))).sign(data.toString())) })
  await look('a function of our own', {
    id: 'one', sign: async (data) => sign('sha512', data, { key: privateKey, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }),
  })
}
JS
node main.mjs > seen
echo "Node $(node --version)"
cat seen
diff seen - <<'EXPECTED'
2048 bits, http-message-signatures: salt of 190, own verifier true, web-bot-auth: invalid signature
2048 bits, web-bot-auth: salt of 64, own verifier true, web-bot-auth: takes it
2048 bits, a function of our own: salt of 64, own verifier true, web-bot-auth: takes it
3072 bits, http-message-signatures: salt of 318, own verifier true, web-bot-auth: invalid signature
3072 bits, web-bot-auth: salt of 64, own verifier true, web-bot-auth: takes it
3072 bits, a function of our own: salt of 64, own verifier true, web-bot-auth: takes it
EXPECTED
