import type { Message } from '@/rooms/room'

/** What Bob said in room 7, as its third event unless told otherwise. */
export function message(id: number, more: Partial<Message> = {}): Message {
  return {
    id,
    room_id: 7,
    user_id: 2,
    username: 'bob',
    content: `message ${id}`,
    client_id: null,
    reply_to: null,
    mentions: [],
    offset: id,
    created_at: '2030-01-01T00:00:00Z',
    edited_at: null,
    deleted_at: null,
    ...more,
  }
}
