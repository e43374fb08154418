/** The words of a room's members and settings, loaded with that dialog. */

import { text } from './index'
import { isolating } from './isolating'

const en = {
  lead: 'Who is in this room, and how it works.',
  leadMember: 'Who is in this room.',
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
    actions: (name: string) => `What to do with ${name}`,
    promote: 'Make a moderator',
    demote: 'No longer a moderator',
    handOver: 'Hand the room over…',
    block: 'Block…',
    unblock: 'Unblock…',
    remove: 'Remove from the room…',
  },

  handOver: {
    heading: (name: string) => `Hand the room over to ${name}?`,
    lead: (name: string) =>
      `${name} will own it, and alone decide about roles and whether it is deleted. You stay as a moderator.`,
    sure: 'Hand over',
  },
  remove: {
    heading: (name: string) => `Remove ${name}?`,
    lead: (name: string, isOpen: boolean) =>
      isOpen
        ? `${name} will no longer see what is said here. The room is open: they may join again.`
        : `${name} will no longer see what is said here until somebody invites them again.`,
    sure: 'Remove',
  },

  block: {
    heading: (name: string) => `Block ${name}?`,
    about: (name: string) => `About ${name}`,
    lead: 'Once blocked, neither of you can write to the other directly, and you are not matched. They no longer find you by name, and what they say does not notify you. In rooms that you share you still see what the other writes, but not whether they are there. They are not told.',
    block: 'Block',
    unblock: 'Unblock',
    blocked: (name: string) => `You have blocked ${name}.`,
    unblocked: (name: string) => `${name} is not blocked.`,
  },

  form: {
    name: 'Name',
    isOpen: 'Anybody may join',
    timer: 'Focus timer',
    work_s: 'Focus (minutes)',
    break_s: 'Break (minutes)',
    long_break_s: 'Long break (minutes)',
    cycles: 'Focus phases until the long break',
    control: 'Who controls the timer',
    owner: 'Only the owner',
    everybody: 'All members',
    save: 'Save',
    saved: 'Saved.',
    refused: 'Nothing was saved. Please look at what is marked.',
    wrong: {
      name: 'Please give it a name of at most 100 characters.',
      open: 'This cannot be changed.',
      work_s: 'Please give more than 0 and at most 1440 minutes.',
      break_s: 'Please give more than 0 and at most 1440 minutes.',
      long_break_s: 'Please give more than 0 and at most 1440 minutes.',
      cycles: 'Please give a whole number from 1 to 100.',
      timer_control: 'Please choose one of the two.',
    },
  },

  takeDown: {
    open: 'Delete the room…',
    detail: 'For everyone, with all that was said in it.',
    heading: (name: string) => `Delete “${name}”?`,
    lead: 'It is gone for everyone, with all that was said in it. This cannot be undone.',
    sure: 'Delete the room',
  },
}

type Words = typeof en

const ko: Words = {
  lead: '누가 있는지 보고, 방을 어떻게 쓸지 정해요.',
  leadMember: '이 방에 있는 사람들이에요.',
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
    handOver: '방장 넘기기…',
    block: '차단하기…',
    unblock: '차단 해제…',
    remove: '방에서 내보내기…',
  },

  handOver: {
    heading: (name) => `${name} 님에게 방장을 넘길까요?`,
    lead: (name) => `이제 ${name} 님만 역할을 정하고 방을 삭제할 수 있어요. 나는 관리자로 남아요.`,
    sure: '넘기기',
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
    lead: '차단하면 서로 1:1 메시지를 보낼 수 없고, 새로운 사람 만나기에서도 연결되지 않아요. 상대는 이름으로 나를 찾을 수 없고, 상대가 한 말은 더는 알림으로 오지 않아요. 함께 있는 방에서는 서로 쓴 글이 계속 보이지만, 상대가 보고 있는지는 표시되지 않아요. 상대에게는 알리지 않아요.',
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
      name: '이름을 100자 이내로 적어 주세요.',
      open: '이 설정은 바꿀 수 없어요.',
      work_s: '0분보다 길고 1440분을 넘지 않게 적어 주세요.',
      break_s: '0분보다 길고 1440분을 넘지 않게 적어 주세요.',
      long_break_s: '0분보다 길고 1440분을 넘지 않게 적어 주세요.',
      cycles: '1부터 100까지의 정수를 적어 주세요.',
      timer_control: '둘 중 하나를 골라 주세요.',
    },
  },

  takeDown: {
    open: '방 삭제…',
    detail: '모든 사람에게서 대화까지 모두 사라져요.',
    heading: (name) => `‘${name}’ 방을 삭제할까요?`,
    lead: '모든 사람에게서 방과 대화가 모두 사라지고 되돌릴 수 없어요.',
    sure: '방 삭제',
  },
}

export const words: Words = isolating(text.language === 'ko' ? ko : en)
/** For the test that compares them. */
export const CATALOGUES = { en, ko }
