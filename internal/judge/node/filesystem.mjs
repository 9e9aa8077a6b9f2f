// server-filesystem behind the bridge, seen by an SDK's client. JUDGE_DIR is a directory it may use.

import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { connect } from './agent.mjs'
import { check, equal, holds } from './check.mjs'

const dir = join(process.env.JUDGE_DIR, `root of ${process.env.JUDGE_SDK} ${process.env.JUDGE_FRONT}`)
await mkdir(dir, { recursive: true })
const roots = () => ({ roots: [{ uri: pathToFileURL(dir).href, name: 'judge' }] })
const { client, call } = await connect({ 'roots/list': roots })
const text = (r) => {
  if (r.isError) throw new Error(r.content[0].text)
  return r.content[0].text
}
const path = (name) => join(dir, name)

await check('list', async () => {
  const tools = (await client.listTools()).tools
  holds(tools.some((t) => t.name === 'read_text_file' && t.outputSchema), 'read_text_file, with its output schema')
  holds(tools.every((t) => t.annotations), 'annotations')
})
await check('roots decide what is allowed', async () => {
  for (const end = Date.now() + 5000; ; ) {
    const said = text(await call('list_allowed_directories'))
    if (said.includes(dir)) return
    holds(Date.now() < end, said)
  }
})
await check('write, read, list, search', async () => {
  const name = 'Zugbrücke 👨‍👩‍👧 \u2028.txt'
  text(await call('write_file', { path: path(name), content: 'chains\nand planks\n' }))
  equal(await readFile(path(name), 'utf8'), 'chains\nand planks\n', 'the file')
  equal(text(await call('read_text_file', { path: path(name) })), 'chains\nand planks\n')
  equal(text(await call('read_text_file', { path: path(name), head: 1 })), 'chains')
  holds(text(await call('list_directory', { path: dir })).includes(name), 'list_directory')
  holds(text(await call('search_files', { path: dir, pattern: '*.txt' })).includes(name), 'search_files')
})
await check('edit', async () => {
  text(await call('write_file', { path: path('edit.txt'), content: 'raise\n' }))
  const diff = text(await call('edit_file', { path: path('edit.txt'), edits: [{ oldText: 'raise', newText: 'lower' }] }))
  holds(diff.includes('-raise') && diff.includes('+lower'), diff)
})
await check('what is outside is refused by the server, in its words', async () => {
  const r = await call('read_text_file', { path: '/etc/passwd' })
  holds(r.isError && r.content[0].text.includes('Access denied'), JSON.stringify(r))
})
await check('5 MiB both ways', async () => {
  const content = '0123456789abcdef'.repeat((5 << 20) / 16)
  text(await call('write_file', { path: path('large.txt'), content }))
  holds((await readFile(path('large.txt'), 'utf8')) === content, 'the file differs')
  holds(text(await call('read_text_file', { path: path('large.txt') })) === content, 'what was read differs')
})
await client.close()
process.exit(0)
