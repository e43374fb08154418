"""Scripts that `page` runs in the browser. A time is taken in the frame after the paint."""

# From the start of the document: when parts of the page were painted, by the page's clock.
MARKS = """
window.marks = {}
const PARTS = {
  signIn: '[data-testid=sign-in]:enabled',
  bell: '[data-testid=bell]',
  latest: '.latest .item',
}
const waiting = []
const look = () => {
  for (const [name, selector] of Object.entries(PARTS))
    if (!(name in marks) && document.querySelector(selector)) {
      marks[name] = null
      requestAnimationFrame(() => setTimeout(() => {
        marks[name] = performance.now()
        waiting.forEach((each) => each())
      }))
    }
}
new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true })
new PerformanceObserver((list) => {
  for (const entry of list.getEntriesByName('first-contentful-paint')) {
    marks.paint = entry.startTime
    waiting.forEach((each) => each())
  }
}).observe({ type: 'paint', buffered: true })
window.marked = (wanted) => new Promise((resolve) => {
  const done = () => wanted.every((name) => typeof marks[name] === 'number') && resolve()
  waiting.push(done)
  done()
})
"""

CLICK = """([what, until]) => new Promise((resolve) => {
  const began = performance.now()
  const look = () => {
    if (document.querySelector(until))
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)))
    else requestAnimationFrame(look)
  }
  document.querySelector(what).click()
  look()
})"""

SCROLL = """async ([step, least]) => {
  const scroller = document.querySelector('[data-testid=notification-scroll]')
  const frame = () => new Promise(requestAnimationFrame)
  const isAtEnd = () =>
    scroller.querySelector('[data-testid=list-end]') &&
    scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1
  const taken = []
  while (taken.length < least) {
    scroller.scrollTop = 0
    let last = await frame()
    while (!isAtEnd()) {
      scroller.scrollBy(0, step)
      const now = await frame()
      taken.push(now - last)
      last = now
    }
  }
  return taken
}"""
