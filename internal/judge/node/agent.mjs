// The two generations of the TypeScript SDK behind one face, over any front.
//
// JUDGE_SDK   v1 (@modelcontextprotocol/sdk), v2 (@modelcontextprotocol/client, legacy),
//             v2-auto (tries the modern era first), v2-modern (nothing else)
// JUDGE_FRONT streamable, sse or websocket
// JUDGE_URL   the bridge's address, with the server's name; without the front's last word
// JUDGE_TOKEN the agent's token

import * as modern from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js'
import * as schemas from '@modelcontextprotocol/sdk/types.js'

const { JUDGE_SDK: sdk, JUDGE_FRONT: front, JUDGE_URL: base, JUDGE_TOKEN: token } = process.env
const authorization = { Authorization: `Bearer ${token}` }

// The SDK's WebSocket transport leaves no room for headers; node's WebSocket does.
const Plain = globalThis.WebSocket
globalThis.WebSocket = class extends Plain {
  constructor(url, protocols) {
    super(url, { protocols: [protocols].flat(), headers: authorization })
  }
}

function transport() {
  const http = { requestInit: { headers: authorization } }
  const of = sdk === 'v1' ? { SSEClientTransport, StreamableHTTPClientTransport } : modern
  switch (front) {
    case 'streamable':
      return new of.StreamableHTTPClientTransport(new URL(`${base}/mcp`), http)
    case 'sse':
      return new of.SSEClientTransport(new URL(`${base}/sse`), {
        ...http,
        eventSourceInit: {
          fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...authorization } }),
        },
      })
    case 'websocket':
      return new WebSocketClientTransport(new URL(`${base.replace(/^http/, 'ws')}/ws`))
  }
  throw new Error(`no front ${front}`)
}

const requests = {
  'elicitation/create': schemas.ElicitRequestSchema,
  'sampling/createMessage': schemas.CreateMessageRequestSchema,
  'roots/list': schemas.ListRootsRequestSchema,
}
const notifications = {
  'notifications/message': schemas.LoggingMessageNotificationSchema,
  'notifications/resources/updated': schemas.ResourceUpdatedNotificationSchema,
}

// connect opens a session. answers maps what the server may ask to functions of its params; heard
// gets every log message and resource update. It is the SDK's client, with callTool the same in both.
export async function connect(answers, heard = () => {}, elicitation = { form: {} }) {
  const capabilities = { sampling: {}, elicitation, roots: { listChanged: true } }
  const about = { name: 'judge', version: '1' }
  const mode = { 'v2-auto': 'auto', 'v2-modern': { pin: '2026-07-28' } }[sdk] ?? 'legacy'
  const client =
    sdk === 'v1' ? new Client(about, { capabilities }) : new modern.Client(about, { capabilities, versionNegotiation: { mode } })
  for (const [method, answer] of Object.entries(answers)) {
    client.setRequestHandler(sdk === 'v1' ? requests[method] : method, (r) => answer(r.params))
  }
  for (const method of Object.keys(notifications)) {
    client.setNotificationHandler(sdk === 'v1' ? notifications[method] : method, heard)
  }
  const errors = []
  client.onerror = (e) => errors.push(e)
  const line = transport()
  await client.connect(line)
  return {
    client,
    line,
    errors,
    call: (name, args = {}, options = {}) =>
      sdk === 'v1'
        ? client.callTool({ name, arguments: args }, undefined, options)
        : client.callTool({ name, arguments: args }, options),
  }
}
