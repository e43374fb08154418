import { expect, it } from 'vitest'

import { listedSources, shownTurns, type AnswerStatus, type Turn } from '@/assistant/answers'

const source = (title: string, url = '') => ({ title, url, snippet: '' })

it('lists a document once, with the numbers of its passages', () => {
  const handbook = '/api/v1/chat/documents/1'
  const listed = listedSources([
    source('Handbook', handbook),
    source('Prices', '/api/v1/chat/documents/2'),
    source('Handbook', handbook),
    source('Your notifications'),
    source('Your notifications'),
  ])
  expect(listed.map(({ title, numbers }) => [title, ...numbers])).toEqual([
    ['Handbook', 1, 3],
    ['Prices', 2],
    ['Your notifications', 4, 5],
  ])
})

it('lists two documents of one title apart', () => {
  expect(listedSources([source('FAQ', '/a'), source('FAQ', '/b')])).toHaveLength(2)
})

const turn = (message_id: string, status: AnswerStatus, answers: string | null = 'q'): Turn => ({
  message_id,
  role: answers ? 'assistant' : 'user',
  content: '',
  sources: [],
  status,
  answers,
  last_event_id: null,
  error: null,
  rating: null,
})

it.each<[AnswerStatus[], number]>([
  [['complete'], 0],
  [['complete', 'complete'], 1],
  [['complete', 'streaming'], 1],
  [['complete', 'stopped'], 0],
  [['complete', 'failed', 'interrupted'], 0],
  [['failed', 'stopped'], 1],
  [['stopped', 'complete', 'stopped'], 1],
])('of answers that are %s shows number %i', (statuses, wanted) => {
  const answers = statuses.map((status, index) => turn(`a${index}`, status))
  const shown = shownTurns([turn('q', 'complete', null), ...answers])
  expect(shown.map(({ message_id }) => message_id)).toEqual(['q', `a${wanted}`])
})
