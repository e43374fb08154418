/** How long the client waits for what, in milliseconds. */
export interface Times {
  /** A handshake that takes longer is stuck behind a proxy that breaks the transport. */
  readonly connect: number
  /** A pong that takes longer comes from nobody: the network changed under the connection. */
  readonly pong: number
  /** A stream on which the server's own heartbeat (15 s) is missing for so long is dead. */
  readonly silence: number
  /** How long a poll waits at the server; less than what proxies cut. */
  readonly poll: number
  /** Before the first, second … look whether a better transport works again; the last repeats. */
  readonly probe: readonly number[]
  /** Between two looks at the unread count where nothing tells it. */
  readonly unread: number
  /** A leading tab that answers nothing for so long hangs: another takes its place. */
  readonly leader: number
}

export const TIMES: Times = {
  connect: 10_000,
  pong: 10_000,
  silence: 40_000,
  poll: 25_000,
  probe: [5_000, 30_000, 60_000],
  unread: 30_000,
  leader: 10_000,
}
