import { toJob, type Job, type JobId } from '@/realtime'

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

  /** Ask its service to end it. Returns the job as it is then. */
  async requestCancel(id: JobId): Promise<Job | null> {
    return toJob(await this.http.request('POST', `/jobs/${id}/cancel`))
  }
}
