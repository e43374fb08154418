/** The texts of the list of jobs. Both languages have the same keys. */

export const en = {
  jobs: {
    heading: 'In progress',
    status: {
      queued: 'Waiting to start',
      running: 'Running',
      succeeded: 'Done',
      failed: 'Failed',
      cancelled: 'Cancelled',
      stale: 'No updates for a while',
    },
    staleDetail: 'It may have stopped. If it resumes, you’ll see it here.',
    percent: (percent: number) => `${percent}%`,
    dismiss: 'Hide',
    cancel: 'Cancel',
    cancelling: 'Cancelling…',
    cancelFailed: 'This could not be cancelled. Please try again.',
  },
}

export const ko: typeof en = {
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
}
