import { toNotification, type Notification, type NotificationId } from '@/realtime'

import type { Http } from './http'

interface Page {
  readonly results: readonly unknown[]
  readonly next: string | null
}

export interface NotificationPage {
  readonly results: readonly Notification[]
  readonly hasMore: boolean
}

export interface UnreadCount {
  readonly count: number
  /** A later one is right. */
  readonly version: number
}

const BASE = '/notifications'

export class NotificationsApi {
  constructor(private readonly http: Http) {}

  /** Newest first; `page` from 1. */
  async list(page: number, size: number): Promise<NotificationPage> {
    const answer = await this.http.request<Page>('GET', BASE, { query: { page, size } })
    const results = answer.results.map(toNotification).filter((item) => item !== null)
    return { results, hasMore: answer.next !== null }
  }

  unreadCount(): Promise<UnreadCount> {
    return this.http.request<UnreadCount>('GET', `${BASE}/unread/count`)
  }

  async markRead(id: NotificationId): Promise<void> {
    await this.http.request('PUT', `${BASE}/${encodeURIComponent(id)}/read`, { keepalive: true })
  }

  async markAllRead(): Promise<void> {
    await this.http.request('PUT', `${BASE}/read-all`)
  }

  async delete(id: NotificationId): Promise<void> {
    await this.http.request('DELETE', `${BASE}/${encodeURIComponent(id)}`)
  }
}
