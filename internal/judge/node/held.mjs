// A client whose calls of a tool wait for the owner. The owner answers each by what its text says.

import { connect } from './agent.mjs'
import { check, equal, holds } from './check.mjs'

const { client, call } = await connect({})
const text = (r) => r.content.map((c) => c.text).join('\n')

// say makes a call. Nobody may tell how far it is: it is nowhere yet.
const say = (what, options = {}) =>
  call('echo', { text: what }, { ...options, onprogress: (p) => { throw new Error(`progress: ${JSON.stringify(p)}`) } })

// refused makes a call and returns what is said instead of an answer.
const refused = (what, options) =>
  say(what, options).then(
    (r) => { throw new Error(`an answer: ${JSON.stringify(r)}`) },
    (e) => String(e.message),
  )

await Promise.all([
  check('approved', async () => {
    equal(text(await say('approve')), 'approve')
  }),
  check('denied', async () => {
    const why = await refused('deny')
    holds(why.includes('the owner denied this call: not today'), why)
  }),
  check('cancelled', async () => {
    const stop = new AbortController()
    const ended = refused('cancel', { signal: stop.signal })
    equal(text(await say('after cancel waits')), 'after cancel waits')
    stop.abort('enough')
    const why = await ended
    holds(why.includes('enough'), why)
  }),
  check('nobody there', async () => {
    const began = Date.now()
    const why = await refused('late')
    holds(why.includes('approval pending, retry'), why)
    holds(Date.now() - began > 45_000, `it waited ${Date.now() - began} ms`)
    equal(text(await say('late')), 'late')
  }, 100_000),
])
await client.close()
process.exit(0)
