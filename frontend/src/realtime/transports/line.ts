/** What the three transports have in common: a line to the server that speaks in `ServerMessage`s. */

import type { NextStep } from '../closing'
import type { Command, Position, ServerMessage, Topic } from '../messages'
import type { Positions } from '../positions'

export const TRANSPORTS = ['websocket', 'sse', 'long-polling'] as const
export type TransportName = (typeof TRANSPORTS)[number]

export interface LineHandlers {
  /** `asked`, with `subscribed`: from where on a replay was asked for. */
  readonly message: (message: ServerMessage, asked?: Position) => void
  /** Something came, if only a heartbeat. */
  readonly alive: () => void
  /** At most once, and never after `close()`. */
  readonly ended: (next: NextStep) => void
}

export interface Line {
  /** false if this transport does not carry it (now). */
  send(command: Command): boolean
  /** Ends it for good; no handler is called afterwards. */
  close(): void
}

/** What a new line needs to know. */
export interface Opening {
  readonly positions: Positions
  /** Beside the person's own topic and `broadcast`. */
  readonly topics: () => readonly Topic[]
  /** Whose place in the server's count of connections it takes; '' for nobody's. */
  readonly connectionId: string
}

export type OpenLine = (opening: Opening, handlers: LineHandlers) => Line

/** The person's own topic first, as the server has them on a pre-subscribed connection. */
export function ownTopics(userId: string): Topic[] {
  return [`users/${userId}`, 'broadcast']
}
