/** The texts of the frame: signing in, navigation, connection, settings, start page. Both languages have the same keys. */

export const en = {
  language: 'en',
  brand: 'Bellwire',
  title: (unread: number) => (unread > 0 ? `(${unread}) Bellwire` : 'Bellwire'),

  signIn: {
    heading: 'Welcome back',
    lead: 'Sign in to see your notifications as they happen.',
    username: 'Username',
    password: 'Password',
    submit: 'Sign in',
    busy: 'Signing in…',
    wrong: 'That username and password do not match.',
    missing: 'Please fill in both fields.',
    throttled: (seconds: number | null) =>
      seconds
        ? `Too many attempts. Try again in ${seconds} s.`
        : 'Too many attempts. Try again later.',
    unreachable: 'The server cannot be reached. Please check your connection.',
    failed: 'Sign-in failed. Please try again.',
    ended: 'You were signed out. Please sign in again.',
  },

  nav: {
    label: 'Main',
    home: 'Home',
    rooms: 'Rooms',
    roomsUnread: (unread: number) => (unread === 0 ? 'Rooms' : `Rooms, ${unread} unread messages`),
    assistant: 'Assistant',
    loadFailed: 'This view could not be loaded. Check your connection and reload the page.',
    reload: 'Reload',
  },

  header: {
    settings: 'Settings',
    signOut: 'Sign out',
    signedInAs: (name: string) => `Signed in as ${name}`,
    signOutFailed: 'Sign-out failed. Please try again.',
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
      NOT_FOUND: 'This feed does not exist on the server.',
      REFUSED: 'The server refused the connection.',
    },
  },

  settings: {
    heading: 'Settings',
    notifications: 'Notifications',
    lead: 'Categories you turn off don’t alert you and aren’t listed or counted. Turn one back on to see everything again.',
    language: 'Language',
    timeZone: 'Time zone',
    localeFailed: 'Your change could not be saved. Please try again.',
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
      prism: 'Analyses and other tasks you started',
      social: 'Friends, teams, mentions and matches',
      system: 'Maintenance and announcements',
    },
  },

  home: {
    greeting: (name: string) => `Hello, ${name}`,
    unread: (count: number) =>
      count === 1 ? 'You have one unread notification.' : `You have ${count} unread notifications.`,
    none: 'You’re all caught up. New notifications appear here automatically.',
    open: 'Open notifications',
    latest: 'Latest',
    emptyHeading: 'No notifications yet',
    emptyLead:
      'New ones appear here as soon as they arrive. Choose what you get in the notification settings.',
    elsewhereHeading: 'Nothing to show at this address',
    elsewhere: (path: string) =>
      `A notification linked to ${path}. In your own application, that page would open here.`,
    back: 'Back to home',
  },

  newcomer: {
    heading: 'Ring the bell',
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

  startup: {
    unreachable: 'The server cannot be reached.',
    tryAgain: 'Try again',
  },

  justNow: 'just now',
}

export const ko: typeof en = {
  language: 'ko',
  brand: 'Bellwire',
  title: (unread) => (unread > 0 ? `(${unread}) Bellwire` : 'Bellwire'),

  signIn: {
    heading: '다시 만나 반가워요',
    lead: '로그인하면 새로운 소식을 바로 알려 드려요.',
    username: '사용자 이름',
    password: '비밀번호',
    submit: '로그인',
    busy: '로그인하는 중…',
    wrong: '사용자 이름 또는 비밀번호가 맞지 않아요.',
    missing: '두 칸을 모두 채워 주세요.',
    throttled: (seconds) =>
      seconds
        ? `시도가 너무 많았어요. ${seconds}초 뒤에 다시 해 주세요.`
        : '시도가 너무 많았어요. 잠시 뒤에 다시 해 주세요.',
    unreachable: '서버에 연결할 수 없어요. 인터넷 연결을 확인해 주세요.',
    failed: '로그인하지 못했어요. 다시 시도해 주세요.',
    ended: '로그아웃되었어요. 다시 로그인해 주세요.',
  },

  nav: {
    label: '주 메뉴',
    home: '홈',
    rooms: '대화방',
    roomsUnread: (unread) => (unread === 0 ? '대화방' : `대화방, 읽지 않은 메시지: ${unread}`),
    assistant: '도우미',
    loadFailed: '화면을 불러오지 못했어요. 인터넷 연결을 확인하고 페이지를 새로 고쳐 주세요.',
    reload: '새로 고침',
  },

  header: {
    settings: '설정',
    signOut: '로그아웃',
    signedInAs: (name) => `${name} 님으로 로그인됨`,
    signOutFailed: '로그아웃하지 못했어요. 다시 시도해 주세요.',
  },

  connection: {
    connecting: '연결하는 중…',
    connected: '연결됨',
    reconnecting: '다시 연결하는 중…',
    offline: '오프라인',
    refused: '연결 중단됨',
    offlineDetail: '연결이 돌아오면 새 알림이 바로 나타나요.',
    retry: '지금 다시 시도',
    refusal: {
      SIGNED_OUT: '서버가 이 연결을 끝냈어요.',
      FORBIDDEN: '이 주소에서는 서버에 연결할 수 없어요.',
      NOT_FOUND: '서버에 없는 알림 채널이에요.',
      REFUSED: '서버가 연결을 거절했어요.',
    },
  },

  settings: {
    heading: '설정',
    notifications: '알림',
    lead: '꺼 둔 알림은 울리지 않고 목록과 개수에도 나오지 않아요. 다시 켜면 모두 돌아와요.',
    language: '언어',
    timeZone: '시간대',
    localeFailed: '저장하지 못했어요. 다시 시도해 주세요.',
    alwaysOn: '항상 켜짐',
    close: '닫기',
    loading: '불러오는 중…',
    failed: '설정을 불러오지 못했어요.',
    tryAgain: '다시 시도',
    refused: (category, on) =>
      `‘${category}’ 알림을 ${on ? '켜지' : '끄지'} 못했어요. 다시 시도해 주세요.`,
    details: {
      shopping: '주문, 배송, 결제, 쿠폰',
      blog: '내 글의 좋아요, 댓글, 새 팔로워',
      prism: '직접 시작한 분석과 그 밖의 작업',
      social: '친구, 팀, 멘션, 매칭',
      system: '점검 안내와 공지',
    },
  },

  home: {
    greeting: (name) => `안녕하세요, ${name} 님`,
    unread: (count) => `읽지 않은 알림이 ${count}개 있어요.`,
    none: '모두 확인했어요. 새 알림은 새로 고치지 않아도 바로 나타나요.',
    open: '알림 열기',
    latest: '최근 알림',
    emptyHeading: '아직 알림이 없어요',
    emptyLead: '새 알림은 도착하는 즉시 여기에 나타나요. 받을 알림은 알림 설정에서 고를 수 있어요.',
    elsewhereHeading: '이 주소에는 보여 드릴 화면이 없어요',
    elsewhere: (path) =>
      `알림을 눌러 ${path} 주소로 왔어요. 실제 서비스에서는 여기에 해당 화면이 열려요.`,
    back: '홈으로',
  },

  newcomer: {
    heading: '벨을 울려 보세요',
    lead: '두 가지 방법이 있어요. 이 페이지를 열어 둔 채 해 보세요.',
    demoHeading: '데모 알림 받기',
    demo: '주문, 댓글, 작업 결과 알림을 몇 초 간격으로 보내요. 터미널에서:',
    curlHeading: '직접 보내기',
    curl: '서비스 키를 만든 다음 curl로 보내세요:',
    sampleTitle: '주문하신 상품이 출발했어요',
    sampleMessage: '내일 오전에 도착할 예정이에요.',
    copy: '복사',
    copied: '복사됨',
  },

  startup: {
    unreachable: '서버에 연결할 수 없어요.',
    tryAgain: '다시 시도',
  },

  justNow: '방금',
}
