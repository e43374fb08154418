import {
  toMember,
  toMessage,
  toPerson,
  toRoom,
  toTimer,
  type Member,
  type Message,
  type MessageId,
  type Person,
  type Role,
  type Room,
  type RoomId,
  type Timer,
  type TimerAction,
  type UserId,
} from '@/rooms/room'
import type { RoomChanges } from '@/rooms/roomSettings'

import type { Http } from './http'
import { cursorOf, everyRow, MOST, type Page } from './pages'

interface HistoryPage {
  readonly results: readonly unknown[]
  readonly previous: string | null
}

/** Ascending. */
export interface History {
  readonly messages: readonly Message[]
  readonly hasOlder: boolean
}

/** `next` is the cursor of the page behind this one; null: there is none. */
export interface RoomsPage {
  readonly rooms: readonly Room[]
  readonly next: string | null
}

export interface NewRoom {
  readonly name: string
  readonly kind: 'group' | 'focus'
  readonly open: boolean
}

/** `roomId` is null while waiting, until `expiresAt` (ISO 8601). */
export interface Wish {
  readonly roomId: RoomId | null
  readonly expiresAt: string | null
}

const toRooms = (rows: readonly unknown[]): readonly Room[] =>
  rows.map(toRoom).filter((room) => room !== null)

export class RoomsApi {
  constructor(private readonly http: Http) {}

  /** All of the person's own, the most recent activity first. */
  async list(): Promise<readonly Room[]> {
    return toRooms(await everyRow(this.http, '/rooms'))
  }

  /** A page of those that they may join, the newest first; from the beginning without a cursor. */
  async joinable(cursor: string | null = null): Promise<RoomsPage> {
    const query = { open: 'true', size: MOST, cursor: cursor ?? undefined }
    const page = await this.http.request<Page>('GET', '/rooms', { query })
    return { rooms: toRooms(page.results), next: cursorOf(page) }
  }

  read(id: RoomId): Promise<Room> {
    return this.#room('GET', at(id))
  }

  create(body: NewRoom): Promise<Room> {
    return this.#room('POST', '/rooms', body)
  }

  /** The room of two; asking again gives the same one. */
  direct(userId: UserId): Promise<Room> {
    return this.#room('POST', '/rooms', { kind: 'direct', user_id: userId })
  }

  join(id: RoomId): Promise<Room> {
    return this.#room('POST', `${at(id)}/join`)
  }

  async leave(id: RoomId): Promise<void> {
    await this.http.request('POST', `${at(id)}/leave`)
  }

  /** As its owner or a moderator. Settings that are not named stay as they are. */
  change(id: RoomId, changes: RoomChanges): Promise<Room> {
    return this.#room('PATCH', at(id), changes)
  }

  /** Deletes the room with its messages. */
  async takeDown(id: RoomId): Promise<void> {
    await this.http.request('DELETE', at(id))
  }

  /** Who is in it already changes nothing. */
  async invite(id: RoomId, userId: UserId): Promise<void> {
    await this.http.request('POST', `${at(id)}/members`, { body: { user_id: userId } })
  }

  /** `owner` hands the room over. */
  async giveRole(id: RoomId, userId: UserId, role: Role): Promise<void> {
    await this.http.request('PATCH', `${at(id)}/members/${userId}`, { body: { role } })
  }

  async sendAway(id: RoomId, userId: UserId): Promise<void> {
    await this.http.request('DELETE', `${at(id)}/members/${userId}`)
  }

  /** All of them: who is not in the list would be taken for one who has left. */
  async members(id: RoomId): Promise<readonly Member[]> {
    const found = await everyRow(this.http, `${at(id)}/members`)
    return found.map(toMember).filter((member) => member !== null)
  }

  /** Before that message, or the newest. */
  async history(id: RoomId, before?: MessageId): Promise<History> {
    const path = `${at(id)}/messages`
    const page = await this.http.request<HistoryPage>('GET', path, { query: { before } })
    const messages = page.results.map(toMessage).filter((message) => message !== null)
    return { messages, hasOlder: page.previous !== null }
  }

  async edit(id: RoomId, message: MessageId, content: string): Promise<void> {
    await this.http.request('PATCH', `${at(id)}/messages/${message}`, { body: { content } })
  }

  async delete(id: RoomId, message: MessageId): Promise<void> {
    await this.http.request('DELETE', `${at(id)}/messages/${message}`)
  }

  async timer(id: RoomId): Promise<Timer | null> {
    return toTimer(await this.http.request('GET', `${at(id)}/timer`))
  }

  async control(id: RoomId, action: TimerAction): Promise<Timer | null> {
    return toTimer(await this.http.request('POST', `${at(id)}/timer`, { body: { action } }))
  }

  /** Those whose names have `text` in them. */
  async people(text: string, signal: AbortSignal): Promise<readonly Person[]> {
    const page = await this.http.request<Page>('GET', '/users', { query: { q: text }, signal })
    return page.results.map(toPerson).filter((person) => person !== null)
  }

  /** All of them: who is not in the list would be taken for one who is not blocked. */
  async blocked(): Promise<readonly Person[]> {
    const found = await everyRow(this.http, '/users/blocked')
    return found.map(toPerson).filter((person) => person !== null)
  }

  async block(userId: UserId): Promise<void> {
    await this.http.request('PUT', `/users/${userId}/block`)
  }

  async unblock(userId: UserId): Promise<void> {
    await this.http.request('DELETE', `/users/${userId}/block`)
  }

  /** Be paired with somebody, or wait; again: still wait. */
  async seekMatch(): Promise<Wish> {
    const answer = await this.http.request<{ room_id?: RoomId; expires_at?: string }>(
      'POST',
      '/matching',
      // Who is gone would be waited for.
      { keepalive: false },
    )
    return { roomId: answer.room_id ?? null, expiresAt: answer.expires_at ?? null }
  }

  async giveUpMatch(): Promise<void> {
    await this.http.request('DELETE', '/matching')
  }

  async #room(method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown): Promise<Room> {
    const room = toRoom(await this.http.request(method, path, { body }))
    if (!room) throw new TypeError(`${method} ${path} did not answer a room`)
    return room
  }
}

const at = (id: RoomId) => `/rooms/${encodeURIComponent(id)}`
