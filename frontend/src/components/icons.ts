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
