/** The texts of the bell, the list of notifications and toasts. Both languages have the same keys. */

/** A larger number does not fit on the bell. */
const badge = (unread: number): string => (unread > 99 ? '99+' : String(unread))

export const en = {
  desktop: {
    ask: 'Get desktop notifications while this page is in the background?',
    yes: 'Turn on',
    no: 'Not now',
    setting: 'On this device',
    detail: 'Show desktop notifications while this page is in the background',
    denied:
      'Your browser is blocking notifications. Allow them for this site in your browser settings.',
  },

  bell: {
    // Contains the visible badge, so that voice control finds the button by what it shows.
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
    failed: 'Notifications could not be loaded.',
    failedMore: 'Older notifications could not be loaded.',
    noMore: 'You’ve reached the end.',
    tryAgain: 'Try again',
    deleted: (title: string) => `Deleted: ${title}`,
    undo: 'Undo',
    actionFailed: 'That did not work. Please try again.',
    emptyHeading: 'Quiet so far',
    emptyLead: 'Your notifications will appear here, the newest on top.',
    emptyHint: 'To try it out, run “make demo” in a terminal or follow the steps on the home page.',
  },

  filter: {
    label: 'Filter',
    all: 'All',
    unread: 'Unread',
    category: 'Category',
    everyCategory: 'All categories',
    none: 'No notifications match this filter.',
  },

  toast: {
    region: 'New notifications',
    announce: 'New notification',
    problem: 'Problem',
    close: 'Close',
  },

  categories: {
    shopping: 'Shopping',
    blog: 'Blog',
    prism: 'Tasks',
    social: 'People',
    system: 'System notices',
  },
}

export const ko: typeof en = {
  desktop: {
    ask: '다른 화면을 보는 동안에도 새 알림을 알려 드릴까요?',
    yes: '켜기',
    no: '다음에',
    setting: '이 기기에서 알림 받기',
    detail: '다른 화면을 보고 있을 때도 새 알림을 기기 알림으로 보여 드려요',
    denied:
      '브라우저에서 알림이 차단되어 있어요. 브라우저 설정에서 이 사이트의 알림을 허용해 주세요.',
  },

  bell: {
    label: (unread) => (unread === 0 ? '알림' : `알림, 읽지 않음: ${badge(unread)}`),
    badge,
  },

  panel: {
    heading: '알림',
    unread: (count) => (count === 0 ? '모두 읽었어요' : `읽지 않음 ${count}개`),
    markAllRead: '모두 읽음',
    markRead: '읽음으로 표시',
    delete: '삭제',
    loading: '불러오는 중…',
    isUnread: '읽지 않음',
    forEveryone: '모두에게',
    failure: '실패',
    showMore: '더 보기',
    showLess: '접기',
    failed: '목록을 불러오지 못했어요.',
    failedMore: '이전 알림을 불러오지 못했어요.',
    noMore: '알림을 모두 확인했어요.',
    tryAgain: '다시 시도',
    deleted: (title) => `삭제했어요: ${title}`,
    undo: '되돌리기',
    actionFailed: '처리하지 못했어요. 다시 시도해 주세요.',
    emptyHeading: '아직 조용하네요',
    emptyLead: '새 알림이 오면 여기 맨 위에 나타나요.',
    emptyHint: '터미널에서 ‘make demo’를 실행하거나 첫 화면의 안내를 따라 해 보세요.',
  },

  filter: {
    label: '필터',
    all: '전체',
    unread: '읽지 않음',
    category: '카테고리',
    everyCategory: '모든 카테고리',
    none: '조건에 맞는 알림이 없어요.',
  },

  toast: {
    region: '새 알림',
    announce: '새 알림',
    problem: '오류',
    close: '닫기',
  },

  categories: {
    shopping: '쇼핑',
    blog: '블로그',
    prism: '작업',
    social: '소셜',
    system: '시스템 공지',
  },
}
