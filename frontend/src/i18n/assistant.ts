/** The words of the assistant, loaded with it. */

import { text } from './index'
import { isolating } from './isolating'

const en = {
  heading: 'Assistant',
  close: 'Close the assistant',
  history: 'Conversations',
  newConversation: 'New conversation',
  noHistory: 'No conversations yet.',
  more: 'Show more',
  untitled: 'Untitled',
  rename: 'Rename',
  renameLabel: 'Title of the conversation',
  save: 'Save',
  cancel: 'Cancel',
  delete: 'Delete',
  deleteSure: 'Delete permanently?',
  emptyHeading: 'How can I help?',
  emptyLead: 'I answer from the documents available here and show you the sources.',
  ownData: 'Use my notifications and tasks',
  ownDataDetail:
    'For questions such as “Where is my order?”. Only your own are used, and you can turn this off at any time.',
  loading: 'Loading…',
  ask: 'Ask a question',
  send: 'Ask',
  stop: 'Stop',
  you: 'You',
  assistant: 'Assistant',
  thinking: 'Looking it up…',
  regenerate: 'Regenerate',
  helpful: 'Helpful',
  notHelpful: 'Not helpful',
  sources: 'Sources',
  source: (title: string) => `Source: ${title}`,
  finished: 'The answer is complete.',
  documentGone: 'This document is not there, or not yours to read.',
  documentFailed: 'The document could not be loaded.',
  statuses: {
    stopped: 'Stopped.',
    interrupted: 'The answer was interrupted.',
    failed: 'The answer could not be completed.',
  },
  problems: {
    LOST: 'The connection was lost. Open the conversation again to see the full answer.',
    FAILED: 'That did not work. Please try again.',
    BUSY: 'Too many requests. Please try again in a moment.',
    TOO_LONG: 'Your question is too long.',
  },
}

type Words = typeof en

const ko: Words = {
  heading: '도우미',
  close: '도우미 닫기',
  history: '지난 대화',
  newConversation: '새 대화',
  noHistory: '아직 나눈 대화가 없어요.',
  more: '더 보기',
  untitled: '제목 없음',
  rename: '이름 바꾸기',
  renameLabel: '대화 제목',
  save: '저장',
  cancel: '취소',
  delete: '삭제',
  deleteSure: '완전히 삭제할까요?',
  emptyHeading: '무엇을 도와드릴까요?',
  emptyLead: '등록된 문서에서 답을 찾고, 어디에서 찾았는지 알려 드려요.',
  ownData: '내 알림과 작업도 살펴보기',
  ownDataDetail:
    '‘내 주문은 어디까지 왔어?’ 같은 질문에 답할 때 사용해요. 다른 사람의 정보는 보지 않으며, 언제든 끌 수 있어요.',
  loading: '불러오는 중…',
  ask: '질문 입력',
  send: '질문하기',
  stop: '중지',
  you: '나',
  assistant: '도우미',
  thinking: '찾아보는 중…',
  regenerate: '다시 답하기',
  helpful: '도움이 됐어요',
  notHelpful: '도움이 안 됐어요',
  sources: '출처',
  source: (title) => `출처: ${title}`,
  finished: '답변이 끝났어요.',
  documentGone: '이 문서가 없거나 볼 수 있는 권한이 없어요.',
  documentFailed: '문서를 불러오지 못했어요.',
  statuses: {
    stopped: '답변을 중지했어요.',
    interrupted: '답변이 중단됐어요.',
    failed: '답하지 못했어요.',
  },
  problems: {
    LOST: '연결이 끊겼어요. 대화를 다시 열면 전체 답변을 볼 수 있어요.',
    FAILED: '처리하지 못했어요. 다시 시도해 주세요.',
    BUSY: '요청이 너무 많아요. 잠시 뒤에 다시 시도해 주세요.',
    TOO_LONG: '질문이 너무 길어요.',
  },
}

export const words: Words = isolating(text.language === 'ko' ? ko : en)
/** For the test that compares them. */
export const CATALOGUES = { en, ko }
