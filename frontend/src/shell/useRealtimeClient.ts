import { onScopeDispose, readonly, shallowRef } from 'vue'

import { RealtimeClient, type ConnectionState, type RealtimeEvent } from '@/realtime'

import { useAuth } from './authStore'
import type { Live } from './useLive'

interface Listeners {
  readonly onEvent: (event: RealtimeEvent) => void
  readonly onGap: () => void
}

/** Not oftener than this a refusal is answered by asking for a new credential. */
const ASK_AGAIN_MS = 30_000

/** The live connection of the person who is signed in, for as long as the calling scope lives. */
export function useRealtimeClient({ onEvent, onGap }: Listeners) {
  const auth = useAuth()
  const state = shallowRef<ConnectionState>({ status: 'idle' })
  let askedAt = Number.NEGATIVE_INFINITY

  const client = new RealtimeClient({
    renew: auth.renew,
    onEvent,
    onGap,
    onState(next) {
      state.value = next
      if (next.status === 'refused' && next.refusal === 'SIGNED_OUT') void askAgain()
      // Someone else has signed in, in another tab: ask who this page belongs to now.
      if (next.status === 'connected' && next.userId !== String(auth.user?.id)) void auth.restore()
    },
  })

  /** An admin may have cut the connection alone: the sign-in, if it still is one, starts another. */
  async function askAgain(): Promise<void> {
    if (Date.now() - askedAt < ASK_AGAIN_MS) return
    askedAt = Date.now()
    if ((await auth.renew()) === 'renewed' && state.value.status === 'refused') client.retry()
  }

  const forgetListener = auth.onRenewed((access) => client.refresh(access))
  const stop = () => client.stop()
  onScopeDispose(() => {
    forgetListener()
    stop()
  })
  client.start()

  const live: Live = {
    subscribe: (topic, listener) => client.subscribe(topic, listener),
    say: (topic, content, how) => client.say(topic, content, how),
    read: (topic, offset) => client.read(topic, offset),
    typing: (topic) => client.typing(topic),
    isPushed: () => state.value.status === 'connected' && state.value.transport !== 'long-polling',
    serverNow: () => client.serverNow(),
  }

  return {
    live,
    state: readonly(state),
    retry: () => client.retry(),
    stop,
    start: () => client.start(),
  }
}
