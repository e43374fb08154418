/** The words of a room's members and settings, loaded with that dialog. */

import { text } from './index'
import { isolating } from './isolating'

const en = {
  lead: 'See who’s in this room and how it’s set up.',
  leadMember: 'See who’s in this room.',
  parts: 'Members or settings',
  members: (count: number) => `Members (${count})`,
  settings: 'Settings',
  failed: 'That did not work. Please try again.',

  invite: {
    label: 'Invite by name',
    invite: 'Invite',
    inside: 'In the room',
    done: (name: string) => `${name} is in the room now.`,
    banned: (name: string) => `${name} has been banned from this room.`,
  },

  list: {
    heading: 'All members',
    you: 'you',
    actions: (name: string) => `Actions for ${name}`,
    promote: 'Make a moderator',
    demote: 'Remove as moderator',
    handOver: 'Transfer ownership…',
    block: 'Block…',
    unblock: 'Unblock…',
    remove: 'Remove from the room…',
  },

  handOver: {
    heading: (name: string) => `Transfer ownership to ${name}?`,
    lead: (name: string) =>
      `Only ${name} will be able to change roles or delete the room. You’ll stay on as a moderator.`,
    sure: 'Transfer',
  },
  remove: {
    heading: (name: string) => `Remove ${name}?`,
    lead: (name: string, isOpen: boolean) =>
      isOpen
        ? `${name} will no longer see this room’s messages. The room is open, so they can join again.`
        : `${name} will no longer see this room’s messages until someone invites them again.`,
    sure: 'Remove',
  },

  block: {
    heading: (name: string) => `Block ${name}?`,
    about: (name: string) => `About ${name}`,
    lead: 'You can’t message each other directly and won’t be matched. They can’t find you by name, and their messages don’t notify you. In rooms you share you still see each other’s messages, but not whether the other is there. They won’t be notified.',
    block: 'Block',
    unblock: 'Unblock',
    blocked: (name: string) => `You have blocked ${name}.`,
    unblocked: (name: string) => `${name} is not blocked.`,
  },

  form: {
    name: 'Name',
    isOpen: 'Anyone can join',
    timer: 'Focus timer',
    work_s: 'Focus (minutes)',
    break_s: 'Break (minutes)',
    long_break_s: 'Long break (minutes)',
    cycles: 'Focus sessions before a long break',
    control: 'Who controls the timer',
    owner: 'Only the owner',
    everybody: 'All members',
    save: 'Save',
    saved: 'Saved.',
    refused: 'Nothing was saved. Please check the marked fields.',
    wrong: {
      name: 'Enter a name of up to 100 characters.',
      open: 'This cannot be changed.',
      work_s: 'Enter more than 0 and at most 1440 minutes.',
      break_s: 'Enter more than 0 and at most 1440 minutes.',
      long_break_s: 'Enter more than 0 and at most 1440 minutes.',
      cycles: 'Enter a whole number from 1 to 100.',
      timer_control: 'Choose one of the two.',
    },
  },

  takeDown: {
    open: 'Delete room…',
    detail: 'Deletes the room and all its messages for everyone.',
    heading: (name: string) => `Delete “${name}”?`,
    lead: 'The room and all its messages will be deleted for everyone. This cannot be undone.',
    sure: 'Delete room',
  },
}

type Words = typeof en

const ko: Words = {
  lead: '멤버를 확인하고 방 설정을 바꿀 수 있어요.',
  leadMember: '이 방의 멤버예요.',
  parts: '멤버 또는 설정',
  members: (count) => `멤버 (${count})`,
  settings: '설정',
  failed: '처리하지 못했어요. 다시 시도해 주세요.',

  invite: {
    label: '이름으로 초대',
    invite: '초대',
    inside: '참여 중',
    done: (name) => `${name} 님이 방에 들어왔어요.`,
    banned: (name) => `${name} 님은 이 방에 들어올 수 없도록 차단되었어요.`,
  },

  list: {
    heading: '모든 멤버',
    you: '나',
    actions: (name) => `${name} 님 관리`,
    promote: '관리자로 지정',
    demote: '관리자 해제',
    handOver: '방장 위임…',
    block: '차단하기…',
    unblock: '차단 해제…',
    remove: '방에서 내보내기…',
  },

  handOver: {
    heading: (name) => `${name} 님에게 방장을 위임할까요?`,
    lead: (name) => `앞으로 역할 지정과 방 삭제는 ${name} 님만 할 수 있어요. 나는 관리자로 남아요.`,
    sure: '위임하기',
  },
  remove: {
    heading: (name) => `${name} 님을 내보낼까요?`,
    lead: (name, isOpen) =>
      isOpen
        ? `${name} 님은 더 이상 이 방의 대화를 볼 수 없어요. 누구나 들어올 수 있는 방이라 다시 들어올 수는 있어요.`
        : `${name} 님은 다시 초대받기 전까지 이 방의 대화를 볼 수 없어요.`,
    sure: '내보내기',
  },

  block: {
    heading: (name) => `${name} 님을 차단할까요?`,
    about: (name) => `${name} 님`,
    lead: '차단하면 서로 1:1 메시지를 보낼 수 없고, 새로운 사람 만나기에서도 연결되지 않아요. 상대는 이름으로 나를 찾을 수 없고, 상대의 메시지는 더 이상 알림으로 오지 않아요. 함께 있는 방에서는 서로의 메시지가 계속 보이지만, 접속 여부는 표시되지 않아요. 상대에게는 알리지 않아요.',
    block: '차단',
    unblock: '차단 해제',
    blocked: (name) => `${name} 님을 차단했어요.`,
    unblocked: (name) => `${name} 님은 차단되어 있지 않아요.`,
  },

  form: {
    name: '이름',
    isOpen: '누구나 들어올 수 있어요',
    timer: '집중 타이머',
    work_s: '집중 (분)',
    break_s: '휴식 (분)',
    long_break_s: '긴 휴식 (분)',
    cycles: '긴 휴식까지 집중 횟수',
    control: '타이머를 조작하는 사람',
    owner: '방장만',
    everybody: '모든 멤버',
    save: '저장',
    saved: '저장했어요.',
    refused: '저장하지 못했어요. 표시된 곳을 확인해 주세요.',
    wrong: {
      name: '이름을 100자 이내로 입력해 주세요.',
      open: '이 설정은 바꿀 수 없어요.',
      work_s: '0분보다 길고 1440분을 넘지 않게 입력해 주세요.',
      break_s: '0분보다 길고 1440분을 넘지 않게 입력해 주세요.',
      long_break_s: '0분보다 길고 1440분을 넘지 않게 입력해 주세요.',
      cycles: '1부터 100까지의 정수를 입력해 주세요.',
      timer_control: '둘 중 하나를 골라 주세요.',
    },
  },

  takeDown: {
    open: '방 삭제…',
    detail: '모든 멤버에게서 방과 대화가 모두 삭제돼요.',
    heading: (name) => `‘${name}’ 방을 삭제할까요?`,
    lead: '모든 멤버에게서 방과 대화가 모두 삭제되며, 되돌릴 수 없어요.',
    sure: '방 삭제',
  },
}

export const words: Words = isolating(text.language === 'ko' ? ko : en)
/** For the test that compares them. */
export const CATALOGUES = { en, ko }
