// A client of the TypeScript SDK that knows the address alone which the owner copied, and an owner at a window: it comes
// in, calls, waits for the owner with calls of a tool that they want to be asked about, and is sent away.
//
// JUDGE_SDK  v1 (@modelcontextprotocol/sdk) or v2 (@modelcontextprotocol/client, of the modern era alone)
// JUDGE_URL  the endpoint

import { check, equal, holds } from './check.mjs'
import { ask, callback, kept, knock, newProvider, sdks } from './authorize.mjs'

const { JUDGE_SDK: sdk, JUDGE_URL: address } = process.env
const of = sdks[sdk]
const authProvider = newProvider(`Judge ${sdk}`)
const open = () => new of.StreamableHTTPClientTransport(new URL(address), { authProvider })
const mode = sdk === 'v2' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {}
const newClient = () => new of.Client({ name: 'judge', version: '1' }, mode)

let client
const text = (r) => r.content.map((c) => c.text).join('\n')
const call = (params, options) => (sdk === 'v1' ? client.callTool(params, undefined, options) : client.callTool(params, options))
const say = (what, options) => call({ name: 'echo', arguments: { text: what } }, options)

// refused makes a call and returns what is said instead of an answer.
const refused = (what, options) =>
  say(what, options).then(
    (r) => { throw new Error(`an answer: ${JSON.stringify(r)}`) },
    (e) => String(e.message),
  )

await check('comes in', async () => {
  const first = open()
  const e = await newClient().connect(first).then(() => undefined, (e) => e)
  holds(e instanceof of.UnauthorizedError, `connect: ${e}`)
  const next = callback.next()
  const [params] = await Promise.all([next, ask('approve', kept.url.href)])
  await first.finishAuth(sdk === 'v1' ? params.get('code') : params)
  client = newClient()
  await client.connect(open())
}, 300_000)
await check('calls', async () => {
  holds(text(await call({ name: 'clock', arguments: {} })).length > 0, 'no time')
  await ask('see')
}, 300_000)
await check('is allowed', async () => {
  await ask('rule')
  const [r] = await Promise.all([say('let me pass'), ask('allow', 'let me pass')])
  equal(text(r), 'let me pass')
}, 400_000)
await check('is denied', async () => {
  const [why] = await Promise.all([refused('go away'), ask('deny', 'go away')])
  holds(why.includes('the owner denied this call: not today'), why)
}, 300_000)
await check('gives up', async () => {
  const stop = new AbortController()
  const ended = refused('never mind', { signal: stop.signal })
  await ask('wait', 'never mind')
  stop.abort('enough')
  holds((await ended).includes('enough'), await ended)
  await ask('gone', 'never mind')
}, 300_000)
await check('comes again when the owner is back', async () => {
  const [why] = await Promise.all([refused('are you there', { timeout: 100_000 }), ask('wait', 'are you there')])
  holds(why.includes('approval pending, retry'), why)
  await ask('allow', 'are you there')
  equal(text(await say('are you there')), 'are you there')
}, 400_000)
await check('is out', async () => {
  const before = kept.tokens
  await ask('revoke')
  equal((await knock(address, before.access_token)).status, 401, 'status')
  const why = await refused('once more')
  holds(why, 'a call after revocation works')
}, 300_000)
await client.close()
process.exit(0)
