/** Ends once, after `ms`; the time for which it is held does not count. */
export class Countdown {
  #left: number
  #since = 0
  #timer: ReturnType<typeof setTimeout> | null = null
  #over = false

  constructor(
    ms: number,
    private readonly end: () => void,
  ) {
    this.#left = ms
    this.goOn()
  }

  hold(): void {
    if (this.#timer === null) return
    clearTimeout(this.#timer)
    this.#timer = null
    this.#left -= Date.now() - this.#since
  }

  goOn(): void {
    if (this.#over || this.#timer !== null) return
    this.#since = Date.now()
    this.#timer = setTimeout(() => {
      this.stop()
      this.end()
    }, this.#left)
  }

  /** It does not end any more. */
  stop(): void {
    this.hold()
    this.#over = true
  }
}
