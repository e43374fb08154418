/**
 * What is known of one room that is looked at, and how an event changes it: values and pure functions.
 *
 * Messages are keyed by id, and of two shapes of one the later holds: so an event applied twice, or
 * one that the history already shows, changes nothing.
 */

import { linkPieces } from '@/lib/links'
import { mentionsIn, type Mention } from '@/lib/text/mentions'

import {
  isId,
  isObject,
  isSame,
  toMember,
  toMessage,
  toTimer,
  type Member,
  type Message,
  type MessageId,
  type Settings,
  type Snapshot,
  type Timer,
  type UserId,
} from './room'

/** Said here and not heard back yet. */
export interface Pending {
  readonly clientId: string
  readonly content: string
  readonly replyTo: MessageId | null
  readonly status: 'sending' | 'failed'
}

export interface Talk {
  /** Oldest first. */
  readonly messages: readonly Message[]
  readonly hasOlder: boolean
  readonly pending: readonly Pending[]
  readonly members: readonly Member[]
  readonly online: ReadonlySet<string>
  /** By user id: how far they have read. */
  readonly read: Readonly<Record<string, number>>
  readonly settings: Settings
  readonly timer: Timer | null
}

export const NOTHING_SAID: Talk = {
  messages: [],
  hasOlder: false,
  pending: [],
  members: [],
  online: new Set(),
  read: {},
  settings: {},
  timer: null,
}

/** A deletion is final; of two edits the later holds. */
function later(a: Message, b: Message): Message {
  if (a.deleted_at !== null) return a
  if (b.deleted_at !== null) return b
  return (b.edited_at ?? '') >= (a.edited_at ?? '') ? b : a
}

export function withMessages(talk: Talk, added: readonly Message[]): Talk {
  if (added.length === 0) return talk
  const known = new Map(talk.messages.map((message) => [String(message.id), message]))
  for (const message of added) {
    const before = known.get(String(message.id))
    known.set(String(message.id), before ? later(before, message) : message)
  }
  const messages = [...known.values()].toSorted((a, b) => a.offset - b.offset)
  const heard = new Set(added.map((message) => message.client_id))
  const pending = talk.pending.filter(({ clientId }) => !heard.has(clientId))
  return { ...talk, messages, pending }
}

/** Only one that is shown can change: of another the history tells when it is looked up. */
function withChanged(talk: Talk, message: Message): Talk {
  const isShown = talk.messages.some(({ id }) => isSame(id, message.id))
  return isShown ? withMessages(talk, [message]) : talk
}

export function withSnapshot(talk: Talk, snapshot: Snapshot): Talk {
  const { settings, timer, members } = snapshot
  const online = new Set(snapshot.online.map(String))
  return { ...talk, settings, timer, members, online, read: furthest(talk.read, snapshot.read) }
}

type Cursors = Talk['read']

function furthest(before: Cursors, after: Cursors): Cursors {
  const read = { ...before }
  for (const [id, offset] of Object.entries(after)) read[id] = Math.max(read[id] ?? 0, offset)
  return read
}

export function withPending(talk: Talk, added: Pending): Talk {
  const others = talk.pending.filter(({ clientId }) => clientId !== added.clientId)
  // It was heard back before it was known to be sent.
  if (talk.messages.some(({ client_id }) => client_id === added.clientId))
    return { ...talk, pending: others }
  const place = talk.pending.findIndex(({ clientId }) => clientId === added.clientId)
  const pending = place < 0 ? [...others, added] : talk.pending.with(place, added)
  return { ...talk, pending }
}

export function withoutPending(talk: Talk, id: string): Talk {
  return { ...talk, pending: talk.pending.filter(({ clientId }) => clientId !== id) }
}

function withMember(talk: Talk, member: Member): Talk {
  const others = talk.members.filter(({ user_id }) => !isSame(user_id, member.user_id))
  return { ...talk, members: [...others, member] }
}

/** The room after an event of its topic, by name. What is not of interest changes nothing. */
export function heard(talk: Talk, name: string, data: unknown): Talk {
  if (!isObject(data)) return talk
  switch (name) {
    case 'message':
    case 'message.edited':
    case 'message.deleted': {
      const message = toMessage(data)
      if (!message) return talk
      return name === 'message' ? withMessages(talk, [message]) : withChanged(talk, message)
    }
    case 'read': {
      const { user_id, offset } = data
      if (!isId(user_id) || typeof offset !== 'number') return talk
      return { ...talk, read: furthest(talk.read, { [String(user_id)]: offset }) }
    }
    case 'member.joined':
    case 'member.changed': {
      const member = toMember(data)
      return member ? withMember(talk, member) : talk
    }
    case 'member.left': {
      const gone = data.user_id
      if (!isId(gone)) return talk
      return { ...talk, members: talk.members.filter(({ user_id }) => !isSame(user_id, gone)) }
    }
    case 'presence': {
      const { user_id, status } = data
      if (!isId(user_id)) return talk
      const online = new Set(talk.online)
      if (status === 'online') online.add(String(user_id))
      else online.delete(String(user_id))
      return { ...talk, online }
    }
    case 'settings':
      return { ...talk, settings: data }
    case 'timer':
      return { ...talk, timer: toTimer(data) }
    default:
      return talk
  }
}

/** Who, besides the author, has read a message. */
export function readersOf(talk: Talk, message: Message): readonly Member[] {
  return talk.members.filter(
    ({ user_id }) =>
      !isSame(user_id, message.user_id) && (talk.read[String(user_id)] ?? 0) >= message.offset,
  )
}

/** The part of a message's text that names somebody or leads somewhere, and the rest, in order. */
export interface Piece {
  readonly text: string
  readonly names: UserId | null
  readonly href: string | null
}

/** Splits at web addresses, and where the message names one of those whom it mentions. */
export function pieces(message: Message, members: readonly Member[]): readonly Piece[] {
  const named = members
    .filter(({ user_id }) => message.mentions.some((id) => isSame(id, user_id)))
    .map(({ username, user_id }) => [username, user_id] as const)
  const mentions = mentionsIn(message.content, named)
  const found: Piece[] = []
  let place = 0
  for (const piece of linkPieces(message.content)) {
    const end = place + piece.text.length
    if (piece.href !== null) found.push({ ...piece, names: null })
    else found.push(...marked(message.content, place, end, mentions))
    place = end
  }
  return found
}

/** The part of a text from `start` to `end`, split at the mentions in it. */
function marked(
  text: string,
  start: number,
  end: number,
  mentions: readonly Mention<UserId>[],
): readonly Piece[] {
  const found: Piece[] = []
  let from = start
  for (const mention of mentions) {
    if (mention.start < from || mention.end > end) continue
    found.push({ text: text.slice(from, mention.start), names: null, href: null })
    found.push({ text: text.slice(mention.start, mention.end), names: mention.value, href: null })
    from = mention.end
  }
  found.push({ text: text.slice(from, end), names: null, href: null })
  return found.filter((piece) => piece.text !== '')
}
