/** Made by `make generate` from the server's words: do not edit. */

export const ERROR_CODES = [
  'AUTH_ERROR',
  'TOKEN_EXPIRED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_FRAME',
  'UNKNOWN_TYPE',
  'RATE_LIMITED',
  'TOO_MANY_CONNECTIONS',
  'MESSAGE_TOO_LARGE',
  'SLOW_CONSUMER',
  'UNAVAILABLE',
  'BUSY',
  'TOO_LONG',
] as const

export const COMMANDS = [
  'ping',
  'subscribe',
  'unsubscribe',
  'refresh',
  'ask',
  'message',
  'read',
  'stop',
  'typing',
] as const

export const REPLIES = [
  'connected',
  'subscribed',
  'unsubscribed',
  'pong',
  'ok',
  'error',
] as const

export const EVENTS = [
  'conversation.deleted',
  'conversation.renamed',
  'job',
  'matched',
  'member.changed',
  'member.joined',
  'member.left',
  'message',
  'message.deleted',
  'message.edited',
  'notification',
  'notification.deleted',
  'notification.read',
  'notification.read_all',
  'notification.updated',
  'preferences',
  'profile',
  'read',
  'room',
  'room.added',
  'room.deleted',
  'room.removed',
  'settings',
  'timer',
] as const

export const CLOSES = [
  { code: 1008, reason: 'Invalid token', error: 'AUTH_ERROR' },
  { code: 1008, reason: 'Signed out', error: 'AUTH_ERROR' },
  { code: 1008, reason: 'Token expired', error: 'TOKEN_EXPIRED' },
  { code: 1008, reason: 'Too many connections', error: 'TOO_MANY_CONNECTIONS' },
  { code: 1008, reason: 'Rate limited', error: 'RATE_LIMITED' },
  { code: 1008, reason: 'Forbidden', error: 'FORBIDDEN' },
  { code: 1008, reason: 'Not found', error: 'NOT_FOUND' },
  { code: 1008, reason: 'No first frame', error: null },
  { code: 1009, reason: 'Message too large', error: 'MESSAGE_TOO_LARGE' },
  { code: 1000, reason: 'Goodbye', error: null },
  { code: 1000, reason: 'Recycled', error: null },
  { code: 1002, reason: 'Protocol error', error: null },
  { code: 1001, reason: 'Silent for too long', error: null },
  { code: 1012, reason: 'Draining', error: null },
  { code: 1012, reason: 'Resume', error: null },
  { code: 1012, reason: 'Unavailable', error: 'UNAVAILABLE' },
  { code: 1013, reason: 'Slow consumer', error: 'SLOW_CONSUMER' },
] as const

/** daphne can send neither these codes nor reasons: [what it sends, for what]. */
export const DAPHNE_TWINS = [
  [4001, 1001],
  [4002, 1002],
  [4008, 1008],
  [4009, 1009],
  [4012, 1012],
  [4013, 1013],
] as const
