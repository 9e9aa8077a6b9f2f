// The TypeScript SDK's client comes in by OAuth alone: it knows an address, registers, signs in and calls.
//
// JUDGE_URL     the bridge's public address, with the server's name
// JUDGE_APPROVE a program of the owner's; it is given the code that the waiting page shows

import { execFileSync } from 'node:child_process'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { check, equal, holds } from './check.mjs'

const { JUDGE_URL: base, JUDGE_APPROVE: approve } = process.env
const origin = new URL(base).origin
const back = 'http://127.0.0.1:7777/callback'

// provider keeps what the SDK wants kept, and takes the browser's part.
class Provider {
  redirectUrl = back
  clientMetadata = { client_name: 'Judge', redirect_uris: [back], token_endpoint_auth_method: 'none' }
  state = () => 'state-of-the-judge'
  clientInformation = () => this.client
  saveClientInformation = (c) => { this.client = c }
  tokens = () => this.kept
  saveTokens = (t) => { this.kept = t }
  saveCodeVerifier = (v) => { this.verifier = v }
  codeVerifier = () => this.verifier
  redirectToAuthorization = async (url) => { this.code = await browse(url) }
}

// browse is a person with a browser, and the owner beside them: it agrees, is approved, and returns the code.
async function browse(url) {
  const cookies = new Map()
  const visit = async (to, init = {}) => {
    const headers = { ...init.headers, cookie: [...cookies].map((c) => c.join('=')).join('; ') }
    const answer = await fetch(new URL(to, origin), { ...init, headers, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) {
      holds(/; *secure/i.test(line) && line.startsWith('__Host-'), `a cookie for https alone: ${line}`)
      const [pair] = line.split(';')
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    return [answer, await answer.text()]
  }
  let [answer, text] = await visit(url)
  equal(answer.status, 200, 'authorize')
  const hidden = (name) => text.match(new RegExp(`name="${name}" value="([^"]+)"`))[1]
  const body = new URLSearchParams({ flow: hidden('flow'), csrf: hidden('csrf'), answer: 'allow' })
  ;[answer] = await visit('/consent', { method: 'POST', body })
  const page = answer.headers.get('location')
  ;[, text] = await visit(page)
  const shown = text.match(/[2-9A-Z]{3}-[2-9A-Z]{3,4}/)[0]
  execFileSync(approve, [shown], { stdio: ['ignore', 'ignore', 'inherit'] })
  ;[answer] = await visit(page)
  const to = new URL(answer.headers.get('location'))
  equal(to.searchParams.get('iss'), origin, 'issuer')
  return to.searchParams.get('code')
}

await check('the whole sign-in, and a call', async () => {
  const authProvider = new Provider()
  const first = new StreamableHTTPClientTransport(new URL(`${base}/mcp`), { authProvider })
  let refused
  await new Client({ name: 'judge', version: '1' }).connect(first).catch((e) => { refused = e })
  holds(refused instanceof UnauthorizedError, `before the sign-in: ${refused}`)
  await first.finishAuth(authProvider.code)

  const client = new Client({ name: 'judge', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(new URL(`${base}/mcp`), { authProvider }))
  const answer = await client.callTool({ name: 'echo', arguments: { text: 'through the relay' } })
  equal(answer.content[0].text, 'through the relay')
  await client.close()
})
