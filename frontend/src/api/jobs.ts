import { toJob, type Job } from '@/realtime'

import type { Http } from './http'

interface Page {
  readonly results: readonly unknown[]
}

/** More running at once nobody can follow. */
const SIZE = 20

export class JobsApi {
  constructor(private readonly http: Http) {}

  /** Those that are queued or running, the newest first. */
  async active(): Promise<readonly Job[]> {
    const query = { active: 'true', size: SIZE }
    const answer = await this.http.request<Page>('GET', '/jobs', { query })
    return answer.results.map(toJob).filter((job) => job !== null)
  }
}
