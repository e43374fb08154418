/**
 * The JSON protocol as types: what a client may say and what the server says (docs/contract.md §4, §6).
 *
 * `type` discriminates every union, so a `switch` over it is checked for completeness.
 */

import type { COMMANDS, ERROR_CODES, EVENTS, REPLIES } from './catalogue'

/** `users/42`, `broadcast`, `rooms/7`. */
export type Topic = string

/** A place in a topic; an offset means nothing outside its epoch. */
export interface Position {
  readonly epoch: string
  readonly offset: number
}

export type NotificationId = number | string
export type JobId = number | string
export type NotificationStatus = 'UNREAD' | 'READ'

/** Where an application wants the click to lead; `params` go into the query. */
export interface Routing {
  readonly type?: string | null
  readonly path?: string | null
  readonly params?: Readonly<Record<string, unknown>> | null
}

export interface Notification {
  readonly id: NotificationId
  /** null: it is everyone's. */
  readonly user_id: number | string | null
  readonly type: string
  readonly title: string
  readonly message: string
  readonly link: string | null
  readonly status: NotificationStatus
  readonly reference_id: string | null
  readonly reference_type: string | null
  readonly data: ({ readonly routing?: Routing | null } & Readonly<Record<string, unknown>>) | null
  /** ISO 8601. */
  readonly created_at: string
  readonly read_at: string | null
}

export const JOB_STATUSES = [
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'stale',
] as const
/** `stale`: its service has not been heard of for a while, and may be again. */
export type JobStatus = (typeof JOB_STATUSES)[number]

/** Something that the user waits for, perhaps with others. */
export interface Job {
  readonly id: JobId
  readonly title: string
  readonly status: JobStatus
  /** 0 to 1; may fall when a task is tried again. */
  readonly progress: number
  readonly message: string
  readonly link: string | null
  /** One of those who wait wants it to end; its service ends it when it can. */
  readonly cancel_requested: boolean
  /** ISO 8601; of two shapes of a job the later is right. */
  readonly updated_at: string
}

// --- what the server says -----------------------------------------------------------------------

export type ErrorCode = (typeof ERROR_CODES)[number]
/** What services publish. */
export type EventName = (typeof EVENTS)[number]

export interface Connected {
  readonly type: 'connected'
  readonly message: string
  readonly user_id: number | string
  readonly connection_id: string
  readonly heartbeat_s: number
  readonly subscriptions: Readonly<Record<Topic, Position>>
}

/** `epoch` and `offset` are the head at that moment; a replay, if any, follows. */
export interface Subscribed {
  readonly type: 'subscribed'
  readonly topic: Topic
  readonly epoch: string
  readonly offset: number
  readonly recovered: boolean
  readonly snapshot?: unknown
  readonly ref?: unknown
}

export interface Unsubscribed {
  readonly type: 'unsubscribed'
  readonly topic: Topic
  readonly ref?: unknown
}

export interface Pong {
  readonly type: 'pong'
  readonly server_time: string
  readonly positions: Readonly<Record<Topic, Position>>
  readonly ref?: unknown
}

export interface Ok {
  readonly type: 'ok'
  readonly data: unknown
  readonly ref?: unknown
}

export interface ErrorMessage {
  readonly type: 'error'
  /** One of `ErrorCode`; a newer server may know more. */
  readonly code: string
  readonly message: string
  readonly ref?: unknown
}

interface Logged<Type extends string, Data> {
  readonly type: Type
  readonly topic: Topic
  readonly epoch: string
  readonly offset: number
  readonly data: Data
}

export type NotificationCreated = Logged<'notification', Notification>
export type NotificationRead = Logged<
  'notification.read',
  { readonly id: NotificationId; readonly read_at: string }
>
/**
 * Everything of one's own up to offset `up_to` of the topic is read, and of what is everyone's all
 * up to the id `broadcasts_up_to`; where there are `types`, only what is of one of them.
 */
export type NotificationReadAll = Logged<
  'notification.read_all',
  {
    readonly read_at: string
    readonly up_to: number
    readonly broadcasts_up_to: number
    readonly types?: readonly string[]
  }
>
/** As it is now: what it tells of was changed. No news, so nothing rings. */
export type NotificationUpdated = Logged<'notification.updated', Notification>
export type NotificationDeleted = Logged<'notification.deleted', { readonly id: NotificationId }>

/** Every category, and whether it is on: what is listed and counted is another set than before. */
export type PreferencesChanged = Logged<'preferences', Preferences>
export type Preferences = Readonly<Record<string, boolean>>
export type JobChanged = Logged<'job', Job>

/** A logged event this page has no use for: it still moves the position on. */
export type OtherEvent = Logged<'other', unknown> & {
  /** A newer server may know more than `EventName`. */
  readonly name: EventName | (string & {})
}

/** In the log of a topic: never missed, each exactly once. */
export type LoggedEvent =
  | NotificationCreated
  | NotificationRead
  | NotificationReadAll
  | NotificationUpdated
  | NotificationDeleted
  | PreferencesChanged
  | JobChanged
  | OtherEvent

/** Not logged: only the latest version matters. */
export interface UnreadCount {
  readonly type: 'unread_count'
  readonly data: { readonly count: number; readonly version: number }
}

/** Another fact that is not logged, of a room for instance: only the latest matters. */
export interface OtherState {
  readonly type: 'state'
  /** `typing`, `presence`; of one's own topic `room.message`, `room.read`. */
  readonly name: string
  readonly topic: Topic
  readonly data: unknown
}

export type RealtimeEvent = LoggedEvent | UnreadCount | OtherState
export type Reply = Connected | Subscribed | Unsubscribed | Pong | Ok | ErrorMessage
export type ServerMessage = RealtimeEvent | Reply

// --- what a client says -------------------------------------------------------------------------

export type Command =
  | { readonly type: 'ping'; readonly ref?: string }
  | {
      readonly type: 'subscribe'
      readonly data: { readonly topic: Topic; readonly offset?: number; readonly epoch?: string }
      readonly ref?: string
    }
  | {
      readonly type: 'unsubscribe'
      readonly data: { readonly topic: Topic }
      readonly ref?: string
    }
  | { readonly type: 'refresh'; readonly data: { readonly token: string }; readonly ref?: string }
  | RoomCommand
  | AssistantCommand

/** What is said to a room: `topic` names it. */
export type RoomCommand =
  | {
      readonly type: 'message'
      readonly topic: Topic
      readonly data: {
        readonly content: string
        readonly client_id: string
        readonly reply_to?: number | string
      }
      readonly ref?: string
    }
  | { readonly type: 'typing'; readonly topic: Topic; readonly ref?: string }
  | {
      readonly type: 'read'
      readonly topic: Topic
      readonly data: { readonly offset: number }
      readonly ref?: string
    }

/** What is said to the assistant: the event `start` answers an `ask`. */
export type AssistantCommand =
  | {
      readonly type: 'ask'
      readonly data: { readonly message: string; readonly conversation_id?: string }
      readonly ref?: string
    }
  | { readonly type: 'stop'; readonly data: { readonly message_id: string }; readonly ref?: string }

/** The data of the `ok` that answers a `message`. */
export interface Said {
  readonly id: number | string
  readonly offset: number
  readonly client_id: string
}

// --- checked by the compiler --------------------------------------------------------------------

type None<T extends never> = T
/** Every command and every reply of the server is here, and no event that it does not have. */
export type Complete = [
  None<Exclude<(typeof COMMANDS)[number], Command['type']>>,
  None<Exclude<(typeof REPLIES)[number], Reply['type']>>,
  None<Exclude<Reply['type'], (typeof REPLIES)[number]>>,
  None<Exclude<LoggedEvent['type'], EventName | 'other'>>,
]
