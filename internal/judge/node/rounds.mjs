// The tools test_input_required_result_* of the conformance suite, called by an SDK's client: it is asked, and sees one call.

import { connect } from './agent.mjs'
import { check, equal, holds } from './check.mjs'

const asked = []
const note = (method, answer) => (p) => {
  asked.push(p?.mode === 'url' ? 'url' : method)
  return answer
}
const answers = {
  'sampling/createMessage': note('sampling', { role: 'assistant', model: 'judge', content: { type: 'text', text: 'across the moat' } }),
  'elicitation/create': note('form', { action: 'accept', content: { name: 'Ada', color: 'green', ok: true, context: 'the keep' } }),
  'roots/list': note('roots', { roots: [{ uri: 'file:///tmp/judge-root', name: 'judge root' }] }),
}
const { client, call } = await connect(answers, () => {}, { form: {}, url: {} })
const text = (r) => {
  const said = r.content.map((c) => c.text).join('\n')
  holds(!r.isError && said.length > 0, JSON.stringify(r))
  return said
}

for (const [name, wants, says] of [
  ['elicitation', ['form'], /Ada/],
  ['sampling', ['sampling'], /across the moat/],
  ['list_roots', ['roots'], /judge-root/],
  ['request_state', ['form'], /./],
  ['multiple_inputs', ['form', 'roots', 'sampling'], /./],
  ['multi_round', ['form', 'form'], /./],
]) {
  await check(name, async () => {
    asked.length = 0
    const said = text(await call(`test_input_required_result_${name}`))
    equal(asked.toSorted(), wants, 'asked')
    holds(says.test(said), said)
  })
}
await check('a prompt', async () => {
  asked.length = 0
  const r = await client.getPrompt({ name: 'test_input_required_result_prompt' })
  equal(asked, ['form'], 'asked')
  holds(r.messages.length > 0, JSON.stringify(r))
})
if ((await client.listTools()).tools.some((t) => t.name === 'ask')) {
  await check('a page', async () => {
    asked.length = 0
    const page = { method: 'elicitation/create', params: { mode: 'url', url: 'https://example.com/', message: 'look', elicitationId: 'x' } }
    equal(text(await call('ask', { rounds: JSON.stringify([[page], [page]]) })), '[[{"action":"accept","content":{"name":"Ada","color":"green","ok":true,"context":"the keep"}}],[{"action":"accept","content":{"name":"Ada","color":"green","ok":true,"context":"the keep"}}]]')
    equal(asked, ['url', 'url'], 'asked')
  })
}
await client.close()
process.exit(0)
