// A client of the TypeScript SDK that knows an address alone: it finds what it needs, registers, has its user sign
// in, calls, refreshes, and notices when it is out.
//
// JUDGE_SDK    v1 (@modelcontextprotocol/sdk) or v2 (@modelcontextprotocol/client)
// JUDGE_URL    the endpoint
// JUDGE_OTHER  an endpoint of another server
//
// What it wants done it prints as {"ask": …, "detail": …}, and goes on when a line comes back.

import http from 'node:http'
import { createInterface } from 'node:readline'
import * as modern from '@modelcontextprotocol/client'
import * as legacy from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { check, equal, holds } from './check.mjs'

const { JUDGE_SDK: sdk, JUDGE_URL: address, JUDGE_OTHER: other } = process.env
const of = sdk === 'v1' ? { Client, StreamableHTTPClientTransport, ...legacy } : modern

const answers = []
createInterface({ input: process.stdin }).on('line', (line) => answers.shift()?.(line))
function ask(what, detail) {
  return new Promise((resolve) => {
    answers.push(resolve)
    process.stdout.write(JSON.stringify({ ask: what, detail }) + '\n')
  })
}

// listen waits at the redirect for what the browser brings.
async function listen() {
  const came = []
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost')
    if (url.pathname === '/callback') came.shift()?.(url.searchParams)
    response.end('You may close this window.')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { redirect: `http://127.0.0.1:${server.address().port}/callback`, next: () => new Promise((resolve) => came.push(resolve)) }
}

const callback = await listen()
const kept = {}
const provider = {
  get redirectUrl() {
    return callback.redirect
  },
  get clientMetadata() {
    return {
      client_name: `Judge ${sdk}`,
      redirect_uris: [callback.redirect],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }
  },
  state: () => 'state-of-the-judge',
  clientInformation: () => kept.client,
  saveClientInformation: (client) => void (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => void (kept.tokens = tokens),
  redirectToAuthorization: (url) => void (kept.url = url),
  saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
  codeVerifier: () => kept.verifier,
  invalidateCredentials(scope) {
    if (scope === 'all' || scope === 'tokens') delete kept.tokens
    if (scope === 'all' || scope === 'client') delete kept.client
  },
}

const open = () => new of.StreamableHTTPClientTransport(new URL(address), { authProvider: provider })
const newClient = () => new of.Client({ name: 'judge', version: '1' })

// knock is a request with a token, as no SDK makes it.
function knock(url, token) {
  return fetch(url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' },
    body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  })
}

const first = open()
await check('is sent to sign in', async () => {
  const e = await newClient().connect(first).then(() => undefined, (e) => e)
  holds(e instanceof of.UnauthorizedError, `connect: ${e}`)
  holds(kept.client?.client_id, 'not registered')
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
