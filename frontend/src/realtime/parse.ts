/** Text frame → `ServerMessage`. The one place where the wire is not trusted. */

import {
  JOB_STATUSES,
  type Job,
  type Notification,
  type Position,
  type Preferences,
  type ServerMessage,
  type Topic,
} from './messages'

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isId = (value: unknown): value is number | string =>
  Number.isSafeInteger(value) || (isText(value) && value !== '')
const isOffset = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0

function positions(value: unknown): Record<Topic, Position> {
  const found: Record<Topic, Position> = {}
  if (!isObject(value)) return found
  for (const [topic, at] of Object.entries(value)) {
    if (isObject(at) && isText(at.epoch) && isOffset(at.offset))
      found[topic] = { epoch: at.epoch, offset: at.offset }
  }
  return found
}

/** Enough of a notification to be shown; what is missing becomes null. */
export function toNotification(value: unknown): Notification | null {
  if (!isObject(value) || !isId(value.id) || !isText(value.title)) return null
  const text = (field: unknown) => (isText(field) ? field : null)
  return {
    id: value.id,
    user_id: isId(value.user_id) ? value.user_id : null,
    type: text(value.type) ?? 'SYSTEM',
    title: value.title,
    message: text(value.message) ?? '',
    link: text(value.link),
    status: value.status === 'READ' ? 'READ' : 'UNREAD',
    reference_id: text(value.reference_id),
    reference_type: text(value.reference_type),
    data: isObject(value.data) ? value.data : null,
    created_at: text(value.created_at) ?? '',
    read_at: text(value.read_at),
  }
}

/** null for what cannot be shown as one. */
export function toJob(value: unknown): Job | null {
  if (!isObject(value) || !isId(value.id) || !isText(value.title)) return null
  const status = JOB_STATUSES.find((known) => known === value.status)
  if (!status) return null
  const progress = typeof value.progress === 'number' ? value.progress : 0
  return {
    id: value.id,
    title: value.title,
    status,
    progress: Math.min(1, Math.max(0, progress)),
    message: isText(value.message) ? value.message : '',
    link: isText(value.link) ? value.link : null,
    cancel_requested: value.cancel_requested === true,
    updated_at: isText(value.updated_at) ? value.updated_at : '',
  }
}

export function toPreferences(value: unknown): Preferences {
  const given = isObject(value) ? Object.entries(value) : []
  return Object.fromEntries(
    given.filter((one): one is [string, boolean] => typeof one[1] === 'boolean'),
  )
}

function loggedEvent(name: string, frame: Json): ServerMessage | null {
  const { topic, epoch, offset, data } = frame
  if (!isText(topic)) return null
  if (offset === undefined) return { type: 'state', name, topic, data }
  if (!isText(epoch) || !isOffset(offset)) return null
  const at = { topic, epoch, offset }
  const fields = isObject(data) ? data : {}
  const { id, read_at, up_to, broadcasts_up_to: newest, types } = fields
  const other: ServerMessage = { type: 'other', name, ...at, data }
  switch (name) {
    case 'notification':
    case 'notification.updated': {
      const notification = toNotification(data)
      return notification ? { type: name, ...at, data: notification } : other
    }
    case 'notification.read':
      return isId(id) && isText(read_at) ? { type: name, ...at, data: { id, read_at } } : other
    case 'notification.read_all':
      return isText(read_at) && isOffset(up_to)
        ? {
            type: name,
            ...at,
            data: {
              read_at,
              up_to,
              broadcasts_up_to: isOffset(newest) ? newest : 0,
              ...(Array.isArray(types) && { types: types.filter(isText) }),
            },
          }
        : other
    case 'notification.deleted':
      return isId(id) ? { type: name, ...at, data: { id } } : other
    case 'preferences':
      return { type: name, ...at, data: toPreferences(data) }
    case 'job': {
      const job = toJob(data)
      return job ? { type: name, ...at, data: job } : other
    }
    default:
      return other
  }
}

/** null for what is not of this protocol. */
export function parseMessage(text: string): ServerMessage | null {
  try {
    return parseFrame(JSON.parse(text))
  } catch {
    return null
  }
}

/** The same for what was parsed as JSON already. */
export function parseFrame(frame: unknown): ServerMessage | null {
  if (!isObject(frame) || !isText(frame.type)) return null
  const { type, ref } = frame
  const message = isText(frame.message) ? frame.message : ''
  switch (type) {
    case 'connected':
      if (!isId(frame.user_id) || !isText(frame.connection_id)) return null
      return {
        type,
        message,
        user_id: frame.user_id,
        connection_id: frame.connection_id,
        heartbeat_s: typeof frame.heartbeat_s === 'number' ? frame.heartbeat_s : 30,
        subscriptions: positions(frame.subscriptions),
      }
    case 'subscribed': {
      const { topic, epoch, offset, recovered, snapshot } = frame
      if (!isText(topic) || !isText(epoch) || !isOffset(offset)) return null
      return { type, topic, epoch, offset, recovered: recovered === true, snapshot, ref }
    }
    case 'unsubscribed':
      return isText(frame.topic) ? { type, topic: frame.topic, ref } : null
    case 'pong': {
      const server_time = isText(frame.server_time) ? frame.server_time : ''
      return { type, server_time, positions: positions(frame.positions), ref }
    }
    case 'ok':
      return { type, data: frame.data, ref }
    case 'error':
      return isText(frame.code) ? { type, code: frame.code, message, ref } : null
    case 'unread_count': {
      const { count, version } = isObject(frame.data) ? frame.data : {}
      return isOffset(count) && isOffset(version) ? { type, data: { count, version } } : null
    }
    default:
      return loggedEvent(type, frame)
  }
}
