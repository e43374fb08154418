import { vi } from 'vitest'

export interface Call {
  readonly method: string
  readonly path: string
  readonly csrf: string | null
  readonly body: unknown
  /** Whether it outlives its page. */
  readonly keepalive: boolean
}

type Answer =
  | readonly [status: number, body?: unknown, headers?: Readonly<Record<string, string>>]
  | 'no network'
type Script = (call: Call, nth: number) => Answer | Promise<Answer>

/** Answers every fetch by `script`, which is told how many calls this one follows. */
export function scriptFetch(script: Script): Call[] {
  const calls: Call[] = []
  vi.stubGlobal('fetch', async (address: string, init: RequestInit) => {
    const call = {
      method: init.method ?? 'GET',
      path: address.replace('/api/v1', ''),
      csrf: new Headers(init.headers).get('X-CSRFToken'),
      body: typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : null,
      keepalive: init.keepalive ?? false,
    }
    calls.push(call)
    const answer = await script(call, calls.length - 1)
    if (answer === 'no network') throw new TypeError('Failed to fetch')
    const [status, body, headers = {}] = answer
    return status === 204
      ? new Response(null, { status })
      : Response.json(body ?? {}, { status, headers })
  })
  return calls
}

export const paths = (calls: readonly Call[]) =>
  calls.map(({ method, path }) => `${method} ${path}`)
