import {
  toNotification,
  toPreferences,
  type Notification,
  type NotificationId,
  type Preferences,
} from '@/realtime'

import type { Http } from './http'
import { cursorOf, type Page } from './pages'

export interface NotificationPage {
  readonly results: readonly Notification[]
  /** Behind the last of these; null: there are no more. */
  readonly next: string | null
}

export interface UnreadCount {
  readonly count: number
  /** A later one is right. */
  readonly version: number
}

/** Of the deployment's registry. */
export interface NotificationType {
  readonly name: string
  readonly category: string
  readonly title: string
  /** A name that front ends know; by default the category. */
  readonly icon: string
  readonly link: string
}

/** A part of the list: what is empty or false leaves nothing out. */
export interface NotificationPart {
  readonly unreadOnly: boolean
  readonly category: string
}

const BASE = '/notifications'
const ALL: NotificationPart = { unreadOnly: false, category: '' }

export class NotificationsApi {
  constructor(private readonly http: Http) {}

  /** Newest first; from `cursor` (a page's `next`) on, or from the top. */
  async list(
    cursor: string | null,
    size: number,
    part: NotificationPart = ALL,
  ): Promise<NotificationPage> {
    const status = part.unreadOnly ? 'UNREAD' : undefined
    const category = part.category || undefined
    const query = { cursor: cursor ?? undefined, size, status, category }
    const answer = await this.http.request<Page>('GET', BASE, { query })
    const results = answer.results.map(toNotification).filter((item) => item !== null)
    return { results, next: cursorOf(answer) }
  }

  unreadCount(): Promise<UnreadCount> {
    return this.http.request<UnreadCount>('GET', `${BASE}/unread/count`)
  }

  async markRead(id: NotificationId): Promise<void> {
    await this.http.request('PUT', `${BASE}/${encodeURIComponent(id)}/read`)
  }

  /** All, or all of a category. */
  async markAllRead(category = ''): Promise<void> {
    await this.http.request('PUT', `${BASE}/read-all`, category ? { body: { category } } : {})
  }

  async delete(id: NotificationId): Promise<void> {
    await this.http.request('DELETE', `${BASE}/${encodeURIComponent(id)}`)
  }

  types(): Promise<readonly NotificationType[]> {
    return this.http.request<readonly NotificationType[]>('GET', `${BASE}/types`)
  }

  /** Every category, and whether it is on. */
  async preferences(): Promise<Preferences> {
    return toPreferences(await this.http.request('GET', `${BASE}/preferences`))
  }

  /** Those that are not named stay. Returns all. */
  async setPreferences(changes: Preferences): Promise<Preferences> {
    return toPreferences(await this.http.request('PUT', `${BASE}/preferences`, { body: changes }))
  }
}
