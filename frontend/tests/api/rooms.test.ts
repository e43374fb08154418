import { afterEach, expect, it, vi } from 'vitest'

import { Http } from '@/api/http'
import { RoomsApi } from '@/api/rooms'

import { scriptFetch } from '../scriptedFetch'

afterEach(() => vi.unstubAllGlobals())

function api(): RoomsApi {
  const http = new Http()
  http.useCsrf('c')
  return new RoomsApi(http)
}

it('changes a room and its members where the contract has them', async () => {
  const calls = scriptFetch(({ method, path }) =>
    method === 'PATCH' && path === '/rooms/7' ? [200, { id: 7, name: 'New' }] : [204],
  )
  const rooms = api()
  expect(await rooms.change(7, { name: 'New' })).toMatchObject({ id: 7, name: 'New' })
  await rooms.invite(7, 43)
  await rooms.giveRole(7, 43, 'owner')
  await rooms.sendAway(7, 43)
  await rooms.takeDown(7)
  await rooms.block(43)
  await rooms.unblock(43)
  expect(calls.map(({ method, path, body }) => [method, path, body])).toEqual([
    ['PATCH', '/rooms/7', { name: 'New' }],
    ['POST', '/rooms/7/members', { user_id: 43 }],
    ['PATCH', '/rooms/7/members/43', { role: 'owner' }],
    ['DELETE', '/rooms/7/members/43', null],
    ['DELETE', '/rooms/7', null],
    ['PUT', '/users/43/block', null],
    ['DELETE', '/users/43/block', null],
  ])
})

it('tells which fields were refused', async () => {
  const fields = { 'settings.cycles': ['Expected a whole number from 1 to 100.'] }
  scriptFetch(() => [400, { code: 'INVALID', message: 'Invalid input', errors: fields }])
  await expect(api().change(7, {})).rejects.toMatchObject({ status: 400, fields })
  scriptFetch(() => [409, { code: 'CONFLICT', message: 'No', errors: 'nonsense' }])
  await expect(api().change(7, {})).rejects.toMatchObject({ status: 409, fields: {} })
})
