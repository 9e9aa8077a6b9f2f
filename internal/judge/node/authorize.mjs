// What clients that know an address alone have in common: a provider that keeps in memory what an SDK gives it, the
// redirect to which the browser comes back, and things that somebody outside has to do meanwhile.

import http from 'node:http'
import { createInterface } from 'node:readline'
import * as modern from '@modelcontextprotocol/client'
import * as auth from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

// sdks are the two generations of the SDK, by the name that JUDGE_SDK has for them.
export const sdks = { v1: { Client, StreamableHTTPClientTransport, ...auth }, v2: modern }

const answers = []
createInterface({ input: process.stdin }).on('line', (line) => answers.shift()?.(line))

// ask has something done outside: it prints {"ask": …, "detail": …}, and is done when a line comes back.
export function ask(what, detail = '') {
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

export const callback = await listen()

// kept is what the SDK gave the provider.
export const kept = {}

// newProvider makes the SDK's OAuth provider for a client of that name. document is the address of its metadata, which
// is its id then; without one the client registers.
export function newProvider(name, document) {
  return {
    clientMetadataUrl: document,
    get redirectUrl() {
      return callback.redirect
    },
    get clientMetadata() {
      return {
        client_name: name,
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
}

// knock is a request with a token, as no SDK makes it.
export function knock(url, token) {
  return fetch(url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' },
    body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  })
}
