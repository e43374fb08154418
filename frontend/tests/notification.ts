import type { Notification } from '@/realtime'

/** Unread; a higher id is newer. */
export function notification(id: number, changes: Partial<Notification> = {}): Notification {
  return {
    id,
    user_id: 42,
    type: 'SYSTEM',
    title: `number ${id}`,
    message: '',
    link: null,
    status: 'UNREAD',
    reference_id: null,
    reference_type: null,
    data: null,
    created_at: new Date(Date.UTC(2030, 0, 1, 0, id)).toISOString(),
    read_at: null,
    ...changes,
  }
}
