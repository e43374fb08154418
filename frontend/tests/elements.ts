/**
 * Components in a page of plain objects: enough of elements to mount what has fields and keys, to
 * press keys in it and to see what it did. No layout, no styles, no events but those that are sent.
 */

import { createRenderer, type Component } from 'vue'

interface Sent {
  readonly type: string
  readonly target: FakeElement
  defaultPrevented: boolean
  stopped: boolean
  preventDefault(): void
  stopPropagation(): void
}

export class FakeElement {
  readonly props: Record<string, unknown> = {}
  readonly children: FakeElement[] = []
  readonly listeners = new Map<string, ((event: Sent) => void)[]>()
  parentNode: FakeElement | null = null
  value = ''
  text = ''

  constructor(readonly tag: string) {}

  addEventListener(type: string, listener: (event: Sent) => void): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener])
  }

  getRootNode(): object {
    return {}
  }

  focus(): void {}

  /** Vue's text fields say by an event that a composition has ended. */
  dispatchEvent(event: { type: string }): void {
    this.send(event.type)
  }

  find(testid: string): FakeElement {
    const found = this.all().find(({ props }) => props['data-testid'] === testid)
    if (!found) throw new Error(`there is no ${testid}`)
    return found
  }

  querySelector(): null {
    return null
  }

  all(): FakeElement[] {
    return [this, ...this.children.flatMap((child) => child.all())]
  }

  /** Sends an event here and upwards, as a browser does. */
  send(type: string, init: object = {}): Sent {
    const event: Sent = {
      type,
      target: this,
      defaultPrevented: false,
      stopped: false,
      preventDefault() {
        this.defaultPrevented = true
      },
      stopPropagation() {
        this.stopped = true
      },
      ...init,
    }
    this.pass(event)
    return event
  }

  private pass(event: Sent): void {
    const { type } = event
    const handler = this.props[`on${type.charAt(0).toUpperCase()}${type.slice(1)}`]
    const handlers = Array.isArray(handler) ? handler : [handler]
    for (const each of handlers) if (typeof each === 'function') (each as (e: Sent) => void)(event)
    for (const each of this.listeners.get(type) ?? []) each(event)
    if (!event.stopped) this.parentNode?.pass(event)
  }

  /** What an input method or a keyboard leaves in a field. */
  holds(value: string): void {
    this.value = value
    this.send('input')
  }
}

function remove(node: FakeElement): void {
  const siblings = node.parentNode?.children
  siblings?.splice(siblings.indexOf(node), 1)
  node.parentNode = null
}

/** Where dialogs would be put. */
const elsewhere = new FakeElement('body')

const { createApp } = createRenderer<FakeElement, FakeElement>({
  createElement: (tag) => new FakeElement(tag),
  createText: () => new FakeElement('#text'),
  createComment: () => new FakeElement('#comment'),
  setText: (node, text) => (node.text = text),
  setElementText: (node, text) => (node.text = text),
  insert(node, parent, anchor) {
    if (node.parentNode) remove(node)
    const at = anchor ? parent.children.indexOf(anchor) : parent.children.length
    parent.children.splice(at, 0, node)
    node.parentNode = parent
  },
  remove,
  querySelector: () => elsewhere,
  parentNode: (node) => node.parentNode,
  nextSibling(node) {
    const siblings = node.parentNode?.children ?? []
    return siblings[siblings.indexOf(node) + 1] ?? null
  },
  patchProp: (node, name, _before, value: unknown) => (node.props[name] = value),
})

// Vue's text fields ask whether they have the focus.
class Nothing {}
Object.assign(globalThis, {
  Document: Nothing,
  ShadowRoot: Nothing,
  document: { activeElement: null, createEvent: () => ({ initEvent() {} }) },
})

export function mount(component: Component, props: Record<string, unknown> = {}): FakeElement {
  const page = new FakeElement('body')
  const app = createApp(component, props)
  app.mount(page)
  return page
}
