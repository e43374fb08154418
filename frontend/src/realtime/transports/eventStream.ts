/** The parser of `text/event-stream` (HTML Living Standard, §9.2.6): text in, blocks out. */

export interface Block {
  /** `message` where the server named none. */
  readonly event: string
  /** null where the block has none: a heartbeat. */
  readonly data: string | null
  /** As it was last set, in this block or before. */
  readonly id: string
}

export class EventStreamParser {
  #rest = ''
  #event = ''
  #data: string[] = []
  #id = ''

  /** The blocks that `text` completes. */
  push(text: string): Block[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    const blocks: Block[] = []
    for (const line of lines) {
      if (line === '') blocks.push(this.#complete())
      else this.#take(line)
    }
    return blocks
  }

  #take(line: string): void {
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.#event = value
    else if (field === 'data') this.#data.push(value)
    else if (field === 'id') this.#id = value
  }

  #complete(): Block {
    const data = this.#data.length > 0 ? this.#data.join('\n') : null
    const block = { event: this.#event || 'message', data, id: this.#id }
    this.#event = ''
    this.#data = []
    return block
  }
}
