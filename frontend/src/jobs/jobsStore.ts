import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

import { ApiError, jobsApi } from '@/api'
import type { Job, JobId } from '@/realtime'

/** So long a finished one stays: to be seen to have ended. Its notification is in the list then. */
const FINISHED_SHOWN_MS = 4_000

type Timer = ReturnType<typeof setTimeout>

const isFinished = (job: Job): boolean =>
  job.status === 'succeeded' || job.status === 'failed' || job.status === 'cancelled'

/** The job has ended, or is not the person's any more. */
const OVER: ReadonlySet<number> = new Set([404, 409])

/** What the person waits for: what is active, and for a moment what has just ended. */
export const useJobs = defineStore('jobs', () => {
  /** By id as text, the latest last. */
  const known = shallowRef<ReadonlyMap<string, Job>>(new Map())
  /** Those that have ended, so that no older word brings them back. */
  const ended = new Set<string>()
  const leaving = new Map<string, Timer>()
  /** Jobs whose events arrive while a list is under way: it may predate or outdate them. */
  let meanwhile: Set<string> | null = null
  let generation = 0

  /** The latest on top. */
  const jobs = computed(() => [...known.value.values()].toReversed())

  function keep(job: Job): void {
    known.value = new Map(known.value).set(String(job.id), job)
  }

  function drop(key: string): void {
    clearTimeout(leaving.get(key))
    leaving.delete(key)
    const left = new Map(known.value)
    left.delete(key)
    known.value = left
  }

  function receive(job: Job): void {
    const key = String(job.id)
    const before = known.value.get(key)
    if (ended.has(key) || (before && isOlder(job, before))) return
    meanwhile?.add(key)
    if (!isFinished(job)) {
      keep(job)
      return
    }
    ended.add(key)
    // One that was never seen running has nothing to show but its notification.
    if (!before) return
    keep(job)
    leaving.set(
      key,
      setTimeout(() => drop(key), FINISHED_SHOWN_MS),
    )
  }

  /** What is active now. Without an answer it stays as it is. */
  async function load(): Promise<void> {
    const mine = generation
    const heard = (meanwhile = new Set<string>())
    // What had ended by now the answer will not call active.
    ended.clear()
    try {
      const active = await jobsApi.active()
      // Another person, or a later question.
      if (mine !== generation || meanwhile !== heard) return
      const keys = new Set(active.map((job) => String(job.id)))
      for (const key of known.value.keys())
        if (!keys.has(key) && !heard.has(key) && !leaving.has(key)) drop(key)
      for (const job of active.toReversed()) receive(job)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
    } finally {
      if (meanwhile === heard) meanwhile = null
    }
  }

  /** Requests the cancellation. Returns whether the server accepted it; a job event follows. */
  async function requestCancel(id: JobId): Promise<boolean> {
    const mine = generation
    try {
      const job = await jobsApi.requestCancel(id)
      if (job && mine === generation) receive(job)
      return true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (!OVER.has(error.status)) return false
      await load()
      return true
    }
  }

  const dismiss = (id: JobId): void => drop(String(id))

  function reset(): void {
    generation += 1
    for (const timer of leaving.values()) clearTimeout(timer)
    leaving.clear()
    ended.clear()
    known.value = new Map()
    meanwhile = null
  }

  return { jobs, receive, load, requestCancel, dismiss, reset }
})

/** Compares as text: the server formats all times alike, with microseconds that a `Date` would drop. */
const isOlder = (job: Job, than: Job): boolean => job.updated_at < than.updated_at
