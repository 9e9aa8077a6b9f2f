// The certified oidc-provider as a company's identity provider, on a free port of this machine. Anybody signs in who
// gives a name; refresh tokens rotate, access tokens live for a minute, and everybody is in the group "engineering".
//
// JUDGE_SECRET is the client's, JUDGE_BITS how long refresh tokens are if not as usual. It prints {"issuer": …} when it is ready, and then a line for each token that it issues.
// POST /judge/leave?name=… ends somebody's employment.

import http from 'node:http'
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
    ],
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
  provider.on('grant.success', (ctx) => {
    const { access_token, refresh_token, id_token } = ctx.body
    say({ granted: ctx.oidc.params.grant_type, tokens: [access_token, refresh_token, id_token].filter(Boolean) })
  })
  const serve = provider.callback()
  server.on('request', (request, response) => {
    const { pathname, searchParams } = new URL(request.url, issuer)
    if (request.method !== 'POST' || pathname !== '/judge/leave') return serve(request, response)
    left.add(searchParams.get('name'))
    response.end()
  })
  say({ issuer })
})
