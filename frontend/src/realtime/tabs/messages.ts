/** What the tabs of one browser say to each other. One of them leads: it has the connection. */

import type { Signal } from '../connection'
import type { Command, Connected, LoggedEvent, Position, Topic } from '../messages'
import type { ConnectionState } from '../state'

export type TabId = string
type Places = Readonly<Record<Topic, Position>>

/** What a tab that joins must know to go on from where it stands. */
export interface Welcome {
  readonly state: ConnectionState
  readonly greeting: Connected | null
  readonly clockOffsetMs: number
  readonly userId: string
  readonly positions: Places
  readonly events: readonly LoggedEvent[]
  readonly gaps: readonly Topic[]
}

export type TabMessage =
  /** I lead now: tell me who you are. */
  | { readonly kind: 'leads'; readonly from: TabId }
  | { readonly kind: 'hello'; readonly from: TabId; readonly at: Places; readonly wants: Topic[] }
  | { readonly kind: 'welcome'; readonly from: TabId; readonly to: TabId; readonly news: Welcome }
  | { readonly kind: 'signal'; readonly from: TabId; readonly signal: Signal }
  /** To the leader: */
  | { readonly kind: 'want' | 'drop'; readonly from: TabId; readonly topic: Topic }
  | { readonly kind: 'say'; readonly from: TabId; readonly command: Command }
  | { readonly kind: 'retry' | 'wake' | 'due' | 'bye'; readonly from: TabId }

/** The channel belongs to this origin's pages: the shape is ours, or an older release's. */
export function isTabMessage(value: unknown): value is TabMessage {
  return typeof value === 'object' && value !== null && 'kind' in value && 'from' in value
}
