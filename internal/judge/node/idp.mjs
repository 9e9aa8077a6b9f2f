// The certified oidc-provider as a company's identity provider, on a free port of this machine. Anybody signs in who
// gives a name; refresh tokens rotate, access tokens live for a minute, and everybody is in the group "engineering".
//
// JUDGE_SECRET is the clients', JUDGE_BITS how long refresh tokens are if not as usual. It prints {"issuer": …} when it is ready, and then a line for each token that it issues.
// POST /judge/leave?name=… ends somebody's employment; POST /judge/knows?client=… tells by what id the client "agent" is known where its users want to go.
// For such a client it makes identity assertions (draft-ietf-oauth-identity-assertion-authz-grant) of ID tokens.

import { generateKeyPairSync, randomUUID } from 'node:crypto'
import http from 'node:http'
import { SignJWT, exportJWK } from 'jose'
import Provider from 'oidc-provider'

const left = new Set()
const say = (line) => process.stdout.write(JSON.stringify(line) + '\n')

function account(id) {
  if (left.has(id)) return undefined
  return {
    accountId: id,
    claims: () => ({ sub: id, name: `${id} Lovelace`, email: `${id}@corp.example`, email_verified: true, groups: ['engineering'] }),
  }
}

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const assertion = 'urn:ietf:params:oauth:token-type:id-jag'
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = { ...(await exportJWK(privateKey)), kid: 'of-the-judge', use: 'sig', alg: 'RS256' }
let known // the id of "agent" elsewhere

// vouch is the grant that makes an assertion of an ID token (RFC 8693).
const vouch = (provider) => async (ctx) => {
  const { params, client } = ctx.oidc
  const { payload } = await provider.IdToken.validate(params.subject_token, client)
  const { email, groups } = account(payload.sub).claims()
  const letter = new SignJWT({ client_id: known, resource: params.resource, scope: params.scope, email, groups })
  letter.setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'oauth-id-jag+jwt' })
  letter.setIssuer(provider.issuer).setSubject(payload.sub).setAudience(params.audience).setJti(randomUUID()).setIssuedAt().setExpirationTime('5m')
  ctx.body = { access_token: await letter.sign(privateKey), issued_token_type: assertion, token_type: 'N_A', expires_in: 300 }
}

const server = http.createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'drawbridge',
        client_secret: process.env.JUDGE_SECRET,
        application_type: 'native', // any port of this machine
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
      {
        client_id: 'agent',
        client_secret: process.env.JUDGE_SECRET,
        token_endpoint_auth_method: 'client_secret_post',
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', exchange],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [key] },
    claims: { openid: ['sub'], profile: ['name', 'groups'], email: ['email', 'email_verified'] },
    findAccount: (_, id) => account(id),
    rotateRefreshToken: true,
    ttl: { AccessToken: 60, IdToken: 60, RefreshToken: 3600, Session: 3600, Grant: 3600, Interaction: 600, AuthorizationCode: 60 },
    formats: {
      bitsOfOpaqueRandomness: (_, token) => (token.kind === 'RefreshToken' && Number(process.env.JUDGE_BITS)) || 256,
    },
    features: { devInteractions: { enabled: true }, revocation: { enabled: true } },
    cookies: { keys: ['nobody sees these pages but a judge'] },
  })
  provider.on('server_error', (_, error) => console.error(error))
  provider.registerGrantType(exchange, vouch(provider), ['audience', 'resource', 'scope', 'requested_token_type', 'subject_token', 'subject_token_type'])
  provider.on('grant.success', (ctx) => {
    const { access_token, refresh_token, id_token } = ctx.body
    say({ granted: ctx.oidc.params.grant_type, tokens: [access_token, refresh_token, id_token].filter(Boolean) })
  })
  const serve = provider.callback()
  server.on('request', (request, response) => {
    const { pathname, searchParams } = new URL(request.url, issuer)
    if (request.method !== 'POST' || !pathname.startsWith('/judge/')) return serve(request, response)
    if (pathname === '/judge/leave') left.add(searchParams.get('name'))
    if (pathname === '/judge/knows') known = searchParams.get('client')
    response.end()
  })
  say({ issuer })
})
