import { browserLocale } from '@/lib/locale'

import type { Http } from './http'

export interface Me {
  readonly id: number | string
  readonly username: string
  readonly display_name?: string
  /** null while nothing is known; an older server does not tell. */
  readonly language?: string | null
  readonly time_zone?: string | null
}

export type LocaleChange = Partial<Record<'language' | 'time_zone', string>>

/** `refresh` is in the answer for programs; the page leaves it to its cookie. */
interface Tokens {
  readonly access: string
  readonly csrf_token?: string
}

export class AuthApi {
  constructor(private readonly http: Http) {}

  me(): Promise<Me> {
    return this.http.request<Me>('GET', '/auth/me')
  }

  setLocale(change: LocaleChange): Promise<Me> {
    return this.http.request<Me>('PATCH', '/auth/me', { body: change })
  }

  /** With what the browser is set to, for an account of which nothing is known yet. */
  async signIn(username: string, password: string): Promise<Tokens> {
    const body = { username, password, ...browserLocale() }
    return this.#taken(
      await this.http.request<Tokens>('POST', '/auth/token', { body, renew: false }),
    )
  }

  /** By the refresh cookie. */
  async refresh(): Promise<Tokens> {
    const options = { body: {}, renew: false }
    return this.#taken(await this.http.request<Tokens>('POST', '/auth/token/refresh', options))
  }

  async signOut(): Promise<void> {
    await this.http.request<null>('POST', '/auth/logout', { body: {}, renew: false })
    this.http.useCsrf('')
  }

  #taken(tokens: Tokens): Tokens {
    if (tokens.csrf_token) this.http.useCsrf(tokens.csrf_token)
    return tokens
  }
}
