"""Demo notifications and jobs of an imaginary company, for development."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

PEOPLE = ("alice", "bob", "carol")


@dataclass(frozen=True, slots=True)
class Story:
    """A notification in the fields of `send` (contract §6), without recipients."""

    type: str
    title: str
    message: str
    link: str
    reference_type: str = ""
    reference_id: str = ""

    def body(self) -> dict[str, Any]:
        """Return the body of a `send`, with a routing to the same place as the link."""
        routing = {"type": self.reference_type or "page", "path": self.link, "params": {}}
        return {**asdict(self), "data": {"routing": routing}}


STORIES = (
    Story(
        "ORDER_CREATED",
        "Order #1042 received",
        "Two items, 48,000 won. We will tell you when they ship.",
        "/orders/1042",
        "order",
        "1042",
    ),
    Story(
        "PAYMENT_COMPLETED",
        "결제가 완료되었습니다",
        "주문 1042번의 결제 48,000원이 정상적으로 처리되었습니다.",
        "/orders/1042",
        "order",
        "1042",
    ),
    Story(
        "BLOG_COMMENT",
        "New comment on “Ordering events”",
        "minji: “So an auto-increment id really does skip? That explains a lot.”",
        "/blog/ordering-events#comment-9",
        "post",
        "ordering-events",
    ),
    Story(
        "PRISM_TASK_COMPLETED",
        "Sales report finished",
        "48,210 rows analysed in 3 min 12 s. The summary is ready to read.",
        "/prism/tasks/318",
        "task",
        "318",
    ),
    Story(
        "DELIVERY_STARTED",
        "배송이 시작되었습니다",
        "주문 1042번이 출발했습니다. 내일 오후에 도착할 예정입니다.",
        "/orders/1042/delivery",
        "order",
        "1042",
    ),
    Story(
        "BLOG_LIKE",
        "지훈 님이 회원님의 글을 좋아합니다",
        "“이벤트의 순서에 대하여”를 좋아하는 사람이 12명이 되었습니다.",
        "/blog/ordering-events",
        "post",
        "ordering-events",
    ),
    Story(
        "SYSTEM",
        "Maintenance on Sunday, 02:00–02:30",
        "Sign-in may be slow for a few minutes. Nothing will be lost.",
        "/status",
    ),
    Story(
        "COUPON_EXPIRING",
        "쿠폰이 곧 만료됩니다",
        "10% 할인 쿠폰이 3일 뒤에 만료됩니다.",
        "/coupons",
        "coupon",
        "SPRING10",
    ),
    Story(
        "BLOG_FOLLOW",
        "Seo-yeon follows you",
        "She writes about databases and slow mornings.",
        "/people/seoyeon",
        "user",
        "seoyeon",
    ),
    Story(
        "PRISM_TASK_FAILED",
        "번역 작업이 실패했습니다",
        "“분기 보고서.pdf”를 읽을 수 없습니다. 파일을 확인한 뒤 다시 시도해 주세요.",
        "/prism/tasks/319",
        "task",
        "319",
    ),
    Story(
        "DELIVERY_COMPLETED",
        "Delivered",
        "Order #1042 was left with the concierge at 14:20.",
        "/orders/1042/delivery",
        "order",
        "1042",
    ),
    Story(
        "TIMEDEAL_STARTED",
        "타임딜 시작!",
        "지금부터 두 시간 동안 기계식 키보드가 30% 할인됩니다.",
        "/deals/keyboards",
        "deal",
        "keyboards",
    ),
    Story(
        "mention",
        "Carol mentioned you",
        "“@you, could you look at the numbers for March?”",
        "/rooms/planning",
        "room",
        "planning",
    ),
    Story(
        "REFUND_COMPLETED",
        "Refund completed",
        "12,000 won for order #1037 is on its way to your card.",
        "/orders/1037",
        "order",
        "1037",
    ),
    Story(
        "SYSTEM",
        "새로운 기능을 소개합니다",
        "이제 알림을 한 번에 모두 읽음으로 표시할 수 있습니다.",
        "/news",
    ),
)


@dataclass(frozen=True, slots=True)
class Task:
    """A job. `steps` are its messages while it runs, `end` its last one."""

    title: str
    link: str
    steps: tuple[str, ...]
    status: str
    end: str

    def body(self) -> dict[str, Any]:
        """Return the body of a new job, without its recipient."""
        return {"title": self.title, "link": self.link}

    def reports(self) -> Iterator[dict[str, Any]]:
        """Yield the bodies of its reports, in order."""
        count = len(self.steps) * _REPORTS_PER_STEP
        for number in range(count):
            message = self.steps[number // _REPORTS_PER_STEP]
            yield {
                "status": "running",
                "progress": round((number + 1) / (count + 1), 3),
                "message": message,
            }
        yield {"status": self.status, "message": self.end}


# Several per step, so that the bar moves while the message stays.
_REPORTS_PER_STEP = 5
TASKS = (
    Task(
        "Sales report for October",
        "/prism/tasks/320",
        ("Reading 48,210 rows", "Comparing with September", "Drawing the charts"),
        "succeeded",
        "48,210 rows analysed. The summary is ready to read.",
    ),
    Task(
        "분기 보고서 번역",
        "/prism/tasks/321",
        ("문서를 읽는 중", "12쪽 가운데 7쪽을 번역하는 중"),
        "failed",
        "8쪽의 표를 읽을 수 없습니다. 파일을 확인한 뒤 다시 시도해 주세요.",
    ),
    Task(
        "Export of all orders of 2025",
        "/exports/77",
        ("Collecting orders", "Packing 3 files", "Uploading"),
        "succeeded",
        "Three files, 84 MB. The link is good for a week.",
    ),
)
