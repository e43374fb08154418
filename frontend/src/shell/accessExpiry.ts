/**
 * When the access token runs out: the token's only trace in JavaScript, and no secret.
 *
 * Kept beyond a reload, because the cookie itself cannot be read.
 */

const KEY = 'bellwire.access-expires-at'

/** Milliseconds that the token is good for, read from a JWT's `iat` and `exp`; null if it has none. */
export function lifetimeMs(jwt: string): number | null {
  const payload = jwt.split('.')[1]
  if (!payload) return null
  try {
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as unknown
    const { exp, iat } = claims as { exp?: unknown; iat?: unknown }
    // The difference, not `exp` itself: this machine's clock need not agree with the server's.
    return typeof exp === 'number' && typeof iat === 'number' ? (exp - iat) * 1000 : null
  } catch {
    return null
  }
}

/** `at` in milliseconds since 1970, null if unknown. */
export function rememberExpiry(at: number | null): void {
  try {
    localStorage.setItem(KEY, String(at ?? 0))
  } catch {
    // Storage is switched off: then a TOKEN_EXPIRED tells.
  }
}

export function forgetExpiry(): void {
  try {
    localStorage.removeItem(KEY)
  } catch {
    // As above.
  }
}

/** null if it is unknown when; undefined if nobody has signed in with this browser. */
export function rememberedExpiry(): number | null | undefined {
  try {
    const stored = localStorage.getItem(KEY)
    return stored === null ? undefined : Number(stored) || null
  } catch {
    return null
  }
}

/** Calls back when another tab of this browser signs in, renews, or signs out. */
export function onExpiryElsewhere(react: (signedOut: boolean) => void): void {
  globalThis.addEventListener?.('storage', (event) => {
    if (event.key === KEY) react(event.newValue === null)
  })
}
