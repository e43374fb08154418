import type { Environment } from '../environment'
import type { Rest } from '../rest'
import type { Times } from '../times'
import type { OpenLine, TransportName } from './line'
import { longPollingLine } from './longPolling'
import { sseLine } from './sse'
import { webSocketLine } from './websocket'

/** How each transport is opened. */
export function linesOf(
  env: Environment,
  rest: Rest,
  times: Times,
  userId: () => string,
): Readonly<Record<TransportName, OpenLine>> {
  return {
    websocket: webSocketLine(env, rest, userId),
    sse: sseLine(rest),
    'long-polling': longPollingLine(rest, times.poll),
  }
}
