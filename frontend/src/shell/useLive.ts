import { inject, provide, type InjectionKey } from 'vue'

import type { Said, Topic, TopicListener } from '@/realtime'

/** The part of the connection that rooms and answers use: `useRealtimeClient` has the whole. */
export interface Live {
  readonly subscribe: (topic: Topic, listener: TopicListener) => () => void
  readonly say: (
    topic: Topic,
    content: string,
    how: { clientId: string; replyTo?: number | string },
  ) => Promise<Said>
  readonly read: (topic: Topic, offset: number) => void
  readonly typing: (topic: Topic) => void
  /** Whether it carries what is not logged: a poll does not, and nothing does while it is lost. */
  readonly isPushed: () => boolean
  /** Milliseconds since 1970 by the server's clock. */
  readonly serverNow: () => number
}

const KEY: InjectionKey<Live> = Symbol('live')

export const provideLive = (live: Live): void => provide(KEY, live)

/** The live connection that the portal holds for everything inside it. */
export function useLive(): Live {
  const live = inject(KEY)
  if (!live) throw new Error('useLive() is called outside the portal')
  return live
}
