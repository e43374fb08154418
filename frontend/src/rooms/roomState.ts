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

/** A message that was sent here and whose event has not arrived yet. */
export interface Pending {
  readonly clientId: string
  readonly content: string
  readonly replyTo: MessageId | null
  readonly status: 'sending' | 'failed'
}

export interface RoomState {
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

export const EMPTY_ROOM: RoomState = {
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

export function withMessages(state: RoomState, added: readonly Message[]): RoomState {
  if (added.length === 0) return state
  const known = new Map(state.messages.map((message) => [String(message.id), message]))
  for (const message of added) {
    const before = known.get(String(message.id))
    known.set(String(message.id), before ? later(before, message) : message)
  }
  const messages = [...known.values()].toSorted((a, b) => a.offset - b.offset)
  const heard = new Set(added.map((message) => message.client_id))
  const pending = state.pending.filter(({ clientId }) => !heard.has(clientId))
  return { ...state, messages, pending }
}

/** Only loaded messages change; older ones are fetched in their current form. */
function withChanged(state: RoomState, message: Message): RoomState {
  const isShown = state.messages.some(({ id }) => isSame(id, message.id))
  return isShown ? withMessages(state, [message]) : state
}

export function withSnapshot(state: RoomState, snapshot: Snapshot): RoomState {
  const { settings, timer, members } = snapshot
  const online = new Set(snapshot.online.map(String))
  return { ...state, settings, timer, members, online, read: furthest(state.read, snapshot.read) }
}

type Cursors = RoomState['read']

function furthest(before: Cursors, after: Cursors): Cursors {
  const read = { ...before }
  for (const [id, offset] of Object.entries(after)) read[id] = Math.max(read[id] ?? 0, offset)
  return read
}

export function withPending(state: RoomState, added: Pending): RoomState {
  const others = state.pending.filter(({ clientId }) => clientId !== added.clientId)
  // Its event arrived before the command was answered.
  if (state.messages.some(({ client_id }) => client_id === added.clientId))
    return { ...state, pending: others }
  const place = state.pending.findIndex(({ clientId }) => clientId === added.clientId)
  const pending = place < 0 ? [...others, added] : state.pending.with(place, added)
  return { ...state, pending }
}

export function withoutPending(state: RoomState, id: string): RoomState {
  return { ...state, pending: state.pending.filter(({ clientId }) => clientId !== id) }
}

function withMember(state: RoomState, member: Member): RoomState {
  const others = state.members.filter(({ user_id }) => !isSame(user_id, member.user_id))
  return { ...state, members: [...others, member] }
}

/** The room after an event of its topic, by name. What is not of interest changes nothing. */
export function applyRoomEvent(state: RoomState, name: string, data: unknown): RoomState {
  if (!isObject(data)) return state
  switch (name) {
    case 'message':
    case 'message.edited':
    case 'message.deleted': {
      const message = toMessage(data)
      if (!message) return state
      return name === 'message' ? withMessages(state, [message]) : withChanged(state, message)
    }
    case 'read': {
      const { user_id, offset } = data
      if (!isId(user_id) || typeof offset !== 'number') return state
      return { ...state, read: furthest(state.read, { [String(user_id)]: offset }) }
    }
    case 'member.joined':
    case 'member.changed': {
      const member = toMember(data)
      return member ? withMember(state, member) : state
    }
    case 'member.left': {
      const gone = data.user_id
      if (!isId(gone)) return state
      return { ...state, members: state.members.filter(({ user_id }) => !isSame(user_id, gone)) }
    }
    case 'presence': {
      const { user_id, status } = data
      if (!isId(user_id)) return state
      const online = new Set(state.online)
      if (status === 'online') online.add(String(user_id))
      else online.delete(String(user_id))
      return { ...state, online }
    }
    case 'settings':
      return { ...state, settings: data }
    case 'timer':
      return { ...state, timer: toTimer(data) }
    default:
      return state
  }
}

/** Who, besides the author, has read a message. */
export function readersOf(state: RoomState, message: Message): readonly Member[] {
  return state.members.filter(
    ({ user_id }) =>
      !isSame(user_id, message.user_id) && (state.read[String(user_id)] ?? 0) >= message.offset,
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
