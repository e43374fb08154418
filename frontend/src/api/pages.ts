/** Lists as the server gives them, a page at a time: `{results, next}` (docs/contract.md §3). */

import type { Http } from './http'

export interface Page {
  readonly results: readonly unknown[]
  readonly next: string | null
}

/** As many rows as the server gives at once. */
export const MOST = 100

/**
 * The place that `next` goes on from, behind the last row of this page. It stays right whatever is
 * added or deleted meanwhile, and for every filter of the same list. null: there is nothing behind it.
 */
export function cursorOf({ next }: Page): string | null {
  return next === null ? null : new URL(next, 'http://server').searchParams.get('cursor')
}

/** Every row of a list, with as many requests as it takes. */
export async function everyRow(http: Http, path: string): Promise<readonly unknown[]> {
  const rows: unknown[] = []
  const asked = new Set<string | null>()
  // A place that was asked for already would be asked for forever.
  for (let cursor: string | null = null; !asked.has(cursor);) {
    asked.add(cursor)
    const query = { size: MOST, cursor: cursor ?? undefined }
    const page: Page = await http.request<Page>('GET', path, { query })
    rows.push(...page.results)
    cursor = cursorOf(page)
  }
  return rows
}
