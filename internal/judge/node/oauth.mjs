// A client of the TypeScript SDK that knows an address alone: it finds what it needs, registers, has its user sign
// in, calls, refreshes, and notices when it is out.
//
// JUDGE_SDK       v1 (@modelcontextprotocol/sdk) or v2 (@modelcontextprotocol/client)
// JUDGE_URL       the endpoint
// JUDGE_OTHER     an endpoint of another server
// JUDGE_DOCUMENT  where the client's metadata is; if it is not set, the client registers

import { check, equal, holds } from './check.mjs'
import { ask, callback, kept, knock, newProvider, sdks } from './authorize.mjs'

const { JUDGE_SDK: sdk, JUDGE_URL: address, JUDGE_OTHER: other, JUDGE_DOCUMENT: document } = process.env
const of = sdks[sdk]
const provider = newProvider(`Judge ${sdk}`, document)
const open = () => new of.StreamableHTTPClientTransport(new URL(address), { authProvider: provider })
const newClient = () => new of.Client({ name: 'judge', version: '1' })

const first = open()
await check('is sent to sign in', async () => {
  const e = await newClient().connect(first).then(() => undefined, (e) => e)
  holds(e instanceof of.UnauthorizedError, `connect: ${e}`)
  holds(kept.client?.client_id, 'not registered')
  if (document) equal(kept.client.client_id, document, 'client_id')
  equal(kept.url.searchParams.get('resource'), address, 'resource')
  equal(kept.url.searchParams.get('code_challenge_method'), 'S256', 'code_challenge_method')
})
const client = newClient()
let line
await check('signs in', async () => {
  const next = callback.next()
  const [params] = await Promise.all([next, ask('open', kept.url.href)])
  equal(params.get('state'), 'state-of-the-judge', 'state')
  equal(params.get('iss'), new URL(address).origin, 'iss')
  await first.finishAuth(sdk === 'v1' ? params.get('code') : params)
  holds(kept.tokens?.refresh_token, 'no refresh token')
  line = open()
  await client.connect(line)
})
const call = async () => {
  const r = await client.callTool({ name: 'echo', arguments: { text: 'across the moat' } })
  equal(r.content[0].text, 'across the moat', 'text')
}
await check('calls', call)
await check('is not let in elsewhere', async () => {
  equal((await knock(other, kept.tokens.access_token)).status, 401, 'status')
})
await check('refreshes', async () => {
  const before = kept.tokens
  await ask('expire')
  equal((await knock(address, before.access_token)).status, 401, 'status of the token that expired')
  await call()
  holds(kept.tokens.access_token !== before.access_token, 'the same access token')
  holds(kept.tokens.refresh_token !== before.refresh_token, 'the same refresh token')
})
await check('is out', async () => {
  const before = kept.tokens
  delete kept.url
  await ask('revoke')
  const response = await knock(address, before.access_token)
  equal(response.status, 401, 'status')
  holds(response.headers.get('www-authenticate').includes('error="invalid_token"'), 'challenge')
  const e = await call().then(() => undefined, (e) => e)
  holds(e, 'a call after revocation works')
  holds(kept.url, `the user is not sent to sign in again: ${e}`)
})
await client.close()
process.exit(0)
