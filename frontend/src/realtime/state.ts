import type { Refusal } from './closing'
import type { TransportName } from './transports/line'

export type ConnectionState =
  | { readonly status: 'idle' }
  | { readonly status: 'connecting' }
  | { readonly status: 'connected'; readonly userId: string; readonly transport: TransportName }
  /** `retryAt` (ms since 1970) is null while a try is under way. */
  | { readonly status: 'reconnecting'; readonly retryAt: number | null }
  | { readonly status: 'offline'; readonly retryAt: number | null }
  | { readonly status: 'refused'; readonly refusal: Refusal }
