import { badge, type Catalogue } from './en'

export const ko: Catalogue = {
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

  desktop: {
    ask: '다른 화면을 보는 동안에도 새 알림을 알려 드릴까요?',
    yes: '켜기',
    no: '다음에',
    setting: '이 기기에서 알림 받기',
    detail: '이 페이지가 가려져 있을 때 새 알림을 브라우저 밖에 보여 줘요',
    denied: '브라우저가 막고 있어요. 브라우저 설정에서 이 사이트의 알림을 허용해 주세요.',
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
    noMore: '모두 보셨어요.',
    tryAgain: '다시 시도',
    deleted: (title) => `삭제함: ${title}`,
    undo: '되돌리기',
    actionFailed: '처리하지 못했어요. 다시 시도해 주세요.',
    emptyHeading: '아직 조용하네요',
    emptyLead: '새 알림이 오면 여기 맨 위에 나타나요.',
    emptyHint: '터미널에서 ‘make demo’를 실행하거나 첫 화면의 안내를 따라 해 보세요.',
  },

  filter: {
    label: '골라 보기',
    all: '전체',
    unread: '읽지 않음',
    category: '분류',
    everyCategory: '모든 분류',
    none: '조건에 맞는 알림이 없어요.',
  },

  jobs: {
    heading: '진행 중인 작업',
    status: {
      queued: '시작을 기다리는 중',
      running: '진행 중',
      succeeded: '완료',
      failed: '실패',
      cancelled: '취소됨',
      stale: '한동안 소식이 없어요',
    },
    staleDetail: '멈췄을 수도 있어요. 다시 진행되면 여기에 나타나요.',
    percent: (percent) => `${percent}%`,
    dismiss: '숨기기',
    cancel: '취소',
    cancelling: '취소하는 중…',
    cancelFailed: '취소하지 못했어요. 다시 시도해 주세요.',
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

  toast: {
    region: '새 알림',
    announce: '새 알림',
    problem: '문제',
    close: '닫기',
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
    back: '처음으로',
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

  categories: {
    shopping: '쇼핑',
    blog: '블로그',
    prism: '작업',
    social: '사람',
    system: '시스템 공지',
  },

  startup: {
    unreachable: '서버에 연결할 수 없어요.',
    tryAgain: '다시 시도',
  },

  justNow: '방금',
}
