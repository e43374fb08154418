/** What a close means for a client: one decision, without a socket. */

export type Refusal = 'SIGNED_OUT' | 'FORBIDDEN' | 'NOT_FOUND' | 'REFUSED'

export type NextStep =
  /** Renew the credential over REST, then return at once. */
  | { readonly kind: 'renew' }
  /** Return at once. */
  | { readonly kind: 'now' }
  /** Return soon, each client at another moment: the instance is going away under all of them. */
  | { readonly kind: 'soon' }
  | { readonly kind: 'backoff' }
  /** Coming back would change nothing. */
  | { readonly kind: 'stop'; readonly refusal: Refusal }

// daphne can send neither 1008 and its like nor a reason: it sends 4008 and its like.
const TWINS: ReadonlyMap<number, number> = new Map(
  [1001, 1008, 1009, 1012, 1013].map((code) => [code + 3000, code]),
)

const CODE_OF_REASON: Readonly<Record<string, string>> = {
  'Token expired': 'TOKEN_EXPIRED',
  'Too many connections': 'TOO_MANY_CONNECTIONS',
  'Rate limited': 'RATE_LIMITED',
  'Invalid token': 'AUTH_ERROR',
  'Signed out': 'AUTH_ERROR',
  Forbidden: 'FORBIDDEN',
  'Not found': 'NOT_FOUND',
}

function afterPolicyClose(error: string | undefined): NextStep {
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
      return afterPolicyClose(CODE_OF_REASON[reason] ?? error)
    case 1012:
      return { kind: 'soon' }
    case 1013:
      return { kind: 'now' }
    default:
      return { kind: 'backoff' }
  }
}
