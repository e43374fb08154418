import { expect, it } from 'vitest'

import { parseMessage } from '@/realtime/parse'

const event = (type: string, data: unknown) =>
  parseMessage(JSON.stringify({ type, topic: 'users/42', epoch: 'e1', offset: 1, data }))

it('reads up to which broadcast all was read, and none from who does not say', () => {
  const data = { read_at: '2030-01-01T00:00:00Z', up_to: 3 }
  expect(event('notification.read_all', { ...data, broadcasts_up_to: 7 })).toMatchObject({
    data: { up_to: 3, broadcasts_up_to: 7 },
  })
  expect(event('notification.read_all', data)).toMatchObject({ data: { broadcasts_up_to: 0 } })
})

it('takes of preferences what is on or off', () => {
  const said = event('preferences', { shopping: true, blog: false, odd: 'yes' })
  expect(said).toMatchObject({ type: 'preferences', data: { shopping: true, blog: false } })
  expect(said).not.toHaveProperty('data.odd')
})

it('keeps the progress of a job within its bar', () => {
  const job = { id: 1, title: 'Report', status: 'running', updated_at: 'x' }
  for (const [progress, shown] of [
    [0.5, 0.5],
    [7, 1],
    [-1, 0],
    ['?', 0],
    [undefined, 0],
  ])
    expect(event('job', { ...job, progress })).toMatchObject({
      type: 'job',
      data: { progress: shown, message: '', link: null },
    })
})

it.each([{}, null, { id: 1 }, { id: 1, title: 'x', status: 'melting' }])(
  'moves on over a job that it does not understand: %j',
  (data) => {
    expect(event('job', data)).toMatchObject({ type: 'other', name: 'job', offset: 1 })
  },
)
