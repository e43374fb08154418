"""The one thing that goes wrong in STOMP: an ERROR frame, after which the connection ends."""


class StompError(Exception):
    """Told to the client as an ERROR frame.

    message    its `message` header: the fault in one line, without a colon, which legacy clients
               show as it is escaped
    detail     its body, where there is more to say
    receipt    the `receipt` header of the frame at fault, sent back as `receipt-id`
    too_large  a limit on size was passed: the close that follows says so
    headers    further headers of the ERROR frame, such as `version` or `code`
    """

    def __init__(
        self,
        message: str,
        detail: str = "",
        receipt: str | None = None,
        too_large: bool = False,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.receipt = receipt
        self.too_large = too_large
        self.headers = headers


def quoted(text: str) -> str:
    """A client's own text as it may stand in a message to it: short, and on one line."""
    return repr(text if len(text) <= 64 else f"{text[:64]}…")
