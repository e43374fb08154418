import type { Locks, TabChannel } from '@/realtime/environment'

import { ScriptedWorld } from './scriptedWorld'

interface Request {
  readonly tab: ScriptedTab
  readonly held: () => Promise<void>
  readonly settle: { done: (value: unknown) => void; fail: (error: Error) => void }
}

/** Locks and channels that a browser's tabs share. Messages arrive a microtask later, in order. */
export class ScriptedBrowser {
  readonly tabs: ScriptedTab[] = []
  readonly #held = new Map<string, Request>()
  readonly #queues = new Map<string, Request[]>()

  open(): ScriptedTab {
    const tab = new ScriptedTab(this)
    this.tabs.push(tab)
    return tab
  }

  request(
    tab: ScriptedTab,
    name: string,
    options: { signal?: AbortSignal; steal?: boolean },
    held: () => Promise<void>,
  ): Promise<unknown> {
    return new Promise((done, fail) => {
      const request = { tab, held, settle: { done, fail } }
      if (options.steal) {
        this.#held.get(name)?.settle.fail(new DOMException('stolen', 'AbortError'))
        this.#grant(name, request)
        return
      }
      const queue = this.#queues.get(name) ?? []
      this.#queues.set(name, queue)
      queue.push(request)
      options.signal?.addEventListener('abort', () => {
        if (!queue.includes(request)) return
        queue.splice(queue.indexOf(request), 1)
        fail(new DOMException('aborted', 'AbortError'))
      })
      this.#next(name)
    })
  }

  /** The browser ends a tab: nothing of it runs any longer. */
  kills(tab: ScriptedTab): void {
    tab.dead = true
    for (const connection of tab.connections) connection.abandoned = true
    for (const queue of this.#queues.values())
      queue.splice(0, queue.length, ...queue.filter((request) => request.tab !== tab))
    for (const [name, request] of [...this.#held])
      if (request.tab === tab) {
        this.#held.delete(name)
        this.#next(name)
      }
  }

  #next(name: string): void {
    if (this.#held.has(name)) return
    const request = this.#queues.get(name)?.shift()
    if (request) this.#grant(name, request)
  }

  #grant(name: string, request: Request): void {
    this.#held.set(name, request)
    queueMicrotask(() => {
      if (request.tab.dead) return
      void request.held().then((value) => {
        request.settle.done(value)
        if (this.#held.get(name) === request) this.#held.delete(name)
        this.#next(name)
      })
    })
  }
}

export class ScriptedTab extends ScriptedWorld {
  dead = false
  /** It hears and does nothing, as under an open `alert()`. */
  hangs = false
  readonly #channels = new Map<string, Set<(message: unknown) => void>>()

  constructor(private readonly browser: ScriptedBrowser) {
    super()
    this.chance = browser.tabs.length / 64
    this.locks = {
      request: (name, options, held) => browser.request(this, name, options, held),
    } satisfies Locks
  }

  override channel(name: string, onMessage: (message: unknown) => void): TabChannel {
    const mine = this.#channels.get(name) ?? new Set()
    this.#channels.set(name, mine.add(onMessage))
    return {
      post: (message) => {
        if (this.dead || this.hangs) return
        const copy = structuredClone(message)
        for (const tab of this.browser.tabs)
          if (tab !== this) queueMicrotask(() => tab.#hears(name, copy))
      },
      close: () => mine.delete(onMessage),
    }
  }

  #hears(name: string, message: unknown): void {
    if (this.dead || this.hangs) return
    for (const listener of this.#channels.get(name) ?? []) listener(message)
  }
}
