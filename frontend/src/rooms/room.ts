/** Rooms and what is said in them, as the wire has them (docs/contract.md §7), and read from it. */

export type RoomId = number | string
export type MessageId = number | string
export type UserId = number | string
export type Kind = 'group' | 'direct' | 'focus'
export type Role = 'owner' | 'moderator' | 'member'

export interface Message {
  readonly id: MessageId
  readonly room_id: RoomId
  /** null: the account is no more. */
  readonly user_id: UserId | null
  readonly username: string
  /** Plain text, never markup; empty once deleted. */
  readonly content: string
  readonly client_id: string | null
  readonly reply_to: MessageId | null
  readonly mentions: readonly UserId[]
  /** Of its event in the room's topic. */
  readonly offset: number
  readonly created_at: string
  readonly edited_at: string | null
  readonly deleted_at: string | null
}

export interface Room {
  readonly id: RoomId
  readonly name: string
  readonly kind: Kind
  readonly open: boolean
  readonly settings: Settings
  /** null until joined. */
  readonly role: Role | null
  readonly members_count: number
  readonly unread_count: number
  readonly last_message: Message | null
  readonly created_at: string
}

export type Settings = Readonly<Record<string, unknown>>

export interface Member {
  readonly user_id: UserId
  readonly username: string
  readonly role: Role
}

export interface Person {
  readonly id: UserId
  readonly username: string
  readonly display_name: string
}

export type TimerAction = 'start' | 'pause' | 'resume' | 'skip' | 'reset'

export interface Timer {
  readonly phase: 'work' | 'break' | 'long_break'
  readonly status: 'idle' | 'running' | 'paused'
  readonly duration_s: number
  readonly ends_at: string | null
  readonly remaining_s: number
}

export interface Snapshot {
  readonly settings: Settings
  readonly timer: Timer | null
  readonly members: readonly Member[]
  readonly online: readonly UserId[]
  /** By user id. */
  readonly read: Readonly<Record<string, number>>
}

export const topicOf = (id: RoomId): string => `rooms/${id}`

export const isSame = (a: UserId | null | undefined, b: UserId | null | undefined): boolean =>
  a !== null && a !== undefined && String(a) === String(b)

// --- reading the wire ---------------------------------------------------------------------------

type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const isId = (value: unknown): value is number | string =>
  Number.isSafeInteger(value) || (typeof value === 'string' && value !== '')
const textOr = <T>(value: unknown, otherwise: T) => (typeof value === 'string' ? value : otherwise)
const count = (value: unknown) => (typeof value === 'number' && value >= 0 ? value : 0)
const oneOf = <T extends string>(known: readonly T[], value: unknown, otherwise: T): T =>
  known.find((each) => each === value) ?? otherwise
const ids = (value: unknown): UserId[] => (Array.isArray(value) ? value.filter(isId) : [])

const KINDS: readonly Kind[] = ['group', 'direct', 'focus']
const ROLES: readonly Role[] = ['owner', 'moderator', 'member']

export function toMessage(value: unknown): Message | null {
  if (!isObject(value) || !isId(value.id) || !isId(value.room_id)) return null
  return {
    id: value.id,
    room_id: value.room_id,
    user_id: isId(value.user_id) ? value.user_id : null,
    username: textOr(value.username, ''),
    content: textOr(value.content, ''),
    client_id: textOr(value.client_id, null),
    reply_to: isId(value.reply_to) ? value.reply_to : null,
    mentions: ids(value.mentions),
    offset: count(value.offset),
    created_at: textOr(value.created_at, ''),
    edited_at: textOr(value.edited_at, null),
    deleted_at: textOr(value.deleted_at, null),
  }
}

export function toRoom(value: unknown): Room | null {
  if (!isObject(value) || !isId(value.id)) return null
  return {
    id: value.id,
    name: textOr(value.name, ''),
    kind: oneOf(KINDS, value.kind, 'group'),
    open: value.open === true,
    settings: isObject(value.settings) ? value.settings : {},
    role: ROLES.find((role) => role === value.role) ?? null,
    members_count: count(value.members_count),
    unread_count: count(value.unread_count),
    last_message: toMessage(value.last_message),
    created_at: textOr(value.created_at, ''),
  }
}

export function toMember(value: unknown): Member | null {
  if (!isObject(value) || !isId(value.user_id)) return null
  const role = oneOf(ROLES, value.role, 'member')
  return { user_id: value.user_id, username: textOr(value.username, ''), role }
}

export function toPerson(value: unknown): Person | null {
  if (!isObject(value) || !isId(value.id) || typeof value.username !== 'string') return null
  const { id, username } = value
  return { id, username, display_name: textOr(value.display_name, username) }
}

export function toTimer(value: unknown): Timer | null {
  if (!isObject(value)) return null
  return {
    phase: oneOf(['work', 'break', 'long_break'], value.phase, 'work'),
    status: oneOf(['idle', 'running', 'paused'], value.status, 'idle'),
    duration_s: count(value.duration_s),
    ends_at: textOr(value.ends_at, null),
    remaining_s: count(value.remaining_s),
  }
}

export function toSnapshot(value: unknown): Snapshot | null {
  if (!isObject(value)) return null
  const members = Array.isArray(value.members) ? value.members.map(toMember) : []
  const read = isObject(value.read) ? Object.entries(value.read) : []
  return {
    settings: isObject(value.settings) ? value.settings : {},
    timer: toTimer(value.timer),
    members: members.filter((member) => member !== null),
    online: ids(value.online),
    read: Object.fromEntries(read.map(([id, offset]) => [id, count(offset)])),
  }
}

/** What a phase still has, in seconds, by the server's clock (ms since 1970). */
export function remainingS(timer: Timer, serverNow: number): number {
  const end = timer.status === 'running' && timer.ends_at ? Date.parse(timer.ends_at) : Number.NaN
  if (Number.isNaN(end)) return timer.remaining_s
  return Math.min(timer.duration_s, Math.max(0, (end - serverNow) / 1000))
}

/** `24:59`; a second that has begun counts. */
export function clockText(seconds: number): string {
  const whole = Math.ceil(seconds)
  const two = (part: number) => String(part).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}
