import { useVirtualizer } from '@tanstack/vue-virtual'
import { computed, onScopeDispose, ref, type ShallowRef, watch } from 'vue'

import { rowsAround } from './virtualRange'

/** About as high as a row with one line of message; each is measured once it is there. */
const ROW_PX = 112
/** Rows above and below what is in sight: a fast hand sees them before they are drawn. */
const OVERSCAN = 6

interface Options {
  readonly scroller: Readonly<ShallowRef<HTMLElement | null>>
  /** What scrolls with the rows, above them. */
  readonly above: Readonly<ShallowRef<HTMLElement | null>>
  /** Keys of all rows. */
  readonly keys: () => readonly string[]
  /** The place of the row that has the focus, or -1. */
  readonly focused: () => number
}

/** Of many rows of different heights, those that have to stand in the page, and where. */
export function useVirtualRows({ scroller, above, keys, focused }: Options) {
  const margin = ref(0)
  const all = computed(keys)
  const isScrolledAway = (): boolean => (scroller.value?.scrollTop ?? 0) > margin.value

  const virtualizer = useVirtualizer<HTMLElement, HTMLElement>(
    computed(() => {
      const rows = all.value
      const place = focused()
      return {
        count: rows.length,
        getItemKey: (index: number) => rows[index] ?? index,
        getScrollElement: () => scroller.value,
        estimateSize: () => ROW_PX,
        overscan: OVERSCAN,
        scrollMargin: margin.value,
        rangeExtractor: (range) => rowsAround(range, place),
        // Who reads further down goes on reading what they read; who looks at the top sees what comes.
        anchorTo: isScrolledAway() ? ('end' as const) : ('start' as const),
      }
    }),
  )
  /** Where the last event of scrolling left it. */
  let told = 0
  const noteScroll = (event: Event): void => {
    told = (event.currentTarget as HTMLElement).scrollTop
  }
  watch(scroller, (element, before) => {
    before?.removeEventListener('scroll', noteScroll)
    element?.addEventListener('scroll', noteScroll, { passive: true })
  })
  // Who has scrolled in this very moment is there, though the event that tells comes only before the
  // next drawing: the place from before must not be kept for them.
  watch(
    all,
    () => {
      const element = scroller.value
      if (element && element.scrollTop !== told) element.dispatchEvent(new Event('scroll'))
    },
    { flush: 'sync' },
  )
  // It kept the place before the list had grown: where one is at the end, there was no room for it.
  watch(
    all,
    () => {
      const [element, kept] = [scroller.value, virtualizer.value.scrollOffset]
      if (element && kept !== null && kept > element.scrollTop) element.scrollTop = kept
    },
    { flush: 'post' },
  )
  const inPage = computed(() => virtualizer.value.getVirtualItems())

  const observer = new ResizeObserver(() => {
    const height = above.value?.offsetHeight ?? 0
    const grown = height - margin.value
    if (scroller.value && isScrolledAway()) scroller.value.scrollTop += grown
    margin.value = height
  })
  watch(above, (element) => {
    observer.disconnect()
    if (element) observer.observe(element)
  })
  onScopeDispose(() => observer.disconnect())

  return {
    /** Of the whole list, in pixels. */
    height: computed(() => virtualizer.value.getTotalSize()),
    rows: computed(() =>
      inPage.value.map(({ index, start }) => ({ index, top: start - margin.value })),
    ),
    /** The place of the last row that is in sight; -1 if there is none. */
    last: computed(() =>
      inPage.value.length > 0 ? (virtualizer.value.range?.endIndex ?? -1) : -1,
    ),
    measure: (element: HTMLElement | null): void => virtualizer.value.measureElement(element),
    scrollTo: (index: number): void => virtualizer.value.scrollToIndex(index),
    toTop: (): void => {
      if (scroller.value) scroller.value.scrollTop = 0
      // The event that would tell comes only once the other rows are drawn.
      virtualizer.value.scrollOffset = 0
    },
  }
}
