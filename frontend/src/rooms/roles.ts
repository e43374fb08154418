/** Who may do what in a room (docs/contract.md §7). The server has the last word; this says what to offer. */

import type { Member, Role } from './room'

export type MemberAction = 'promote' | 'demote' | 'handOver' | 'block' | 'remove'

const RANK: Readonly<Record<Role, number>> = { member: 0, moderator: 1, owner: 2 }

/** Brings people in, sends them away, and changes what the room is called and how it works. */
export const mayModerate = (role: Role | null): boolean =>
  role !== null && RANK[role] >= RANK.moderator

/** What somebody with `role` may do with another member, the gravest last. */
export function actionsOn({ role: theirs }: Member, role: Role | null): readonly MemberAction[] {
  const found: MemberAction[] = []
  if (role === 'owner') found.push(theirs === 'moderator' ? 'demote' : 'promote', 'handOver')
  found.push('block')
  if (role !== null && mayModerate(role) && RANK[theirs] < RANK[role]) found.push('remove')
  return found
}

/** The owner, moderators, members, each by name: nobody's place depends on who is here. */
export const ranked = (members: readonly Member[]): readonly Member[] =>
  members.toSorted((a, b) => RANK[b.role] - RANK[a.role] || a.username.localeCompare(b.username))
