// What server-everything asks in the middle of its calls, answered by an SDK's client.

import { connect } from './agent.mjs'
import { check, equal, holds } from './check.mjs'

const asked = []
const answers = {
  'sampling/createMessage': (p) => {
    asked.push(p)
    return { role: 'assistant', model: 'judge', content: { type: 'text', text: `an answer to ${p.messages[0].content.text}` } }
  },
  'elicitation/create': (p) => {
    asked.push(p)
    if (p.message?.includes('decline')) return { action: 'decline' }
    return p.mode === 'url' ? { action: 'accept' } : { action: 'accept', content: { name: 'Ada L\u2028ovelace', integer: 7 } }
  },
  'roots/list': () => ({ roots: [{ uri: 'file:///tmp/judge-root', name: 'judge root' }] }),
}
const { client, call } = await connect(answers, () => {}, { form: {}, url: {} })
const text = (r) => {
  const said = r.content.map((c) => c.text).join('\n')
  holds(!r.isError, said)
  return said
}

await check('the tools that ask are there', async () => {
  const tools = (await client.listTools()).tools.map((t) => t.name)
  for (const name of ['trigger-sampling-request', 'trigger-elicitation-request', 'trigger-url-elicitation', 'get-roots-list']) {
    holds(tools.includes(name), `${name} is not in ${tools}`)
  }
})
await check('sampling', async () => {
  const said = text(await call('trigger-sampling-request', { prompt: 'what crosses the moat?', maxTokens: 12 }))
  holds(said.includes('an answer to') && said.includes('what crosses the moat?'), said)
  equal(asked.pop().maxTokens, 12, 'maxTokens')
})
await check('a form', async () => {
  const said = text(await call('trigger-elicitation-request'))
  holds(said.includes('Name: Ada L\u2028ovelace') && said.includes('Integer: 7'), said)
  const schema = asked.pop().requestedSchema
  equal(schema.required, ['name'], 'required')
  equal(Object.keys(schema.properties).length, 13, 'properties')
})
await check('roots', async () => {
  const said = text(await call('get-roots-list'))
  holds(said.includes('file:///tmp/judge-root'), said)
})
await check('a page', async () => {
  const said = text(await call('trigger-url-elicitation', { url: 'https://example.com/gate?a=1&b=%20', message: 'show your face' }))
  holds(said.includes('completed') && said.includes('https://example.com/gate?a=1&b=%20'), said)
  const p = asked.pop()
  equal([p.mode, p.url, p.message], ['url', 'https://example.com/gate?a=1&b=%20', 'show your face'], 'asked')
})
await check('a page that is declined', async () => {
  const said = text(await call('trigger-url-elicitation', { url: 'https://example.com/', message: 'please decline' }))
  holds(said.includes('declined'), said)
  asked.pop()
})
if (client.getProtocolEra?.() === 'modern') {
  // Legacy clients get the error itself, and call again when they please.
  await check('a page that a call fails without', async () => {
    const said = text(await call('trigger-url-elicitation', { url: 'https://example.com/after', errorPath: true }))
    holds(said.includes('completed'), said)
    equal(asked.splice(0).map((p) => p.url), ['https://modelcontextprotocol.io', 'https://example.com/after'], 'asked')
  })
}
await check('many at once', async () => {
  const words = Array.from({ length: 4 }, (_, i) => `word ${i}.`)
  const said = await Promise.all(words.map((prompt) => call('trigger-sampling-request', { prompt })))
  said.forEach((r, i) => holds(text(r).includes(words[i]), `${words[i]} got ${text(r)}`))
})
await client.close()
process.exit(0)
