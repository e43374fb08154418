/** The other end of the client's requests, as the test wants it. */

type Answer = Response | Promise<Response>
type Handler = (request: ScriptedRequest) => Answer

export interface ScriptedRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
  readonly headers: Headers
  readonly signal: AbortSignal | null
  /** Whether it outlives its page. */
  readonly keepalive: boolean
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
  })

/** No path answers before it is told to: then it is as if the network were away. */
export class ScriptedHttp {
  readonly requests: ScriptedRequest[] = []
  readonly #handlers = new Map<string, Handler>()

  on(path: string, handler: Handler): this {
    this.#handlers.set(path, handler)
    return this
  }

  off(path: string): void {
    this.#handlers.delete(path)
  }

  asked(path: string): ScriptedRequest[] {
    return this.requests.filter((request) => request.path === path)
  }

  async fetch(address: string, init: RequestInit): Promise<Response> {
    const url = new URL(address)
    const request = {
      method: init.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      body: typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : null,
      headers: new Headers(init.headers),
      signal: init.signal ?? null,
      keepalive: init.keepalive ?? false,
    }
    this.requests.push(request)
    const handler = this.#handlers.get(url.pathname)
    if (!handler) throw new TypeError('Failed to fetch')
    return handler(request)
  }
}

/** A stream of server-sent events that the test writes. */
export class ScriptedStream {
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null
  abandoned = false

  /** The answer to hand to the client. */
  answer({ signal }: ScriptedRequest): Response {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller
      },
    })
    signal?.addEventListener('abort', () => {
      this.abandoned = true
      this.#controller?.error(signal.reason)
    })
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } })
  }

  writes(text: string): void {
    if (!this.abandoned) this.#controller?.enqueue(new TextEncoder().encode(text))
  }

  /** `id:` alone: the first block, and each heartbeat. */
  stands(at: string): void {
    this.writes(`id: ${at}\n\n`)
  }

  says(at: string, message: object): void {
    this.writes(`id: ${at}\ndata: ${JSON.stringify(message)}\n\n`)
  }

  ends(): void {
    this.#controller?.close()
  }
}
