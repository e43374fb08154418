import { expect, it } from 'vitest'

import { rowsAround } from '@/ui/virtualRange'

const inSight = { startIndex: 50, endIndex: 52, overscan: 1, count: 100 }

it.each([
  ['where none has the focus', -1, [49, 50, 51, 52, 53]],
  ['also where one in sight has it', 51, [49, 50, 51, 52, 53]],
  ['and the focused one above with its neighbours', 7, [6, 7, 8, 49, 50, 51, 52, 53]],
  ['and the one below', 80, [49, 50, 51, 52, 53, 79, 80, 81]],
  ['and one beside them once', 54, [49, 50, 51, 52, 53, 54, 55]],
  ['and the first', 0, [0, 1, 49, 50, 51, 52, 53]],
  ['and the last', 99, [49, 50, 51, 52, 53, 98, 99]],
])('has the rows in sight %s', (_case, focused, expected) => {
  expect(rowsAround(inSight, focused)).toEqual(expected)
})
