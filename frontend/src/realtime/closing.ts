/** What the end of a connection means for a client: one decision, without a socket. */

import { CLOSES, DAPHNE_TWINS } from './catalogue'

export type Refusal = 'SIGNED_OUT' | 'FORBIDDEN' | 'NOT_FOUND' | 'REFUSED'

export type NextStep =
  /** Renew the credential over REST, then return at once. */
  | { readonly kind: 'renew' }
  /** Return at once. */
  | { readonly kind: 'now' }
  /** Return soon, each client at another moment: the instance is going away under all of them. */
  | { readonly kind: 'soon' }
  | { readonly kind: 'backoff' }
  /** Nobody said why: the network, a proxy that breaks this transport, or a server that is away. */
  | { readonly kind: 'broken' }
  /** REST does not answer either, so that no transport can work. */
  | { readonly kind: 'unreachable' }
  /** Coming back would change nothing. */
  | { readonly kind: 'stop'; readonly refusal: Refusal }

const TWINS: ReadonlyMap<number, number> = new Map(DAPHNE_TWINS)
const CODE_OF_REASON: ReadonlyMap<string, string | null> = new Map(
  CLOSES.map(({ reason, error }) => [reason, error]),
)

/** What an error that ends a connection, or refuses one over HTTP, means. */
export function afterError(error: string | undefined): NextStep {
  switch (error) {
    case 'TOKEN_EXPIRED':
      return { kind: 'renew' }
    case 'TOO_MANY_CONNECTIONS':
    case 'RATE_LIMITED':
      return { kind: 'backoff' }
    case 'AUTH_ERROR':
      return { kind: 'stop', refusal: 'SIGNED_OUT' }
    case 'FORBIDDEN':
    case 'NOT_FOUND':
      return { kind: 'stop', refusal: error }
    default:
      return { kind: 'stop', refusal: 'REFUSED' }
  }
}

/**
 * @param code the close code, daphne's twins included
 * @param reason the close reason, '' if none came
 * @param error the code of the `error` frame that came before, if any
 */
export function nextStep(code: number, reason: string, error: string | undefined): NextStep {
  switch (TWINS.get(code) ?? code) {
    case 1008:
      return afterError(CODE_OF_REASON.get(reason) ?? error)
    case 1012:
      return { kind: 'soon' }
    case 1013:
      return { kind: 'now' }
    case 1000:
    case 1001:
    case 1002:
    case 1009:
      return { kind: 'backoff' }
    default:
      return { kind: 'broken' }
  }
}
