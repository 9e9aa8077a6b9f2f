// go-sdk's conformance server, which speaks both eras, seen by the modern client.

import { connect } from './agent.mjs'
import { check, equal, holds, inbox } from './check.mjs'

const answers = {
  'sampling/createMessage': () => ({ role: 'assistant', model: 'judge', content: { type: 'text', text: 'across the moat' } }),
  'elicitation/create': () => ({ action: 'accept', content: { name: 'Ada', username: 'ada', email: 'ada@example.org' } }),
  'roots/list': () => ({ roots: [{ uri: 'file:///tmp/judge-root', name: 'judge root' }] }),
}
const heard = inbox()
const { client, call } = await connect(answers, heard.put)
const text = (r) => r.content.map((c) => c.text).join('\n')

await check('discover', async () => {
  equal(client.getNegotiatedProtocolVersion?.() ?? '2026-07-28', '2026-07-28', 'revision')
  holds(client.getServerVersion()?.name, 'serverInfo')
})
await check('list', async () => {
  holds((await client.listTools()).tools.length > 10, 'tools')
  holds((await client.listPrompts()).prompts.length >= 3, 'prompts')
  holds((await client.listResources()).resources.length >= 1, 'resources')
})
await check('call', async () => {
  holds(text(await call('test_simple_text')).length > 0, 'no text')
})
await check('progress', async () => {
  const seen = []
  await call('test_tool_with_progress', {}, { onprogress: (p) => seen.push(p.progress) })
  equal(seen, [0, 50, 100], 'progress')
})
await check('elicitation in rounds', async () => {
  const r = await call('test_input_required_result_elicitation')
  holds(!r.isError && text(r).length > 0, JSON.stringify(r))
})
await check('sampling in rounds', async () => {
  const r = await call('test_input_required_result_sampling')
  holds(!r.isError && text(r).includes('across the moat'), JSON.stringify(r))
})
await check('roots in rounds', async () => {
  const r = await call('test_input_required_result_list_roots')
  holds(!r.isError && text(r).length > 0, JSON.stringify(r))
})
await check('several rounds', async () => {
  const r = await call('test_input_required_result_multi_round')
  holds(!r.isError && text(r).length > 0, JSON.stringify(r))
})
await check('complete', async () => {
  const r = await client.complete({ ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' }, argument: { name: 'arg1', value: 'a' } })
  holds(Array.isArray(r.completion.values), JSON.stringify(r))
})
await check('listen', async () => {
  const uri = 'test://watched-resource'
  const subscription = await client.listen({ resourceSubscriptions: [uri] })
  await heard.take((m) => m.method === 'notifications/resources/updated' && m.params.uri === uri, 'an update')
  await subscription.close()
})
await check('cancel', async () => {
  const stop = new AbortController()
  const ended = call('test_tool_with_progress', {}, { signal: stop.signal, onprogress: () => stop.abort('enough') }).then(
    () => 'answered',
    () => 'cancelled',
  )
  equal(await ended, 'cancelled')
  holds(text(await call('test_simple_text')).length > 0, 'the next call')
})
await client.close()
process.exit(0)
