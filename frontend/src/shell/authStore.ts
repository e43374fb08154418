import { defineStore } from 'pinia'
import { ref } from 'vue'

import { ApiError, authApi, http, type LocaleChange, type Me } from '@/api'
import { catalogueFor, text } from '@/i18n'
import { rememberedLocale, rememberLocale, zoneFor, type Locale } from '@/lib/locale'
import { zone } from '@/lib/time'
import type { Renewal } from '@/realtime'

import {
  forgetExpiry,
  lifetimeMs,
  onExpiryElsewhere,
  rememberedExpiry,
  rememberExpiry,
} from './accessExpiry'

/** `unreachable`: whether someone is signed in cannot be asked just now. */
export type AuthStatus = 'unknown' | 'signed-out' | 'signed-in' | 'unreachable'

/** Ahead of the expiry, so that a slow answer still comes in time. */
const RENEW_AHEAD_MS = 60_000
const RENEW_AGAIN_MS = 15_000

type RenewedListener = (access: string) => void

export const useAuth = defineStore('auth', () => {
  const status = ref<AuthStatus>('unknown')
  const user = ref<Me | null>(null)
  /** The sign-in ended without the person asking for it here. */
  const ended = ref(false)
  const listeners = new Set<RenewedListener>()
  let renewing: Promise<Renewal> | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  // Where nobody ever signed in there is nothing to renew.
  http.onUnauthorized = async () =>
    rememberedExpiry() !== undefined && (await renew()) === 'renewed'
  onExpiryElsewhere((signedOut) => {
    if (signedOut ? status.value === 'signed-in' : status.value === 'signed-out') void restore()
  })

  function scheduleRenewal(expiresAt: number | null): void {
    clearTimeout(timer)
    if (expiresAt === null) return
    const ms = Math.max(0, expiresAt - RENEW_AHEAD_MS - Date.now())
    timer = setTimeout(() => void renewOrWait(), ms)
  }

  async function renewOrWait(): Promise<void> {
    if ((await renew()) === 'unavailable')
      scheduleRenewal(Date.now() + RENEW_AHEAD_MS + RENEW_AGAIN_MS)
  }

  function accepted(access: string): void {
    const lifetime = lifetimeMs(access)
    const expiresAt = lifetime === null ? null : Date.now() + lifetime
    rememberExpiry(expiresAt)
    scheduleRenewal(expiresAt)
  }

  function forget(): void {
    clearTimeout(timer)
    timer = undefined
    forgetExpiry()
    user.value = null
    status.value = 'signed-out'
  }

  /** Takes the person's language and time zone; a page that speaks otherwise is loaded anew. */
  function know(me: Me): void {
    user.value = me
    const { language = null, time_zone = null } = me
    rememberLocale({ language, time_zone })
    // By what is remembered, which may be nothing: a page must not be loaded for ever.
    if (isOtherwise(rememberedLocale())) globalThis.location?.reload()
  }

  async function setLocale(change: LocaleChange): Promise<void> {
    know(await authApi.setLocale(change))
  }

  /** Another tab or device has changed them: what is open goes on as it is until it is loaded. */
  function receiveLocale(language: string | null, time_zone: string | null): void {
    if (user.value) user.value = { ...user.value, language, time_zone }
    rememberLocale({ language, time_zone })
  }

  /** Asks the server who the cookie belongs to. */
  async function restore(): Promise<void> {
    try {
      know(await authApi.me())
      status.value = 'signed-in'
      if (timer === undefined) scheduleRenewal(rememberedExpiry() ?? null)
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) forget()
      else if (status.value !== 'signed-in') status.value = 'unreachable'
    }
  }

  async function signIn(username: string, password: string): Promise<void> {
    const { access } = await authApi.signIn(username, password)
    ended.value = false
    const me = await authApi.me()
    accepted(access)
    know(me)
    status.value = 'signed-in'
  }

  async function signOut(): Promise<void> {
    try {
      await authApi.signOut()
    } catch (error) {
      // Signed out already, from elsewhere: that is what was asked for.
      if (!(error instanceof ApiError) || error.status !== 401) throw error
    }
    forget()
  }

  /** A new access cookie by the refresh cookie; one request at a time, across tabs if possible. */
  function renew(): Promise<Renewal> {
    renewing ??= exclusively(renewOnce).finally(() => {
      renewing = null
    })
    return renewing
  }

  async function renewOnce(): Promise<Renewal> {
    try {
      const { access } = await authApi.refresh()
      accepted(access)
      for (const listener of listeners) listener(access)
      return 'renewed'
    } catch (error) {
      if (!(error instanceof ApiError && [400, 401, 403].includes(error.status)))
        return 'unavailable'
      if (status.value === 'signed-in') {
        ended.value = true
        forget()
      }
      return 'signed-out'
    }
  }

  /** Passes each fresh access token on, once; nobody keeps it. */
  function onRenewed(listener: RenewedListener): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  return {
    status,
    user,
    ended,
    restore,
    signIn,
    signOut,
    setLocale,
    receiveLocale,
    renew,
    onRenewed,
  }
})

/** Whether a page that is opened now would speak another language, or tell times of another zone. */
function isOtherwise({ language, time_zone }: Locale): boolean {
  return (
    (language !== null && catalogueFor([language]).language !== text.language) ||
    (time_zone !== null && zoneFor(time_zone) !== zone)
  )
}

async function exclusively<T>(run: () => Promise<T>): Promise<T> {
  // Only in secure contexts; without it the server's 30 s of grace covers two tabs.
  const locks: LockManager | undefined = globalThis.navigator?.locks
  return locks ? locks.request('bellwire.renew', run) : run()
}
