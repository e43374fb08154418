import { describe, expect, it } from 'vitest'

import { actionsOn, mayModerate, ranked } from '@/rooms/roles'
import type { Member, Role } from '@/rooms/room'

const member = (username: string, role: Role): Member => ({ user_id: username, username, role })

describe('what is offered to do with a member', () => {
  it.each<[Role | null, Role, string]>([
    ['owner', 'member', 'promote handOver block remove'],
    ['owner', 'moderator', 'demote handOver block remove'],
    ['moderator', 'member', 'block remove'],
    ['moderator', 'moderator', 'block'],
    ['moderator', 'owner', 'block'],
    ['member', 'member', 'block'],
    [null, 'member', 'block'],
  ])('by one who is %s, with one who is %s: %s', (mine, theirs, expected) => {
    expect(actionsOn(member('bob', theirs), mine).join(' ')).toBe(expected)
  })

  it('inviting and setting is for owners and moderators', () => {
    expect(['owner', 'moderator', 'member', null].map((role) => mayModerate(role as Role))).toEqual(
      [true, true, false, false],
    )
  })
})

it('lists who has most to say first, and each rank by name', () => {
  const shuffled = [
    member('dave', 'member'),
    member('carol', 'moderator'),
    member('Bob', 'member'),
    member('zoe', 'owner'),
  ]
  expect(ranked(shuffled).map(({ username }) => username)).toEqual(['zoe', 'carol', 'Bob', 'dave'])
})
