/** What a REST call can fail with. `status` 0 and code NETWORK: no answer came at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError'

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** From `Retry-After`, seconds. */
    readonly retryAfterS: number | null = null,
    /** By faulty field: what is wrong with it, in the server's English. */
    readonly fields: Readonly<Record<string, unknown>> = {},
  ) {
    super(message)
  }

  static network(cause: unknown): ApiError {
    return new ApiError(0, 'NETWORK', cause instanceof Error ? cause.message : String(cause))
  }

  static async from(response: Response): Promise<ApiError> {
    const body = (await response.json().catch(() => null)) as Record<string, unknown> | null
    const text = (value: unknown, otherwise: string) =>
      typeof value === 'string' ? value : otherwise
    const wait = Number.parseInt(response.headers.get('Retry-After') ?? '', 10)
    return new ApiError(
      response.status,
      text(body?.code, 'INVALID'),
      text(body?.message, response.statusText),
      Number.isNaN(wait) ? null : wait,
      isObject(body?.errors) ? body.errors : {},
    )
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
