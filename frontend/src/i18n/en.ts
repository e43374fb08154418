/** More would not fit on the bell. */
export const badge = (unread: number): string => (unread > 99 ? '99+' : String(unread))

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
      seconds
        ? `Too many tries. Please wait ${seconds} s.`
        : 'Too many tries. Please wait a while.',
    unreachable: 'The server cannot be reached. Please check your connection.',
    failed: 'Signing in did not work. Please try again.',
    ended: 'You were signed out. Please sign in again.',
  },

  nav: {
    label: 'Main',
    home: 'Home',
    rooms: 'Rooms',
    roomsUnread: (unread: number) => (unread === 0 ? 'Rooms' : `Rooms, ${unread} unread messages`),
    assistant: 'Assistant',
    loadFailed: 'This part could not be loaded. Check your connection and reload the page.',
    reload: 'Reload',
  },

  desktop: {
    ask: 'Be told of new notifications while you look at something else?',
    yes: 'Turn on',
    no: 'Not now',
    setting: 'On this device',
    detail: 'Shows new notifications outside the browser while this page is in the background',
    denied: 'Your browser blocks them. Allow notifications for this site in its settings.',
  },

  header: {
    settings: 'Settings',
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
    // It says what is to be seen, for those who call it by that.
    label: (unread: number) =>
      unread === 0 ? 'Notifications' : `Notifications, ${badge(unread)} unread`,
    badge,
  },

  panel: {
    heading: 'Notifications',
    unread: (count: number) => (count === 0 ? 'All caught up' : `${count} unread`),
    markAllRead: 'Mark all read',
    markRead: 'Mark as read',
    delete: 'Delete',
    loading: 'Loading…',
    isUnread: 'Unread',
    forEveryone: 'To everyone',
    failure: 'Failed',
    showMore: 'Show more',
    showLess: 'Show less',
    failed: 'The list could not be loaded.',
    failedMore: 'Older ones could not be loaded.',
    noMore: 'That is all.',
    tryAgain: 'Try again',
    deleted: (title: string) => `Deleted: ${title}`,
    undo: 'Undo',
    actionFailed: 'That did not work. Please try again.',
    emptyHeading: 'Quiet so far',
    emptyLead: 'Your notifications will appear here, the newest on top.',
    emptyHint: 'To hear it ring, run “make demo” in a terminal, or follow the start page.',
  },

  filter: {
    label: 'Filter',
    all: 'All',
    unread: 'Unread',
    category: 'Category',
    everyCategory: 'All categories',
    none: 'Nothing here fits the filter.',
  },

  jobs: {
    heading: 'In progress',
    status: {
      queued: 'Waiting to start',
      running: 'Running',
      succeeded: 'Done',
      failed: 'Failed',
      cancelled: 'Cancelled',
      stale: 'Nothing heard for a while',
    },
    staleDetail: 'It may have stopped. If it goes on, you will see it here.',
    percent: (percent: number) => `${percent}%`,
    dismiss: 'Hide',
    cancel: 'Cancel',
    cancelling: 'Cancelling…',
    cancelFailed: 'This could not be cancelled. Please try again.',
  },

  settings: {
    heading: 'Settings',
    notifications: 'Notifications',
    lead: 'Kinds that are off do not ring and are not listed or counted. Turn one back on to see everything again.',
    language: 'Language',
    timeZone: 'Time zone',
    localeFailed: 'This could not be saved. Please try again.',
    alwaysOn: 'Always on',
    close: 'Close',
    loading: 'Loading…',
    failed: 'Your settings could not be loaded.',
    tryAgain: 'Try again',
    refused: (category: string, on: boolean) =>
      `“${category}” could not be switched ${on ? 'on' : 'off'}. Please try again.`,
    details: {
      shopping: 'Orders, deliveries, payments and coupons',
      blog: 'Likes, comments and followers of your posts',
      prism: 'Analyses and other work that you started',
      social: 'Friends, teams, mentions and matches',
      system: 'Maintenance and announcements',
    },
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
    emptyHeading: 'No notifications yet',
    emptyLead:
      'New ones appear here the moment they arrive. Choose what you hear about in the notification settings.',
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
    blog: 'Blog',
    prism: 'Tasks',
    social: 'People',
    system: 'System notices',
  },

  startup: {
    unreachable: 'The server cannot be reached.',
    tryAgain: 'Try again',
  },

  justNow: 'just now',
}

export type Catalogue = typeof en
