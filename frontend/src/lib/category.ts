/** The categories of the built-in notification types (CONTRACT §6); each has an icon and a hue. */
export type Category = 'shopping' | 'payment' | 'blog' | 'task' | 'social' | 'system'

const PREFIXES: readonly (readonly [string, Category])[] = [
  ['ORDER_', 'shopping'],
  ['DELIVERY_', 'shopping'],
  ['COUPON_', 'shopping'],
  ['TIMEDEAL_', 'shopping'],
  ['PAYMENT_', 'payment'],
  ['REFUND_', 'payment'],
  ['BLOG_', 'blog'],
  ['PRISM_', 'task'],
]

const SOCIAL: ReadonlySet<string> = new Set([
  'friend_request',
  'team_invitation',
  'verification_request',
  'comment',
  'like',
  'mention',
  'matched',
])

export function categoryOf(type: string): Category {
  if (SOCIAL.has(type)) return 'social'
  return PREFIXES.find(([prefix]) => type.startsWith(prefix))?.[1] ?? 'system'
}
