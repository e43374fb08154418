import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'

import AssistantPanel from '@/assistant/AssistantPanel.vue'
import { useAssistant } from '@/assistant/assistantStore'
import ConversationList from '@/assistant/ConversationList.vue'
import QuestionField from '@/assistant/QuestionField.vue'
import MessageComposer from '@/rooms/MessageComposer.vue'
import RoomSettings from '@/rooms/RoomSettings.vue'
import SignInView from '@/shell/SignInView.vue'

import { mount, type FakeElement } from '../elements'

/** What browsers send for the Enter, or another key, that ends a composition. */
const ORDERS: readonly (readonly [string, (field: FakeElement, key: string) => void])[] = [
  [
    'Chrome and Firefox: keydown before compositionend',
    (field, key) => {
      field.send('keydown', { key, keyCode: 229, isComposing: true, shiftKey: false })
      field.send('compositionend')
    },
  ],
  [
    'Safari: compositionend before keydown',
    (field, key) => {
      field.send('compositionend')
      field.send('keydown', { key, keyCode: 229, isComposing: false, shiftKey: false })
    },
  ],
]
const press = (field: FakeElement, key: string, more: object = {}) =>
  field.send('keydown', { key, keyCode: 13, isComposing: false, shiftKey: false, ...more })

describe.each(ORDERS)('%s', (_name, ends) => {
  it('the question field keeps what is composed, and sends with the next Enter', async () => {
    const onAsk = vi.fn()
    const field = mount(QuestionField, { streaming: false, refused: '', onAsk }).find('question')
    field.send('compositionstart')
    field.holds('환불은 언제')
    ends(field, 'Enter')
    await nextTick()
    expect(onAsk).not.toHaveBeenCalled()
    field.holds('환불은 언제')
    expect(press(field, 'Enter').defaultPrevented).toBe(true)
    expect(onAsk.mock.calls).toEqual([['환불은 언제']])
  })

  it('the composer keeps what is composed, and sends with the next Enter', async () => {
    const onSubmit = vi.fn()
    const props = { editing: null, replyingTo: null, onSubmit }
    const field = mount(MessageComposer, props).find('composer')
    field.send('compositionstart')
    field.holds('안녕하세')
    ends(field, 'Enter')
    await nextTick()
    expect(onSubmit).not.toHaveBeenCalled()
    field.holds('안녕하세요')
    press(field, 'Enter')
    await nextTick()
    expect(onSubmit.mock.calls).toEqual([['안녕하세요']])
  })

  it('the composer goes on editing when Escape drops what is composed', () => {
    const onUpdate = vi.fn()
    const editing = { content: '네', username: 'bob' }
    const props = { editing, replyingTo: null, 'onUpdate:editing': onUpdate }
    const field = mount(MessageComposer, props).find('composer')
    ends(field, 'Escape')
    expect(onUpdate).not.toHaveBeenCalled()
    press(field, 'Escape', { keyCode: 27 })
    expect(onUpdate.mock.calls).toEqual([[null]])
  })

  it("a conversation's title is neither submitted nor left in the middle of a syllable", async () => {
    const store = useAssistant()
    store.conversations = [
      { conversation_id: '1', title: '환불', created_at: '', updated_at: '' },
    ] as never
    const page = mount(ConversationList)
    page.find('rename-conversation').send('click')
    await nextTick()
    const field = page.find('conversation-title')
    const held: boolean[] = []
    // Behind the form's own handler: whether the browser would go on to submit.
    page.addEventListener('keydown', (event) => held.push(event.defaultPrevented))
    ends(field, 'Enter')
    press(field, 'Enter')
    expect(held).toEqual([true, false])
    ends(field, 'Escape')
    await nextTick()
    expect(page.find('conversation-title')).toBe(field)
    press(field, 'Escape', { keyCode: 27 })
    await nextTick()
    expect(() => page.find('conversation-title')).toThrow()
  })
})

describe.each(ORDERS)('%s, in a form of one line', (_name, ends) => {
  const room = { id: 1, name: '방', kind: 'group', open: false, settings: {}, members_count: 1 }
  it.each([
    ['signing in', SignInView, {}, 'username'],
    ["a room's settings", RoomSettings, { room, settings: {}, role: 'owner' }, 'setting-name'],
  ])('%s is not submitted in the middle of a syllable', (_form, component, props, testid) => {
    const page = mount(component, props)
    const held: boolean[] = []
    page.addEventListener('keydown', (event) => held.push(event.defaultPrevented))
    ends(page.find(testid), 'Enter')
    press(page.find(testid), 'Enter')
    expect(held).toEqual([true, false])
  })

  it('the assistant stays open when Escape drops what is composed', () => {
    const onClose = vi.fn()
    const field = mount(AssistantPanel, { onClose }).find('question')
    ends(field, 'Escape')
    expect(onClose).not.toHaveBeenCalled()
    press(field, 'Escape', { keyCode: 27 })
    expect(onClose).toHaveBeenCalledTimes(1)
  })
})

it('Shift and Enter start a new line', () => {
  const onAsk = vi.fn()
  const field = mount(QuestionField, { streaming: false, refused: '', onAsk }).find('question')
  field.holds('one')
  expect(press(field, 'Enter', { shiftKey: true }).defaultPrevented).toBe(false)
  expect(onAsk).not.toHaveBeenCalled()
})

beforeEach(() => {
  setActivePinia(createPinia())
  vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('no network'))
})
