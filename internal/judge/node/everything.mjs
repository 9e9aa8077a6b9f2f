// server-everything behind the bridge, seen by an SDK's client.

import { connect } from './agent.mjs'
import { check, equal, holds, inbox } from './check.mjs'

const asked = []
const answers = {
  'sampling/createMessage': (p) => {
    asked.push(p)
    return { role: 'assistant', model: 'judge', content: { type: 'text', text: 'a drawbridge 👩‍👩‍👧' } }
  },
  'elicitation/create': () => ({ action: 'accept', content: { name: 'Ada L\u2028ovelace', integer: 7 } }),
  'roots/list': () => ({ roots: [{ uri: 'file:///tmp/judge-root', name: 'judge root' }] }),
}
const heard = inbox()
const { client, line, call, errors } = await connect(answers, heard.put)
const text = (r) => r.content[0].text
const modern = client.getProtocolEra?.() === 'modern'
// The SDK drops a progress notification that arrives in one chunk with the answer; over Streamable HTTP it waits between events.
const spare = process.env.JUDGE_FRONT === 'streamable' ? 0 : 1
const progress = (seen, want) => equal(seen, want.slice(0, Math.max(seen.length, want.length - spare)), 'progress')

await check('initialize', async () => {
  holds(/everything/.test(client.getServerVersion().name), JSON.stringify(client.getServerVersion()))
  holds(client.getInstructions()?.length > 100, 'no instructions')
  holds(client.getServerCapabilities().resources.subscribe, 'no subscriptions')
})
await check('list', async () => {
  const tools = (await client.listTools()).tools.map((t) => t.name)
  for (const name of ['echo', 'trigger-sampling-request', 'trigger-elicitation-request', 'get-roots-list']) {
    holds(tools.includes(name), `${name} is not in ${tools}`)
  }
  holds((await client.listPrompts()).prompts.length >= 3, 'prompts')
  holds((await client.listResources()).resources.length >= 3, 'resources')
  equal((await client.listResourceTemplates()).resourceTemplates.length, 2, 'templates')
})
await check('call', async () => {
  equal(text(await call('echo', { message: 'hello' })), 'Echo: hello')
  equal(text(await call('get-sum', { a: 2, b: 40 })), 'The sum of 2 and 40 is 42.')
  const r = await call('get-structured-content', { location: 'New York' })
  holds(r.structuredContent.temperature !== undefined, JSON.stringify(r))
  const image = await call('get-tiny-image')
  holds(image.content.some((c) => c.type === 'image' && c.data.length > 1000), 'no image')
})
await check('a call that fails', async () => {
  const r = await call('get-sum', { a: 'two', b: 40 }).catch((e) => ({ isError: e.code === -32602 }))
  holds(r.isError, JSON.stringify(r))
  equal(text(await call('echo', { message: 'still here' })), 'Echo: still here')
})
await check('many calls at once', async () => {
  const words = Array.from({ length: 100 }, (_, i) => `word ${i}`)
  const said = await Promise.all(words.map((message) => call('echo', { message })))
  equal(said.map(text), words.map((w) => `Echo: ${w}`))
})
await check('prompts and resources', async () => {
  const p = await client.getPrompt({ name: 'args-prompt', arguments: { city: 'Köln', state: 'NRW' } })
  holds(p.messages[0].content.text.includes('Köln'), JSON.stringify(p))
  const r = await client.readResource({ uri: 'demo://resource/dynamic/text/7' })
  holds(r.contents[0].text.includes('Resource 7'), JSON.stringify(r))
  const blob = await client.readResource({ uri: 'demo://resource/dynamic/blob/7' })
  holds(atob(blob.contents[0].blob).includes('Resource 7'), JSON.stringify(blob))
})
// A round of the modern era's input is progress without a total to the SDK: it is left out.
await check('progress', async () => {
  const seen = []
  const r = await call('trigger-long-running-operation', { duration: 1, steps: 4 }, { onprogress: (p) => p.total && seen.push(p.progress) })
  holds(text(r).includes('completed'), text(r))
  progress(seen, [1, 2, 3, 4])
})
await check('progress of two calls at once', async () => {
  const seen = { a: [], b: [] }
  const run = (k, steps) => call('trigger-long-running-operation', { duration: 0.6, steps }, { onprogress: (p) => p.total && seen[k].push(p.total) })
  await Promise.all([run('a', 2), run('b', 3)])
  progress(seen.a, [2, 2])
  progress(seen.b, [3, 3, 3])
})
await check('cancel', async () => {
  const stop = new AbortController()
  const begun = Date.now()
  const ended = call('trigger-long-running-operation', { duration: 20, steps: 2 }, { signal: stop.signal }).then(
    () => 'answered',
    () => 'cancelled',
  )
  setTimeout(() => stop.abort('enough'), 300)
  equal(await ended, 'cancelled')
  equal(text(await call('echo', { message: 'next' })), 'Echo: next')
  holds(Date.now() - begun < 5000, 'the next call waited for the cancelled one')
})
await check('sampling', async () => {
  const r = await call('trigger-sampling-request', { prompt: 'what crosses the moat?', maxTokens: 12 })
  holds(text(r).includes('a drawbridge 👩‍👩‍👧'), text(r))
  equal(asked.at(-1)?.maxTokens, 12, 'maxTokens')
})
await check('elicitation', async () => {
  const r = await call('trigger-elicitation-request')
  const said = r.content.map((c) => c.text).join('\n')
  holds(said.includes('Name: Ada L\u2028ovelace') && said.includes('Integer: 7'), said)
})
await check('roots', async () => {
  const said = text(await call('get-roots-list'))
  holds(said.includes('file:///tmp/judge-root'), said)
})
await check('complete', async () => {
  const ref = { type: 'ref/prompt', name: 'completable-prompt' }
  const first = await client.complete({ ref, argument: { name: 'department', value: 'E' } })
  equal(first.completion.values, ['Engineering'])
  const second = await client.complete({ ref, argument: { name: 'name', value: 'E' }, context: { arguments: { department: 'Sales' } } })
  equal(second.completion.values, ['Eve'])
})
await check('subscribe', async () => {
  const uri = 'demo://resource/dynamic/text/3'
  const subscription = modern ? await client.listen({ resourceSubscriptions: [uri] }) : await client.subscribeResource({ uri })
  await call('toggle-subscriber-updates')
  await heard.take((m) => m.method === 'notifications/resources/updated' && m.params.uri === uri, 'an update')
  await call('toggle-subscriber-updates')
  await (modern ? subscription.close() : client.unsubscribeResource({ uri }))
})
await check('log levels', async () => {
  if (modern) {
    const loud = { _meta: { 'io.modelcontextprotocol/logLevel': 'debug' } }
    await client.callTool({ name: 'toggle-simulated-logging', arguments: {}, ...loud })
    // What the server logs of the subscription that just ended may come meanwhile, too.
    const simulated = (m) => m.method === 'notifications/message' && /level.message/.test(m.params.data)
    await heard.take(simulated, 'a message')
    await call('toggle-simulated-logging')
    await call('toggle-simulated-logging')
    await call('toggle-simulated-logging')
    heard.none(simulated, 'a message for a call that wants none')
    return
  }
  const about = (n) => (m) => m.method === 'notifications/message' && String(m.params.data).includes(`text/${n}`)
  await client.setLoggingLevel('debug')
  await client.subscribeResource({ uri: 'demo://resource/dynamic/text/11' })
  await heard.take(about(11), 'a message')
  await client.setLoggingLevel('error')
  await client.subscribeResource({ uri: 'demo://resource/dynamic/text/12' })
  await client.ping()
  heard.none(about(12), 'an info message at level error')
})
await check('unicode', async () => {
  const message = 'é 漢 😀 👨‍👩‍👧 zw:\u200b zwj:\u200d bom:\ufeff ls:\u2028 ps:\u2029 \ufffd nul:\u0000 del:\u007f <a>&amp;</a> "\\\n\t'
  equal(text(await call('echo', { message })), `Echo: ${message}`)
})
await check('half a surrogate pair', async () => {
  const message = 'high \ud83d low \ude00 end'
  equal(text(await call('echo', { message })), `Echo: ${message}`)
})
await check('5 MiB both ways', async () => {
  const message = 'drawbridge €'.repeat(Math.ceil((5 << 20) / 14))
  holds(text(await call('echo', { message })) === `Echo: ${message}`, 'the echo differs')
})
await check('nothing unexpected', async () => {
  const known = spare ? /AbortError|unknown message ID|unknown token/ : /AbortError|unknown message ID/
  equal(errors.map(String).filter((e) => !known.test(e)), [], 'errors of the client')
})
await check('the end of a session', async () => {
  if (!line.terminateSession || !line.sessionId) return
  const id = line.sessionId
  await line.terminateSession()
  const { JUDGE_URL, JUDGE_TOKEN } = process.env
  const after = await fetch(`${JUDGE_URL}/mcp`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${JUDGE_TOKEN}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'Mcp-Session-Id': id,
      'MCP-Protocol-Version': '2025-11-25',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
  })
  equal(after.status, 404, 'status')
  equal((await after.json()).error.code, -32001, 'code')
})
await client.close()
process.exit(0)
