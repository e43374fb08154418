/** Every word that the portal says. Other languages must have the same keys: the compiler checks. */
export const en = {
  language: 'en',
  brand: 'Bellwire',
  title: (unread: number) => (unread > 0 ? `(${unread}) Bellwire` : 'Bellwire'),

  signIn: {
    heading: 'Welcome back',
    lead: 'Sign in, and hear the bell the moment something happens.',
    username: 'Username',
    password: 'Password',
    submit: 'Sign in',
    busy: 'Signing in…',
    wrong: 'That username and password do not match.',
    missing: 'Please fill in both fields.',
    throttled: (seconds: number | null) =>
      seconds ? `Too many tries. Please wait ${seconds} s.` : 'Too many tries. Please wait a while.',
    unreachable: 'The server cannot be reached. Please check your connection.',
    failed: 'Signing in did not work. Please try again.',
    ended: 'You were signed out. Please sign in again.',
  },

  header: {
    signOut: 'Sign out',
    signedInAs: (name: string) => `Signed in as ${name}`,
    signOutFailed: 'Signing out did not work. Please try again.',
  },

  connection: {
    connecting: 'Connecting…',
    connected: 'Connected',
    reconnecting: 'Reconnecting…',
    offline: 'Offline',
    refused: 'Stopped',
    offlineDetail: 'New notifications will show up as soon as the connection is back.',
    retry: 'Retry now',
    refusal: {
      SIGNED_OUT: 'The server ended this connection.',
      FORBIDDEN: 'The server does not allow connections from this address.',
      NOT_FOUND: 'The server does not know this feed.',
      REFUSED: 'The server refused the connection.',
    },
  },

  bell: {
    label: (unread: number) =>
      unread === 0 ? 'Notifications' : `Notifications, ${unread} unread`,
    badge: (unread: number) => (unread > 99 ? '99+' : String(unread)),
  },

  panel: {
    heading: 'Notifications',
    unread: (count: number) => (count === 0 ? 'All caught up' : `${count} unread`),
    markAllRead: 'Mark all read',
    markRead: 'Mark as read',
    delete: 'Delete',
    loadMore: 'Load more',
    loading: 'Loading…',
    isUnread: 'Unread',
    failed: 'The list could not be loaded.',
    tryAgain: 'Try again',
    actionFailed: 'That did not work. Please try again.',
    emptyHeading: 'Quiet so far',
    emptyLead: 'Your notifications will appear here, the newest on top.',
    emptyHint: 'To hear it ring, run “make demo” in a terminal, or follow the start page.',
  },

  toast: {
    region: 'New notifications',
    announce: 'New notification',
    problem: 'Problem',
    close: 'Close',
  },

  home: {
    greeting: (name: string) => `Hello, ${name}`,
    unread: (count: number) =>
      count === 1 ? 'You have one unread notification.' : `You have ${count} unread notifications.`,
    none: 'You are all caught up. New notifications arrive here by themselves, no reload needed.',
    open: 'Open notifications',
    latest: 'Latest',
    elsewhereHeading: 'Nothing to show at this address',
    elsewhere: (path: string) =>
      `A notification led you to ${path}. In your own application that page would open here.`,
    back: 'Back to the start',
  },

  newcomer: {
    heading: 'Let the bell ring',
    lead: 'Two ways to see it live. Keep this page open while you try them.',
    demoHeading: 'The demo stream',
    demo: 'Sends orders, comments and task results, a few seconds apart. In a terminal:',
    curlHeading: 'Your own message',
    curl: 'Make a key for your service, then post with curl:',
    sampleTitle: 'Your order is on its way',
    sampleMessage: 'It should arrive tomorrow before noon.',
    copy: 'Copy',
    copied: 'Copied',
  },

  categories: {
    shopping: 'Shopping',
    payment: 'Payment',
    blog: 'Blog',
    task: 'Task',
    social: 'People',
    system: 'System',
  },

  startup: {
    unreachable: 'The server cannot be reached.',
    tryAgain: 'Try again',
  },

  justNow: 'just now',
}

export type Catalogue = typeof en
