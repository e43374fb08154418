/** The JSON protocol over a WebSocket that is subscribed to the person's own topics from the start. */

import { CASE } from '../case'
import { nextStep } from '../closing'
import type { Environment } from '../environment'
import type { Command, Position, Topic } from '../messages'
import { parseMessage } from '../parse'
import type { Rest } from '../rest'
import { ownTopics, type OpenLine } from './line'

const PATH = '/api/v1/notifications/ws'

export function webSocketLine(env: Environment, rest: Rest, userId: () => string): OpenLine {
  return ({ positions, topics, connectionId }, handlers) => {
    const own = userId() ? ownTopics(userId()) : []
    const asked = new Map<Topic, Position | undefined>()
    for (const topic of own) asked.set(topic, positions.get(topic))
    const url = new URL(rest.server + PATH)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    url.searchParams.set('case', CASE)
    const since = positions.since(own)
    if (since) url.searchParams.set('since', since)
    if (connectionId) url.searchParams.set('connection_id', connectionId)
    if (rest.token) url.searchParams.set('access_token', rest.token)

    const send = (command: Command): boolean => {
      if (command.type === 'subscribe') {
        const { topic, epoch, offset } = command.data
        const at = epoch !== undefined && offset !== undefined ? { epoch, offset } : undefined
        asked.set(topic, at)
      }
      return socket.send(JSON.stringify(command))
    }
    let lastError: string | undefined
    const socket = env.open(url.href, {
      message(text) {
        handlers.alive()
        const message = parseMessage(text)
        if (!message) return
        // One with a ref answers a command of ours; one without may announce the close.
        if (message.type === 'error' && (message.ref ?? null) === null) lastError = message.code
        if (message.type === 'subscribed') handlers.message(message, asked.get(message.topic))
        else handlers.message(message)
        if (message.type === 'connected')
          for (const topic of topics())
            send({ type: 'subscribe', data: { topic, ...positions.get(topic) }, ref: topic })
      },
      close: (code, reason) => handlers.ended(nextStep(code, reason, lastError)),
    })
    return { send, close: () => socket.close() }
  }
}
