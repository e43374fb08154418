import type { Category } from '@/lib/category'

export type IconName =
  | Category
  | 'payment'
  | 'bell'
  | 'check'
  | 'checks'
  | 'close'
  | 'trash'
  | 'settings'
  | 'sign-out'
  | 'copy'
  | 'alert'
  | 'rooms'
  | 'assistant'
  | 'back'
  | 'plus'
  | 'send'
  | 'reply'
  | 'edit'
  | 'leave'
  | 'people'
  | 'dice'
  | 'clock'
  | 'stop'
  | 'again'
  | 'thumb-up'
  | 'thumb-down'
  | 'history'
  | 'link'
  | 'down'
  | 'more'

/** Strokes on a 24 × 24 grid. */
export const ICONS: Readonly<Record<IconName, readonly string[]>> = {
  bell: [
    'M6 9.5a6 6 0 0 1 12 0c0 5.5 2.25 7 2.25 7H3.75S6 15 6 9.5Z',
    'M10 20a2.3 2.3 0 0 0 4 0',
  ],
  check: ['m5 12.5 4.5 4.5L19 7.5'],
  checks: ['m2.5 12.5 4 4L15 8', 'm12 15.5 1 1L21.5 8'],
  close: ['M6 6l12 12', 'M18 6 6 18'],
  trash: ['M4.5 7h15', 'M9.5 7V4.5h5V7', 'm6.5 7 .8 12.5h9.4L17.5 7', 'M10 11v5', 'M14 11v5'],
  settings: ['M4 7.5h9', 'M18.5 7.5H20', 'M13 5h5.5v5H13z', 'M4 16.5h1.5', 'M11 16.5h9', 'M5.5 14H11v5H5.5z'],
  'sign-out': ['M14.5 4.5h-8v15h8', 'M10.5 12h10', 'm17 8.5 3.5 3.5-3.5 3.5'],
  copy: ['M9 9h10.5v10.5H9z', 'M15 9V4.5H4.5V15H9'],
  rooms: ['M4 5h12.5v8.5H9.5L6 16.5v-3H4z', 'M19 9h1.5v8.5H18V20l-3-2.5H10V16'],
  assistant: [
    'm11 3.5 1.8 5.2 5.2 1.8-5.2 1.8-1.8 5.2-1.8-5.2L4 10.5l5.2-1.8z',
    'm18.5 15 .8 2.2 2.2.8-2.2.8-.8 2.2-.8-2.2-2.2-.8 2.2-.8z',
  ],
  back: ['M19.5 12h-15', 'm10.5 6-6 6 6 6'],
  plus: ['M12 5v14', 'M5 12h14'],
  send: ['M4 12 20 4.5l-5 15.5-3.5-6.5z', 'm11.5 13.5 8.5-9'],
  reply: ['m9 5.5-5.5 5.5L9 16.5', 'M4 11h9.5c4 0 6.5 2.5 6.5 7.5'],
  edit: ['M4.5 19.5l1-4.5L16 4.5l3.5 3.5L9 18.5z', 'm13.5 7 3.5 3.5'],
  leave: ['M9.5 4.5h8v15h-8', 'M13.5 12H3.5', 'm7 8.5-3.5 3.5L7 15.5'],
  people: [
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z',
    'M2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6',
    'M16 4.4a3.5 3.5 0 0 1 0 6.2',
    'M17.8 14.4c2.2.9 3.7 2.9 3.7 5.6',
  ],
  dice: ['M4.5 4.5h15v15h-15z', 'M8.5 8.5v.1', 'M15.5 8.5v.1', 'M12 12v.1', 'M8.5 15.5v.1', 'M15.5 15.5v.1'],
  clock: ['M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17Z', 'M12 7.5V12l3 2'],
  stop: ['M7 7h10v10H7z'],
  again: ['M19.5 12a7.5 7.5 0 1 1-2.5-5.6', 'M19.5 3.5v4h-4'],
  'thumb-up': ['M4 11h3.5v8.5H4z', 'M7.5 11.5 11 4c1.7 0 2.5 1 2.5 2.5V10H19c1 0 1.5.8 1.3 1.7l-1.5 6.5c-.2.8-.8 1.3-1.6 1.3H7.5'],
  'thumb-down': ['M4 4.5h3.5V13H4z', 'M7.5 12.5 11 20c1.7 0 2.5-1 2.5-2.5V14H19c1 0 1.5-.8 1.3-1.7l-1.5-6.5c-.2-.8-.8-1.3-1.6-1.3H7.5'],
  history: ['M4.5 12a7.5 7.5 0 1 0 2.5-5.6', 'M4.5 3.5v4h4', 'M12 8v4.2l2.8 1.8'],
  link: ['M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1', 'M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1'],
  down: ['M12 5v14', 'm6 13 6 6 6-6'],
  more: ['M5.5 11.9v.2', 'M12 11.9v.2', 'M18.5 11.9v.2'],
  alert: ['M12 4 2.8 19.5h18.4L12 4Z', 'M12 10v4.5', 'M12 17.2v.1'],
  shopping: ['m12 3.5 8 4.25v8.5l-8 4.25-8-4.25v-8.5l8-4.25Z', 'm4 7.75 8 4.25 8-4.25', 'M12 12v8.5'],
  payment: ['M3.5 6.5h17v11.5h-17z', 'M3.5 10.5h17', 'M7 14.5h3.5'],
  blog: ['M4 5h16v11.5h-8.5L7.5 20v-3.5H4z', 'M8 9h8', 'M8 12.5h5'],
  prism: ['m12 3.5 1.9 5.6 5.6 1.9-5.6 1.9L12 18.5l-1.9-5.6L4.5 11l5.6-1.9z', 'M19 16.5v4', 'M17 18.5h4'],
  social: [
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z',
    'M2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6',
    'M16 4.4a3.5 3.5 0 0 1 0 6.2',
    'M17.8 14.4c2.2.9 3.7 2.9 3.7 5.6',
  ],
  system: ['M4 9.5v5h3.5L16 19V5L7.5 9.5z', 'M19 9.5a3.5 3.5 0 0 1 0 5'],
}

/** The names of icons that types may have come from a deployment's settings. */
export const isIcon = (name: string): name is IconName => Object.hasOwn(ICONS, name)
