import { expect, it } from 'vitest'

import { EventStreamParser } from '@/realtime/transports/eventStream'

const TEXT =
  'retry: 3000\n\n: beat\nid: e1:7\n\nevent: gap\ndata: {"a":\ndata: 1}\nid:e1:8\n\r\ndata\n\n'

it('reads blocks however the text is cut', () => {
  const whole = new EventStreamParser().push(TEXT)
  expect(whole).toEqual([
    { event: 'message', data: null, id: '' },
    { event: 'message', data: null, id: 'e1:7' },
    { event: 'gap', data: '{"a":\n1}', id: 'e1:8' },
    { event: 'message', data: '', id: 'e1:8' },
  ])
  for (let size = 1; size < 9; size += 1) {
    const parser = new EventStreamParser()
    const pieces = TEXT.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
    expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(whole)
  }
})

it('says nothing of a block that is not complete', () => {
  expect(new EventStreamParser().push('data: half\n')).toEqual([])
})
