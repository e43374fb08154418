import { defaultRangeExtractor, type Range } from '@tanstack/vue-virtual'

/**
 * Which rows stand in the page: those in sight, and the one that has the focus with its neighbours,
 * wherever it is. So scrolling never takes the focus away, and Tab goes on to the next row from there.
 * Ascending; `focused` is -1 where no row has it.
 */
export function rowsAround(range: Range, focused: number): number[] {
  const rows = new Set(defaultRangeExtractor(range))
  if (focused >= 0)
    for (const row of [focused - 1, focused, focused + 1])
      if (row >= 0 && row < range.count) rows.add(row)
  return [...rows].sort((a, b) => a - b)
}
