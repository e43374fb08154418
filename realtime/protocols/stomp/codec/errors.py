"""The only error of STOMP: an ERROR frame, after which the connection ends."""


class StompError(Exception):
    """Sent to the client as an ERROR frame.

    message    its `message` header: the error in one line, without a colon, which legacy clients
               show in its escaped form
    detail     its body, where there is more to say
    receipt    the `receipt` header of the frame that failed, sent back as `receipt-id`
    too_large  a size limit was exceeded, which the following close reports
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
    """Return a client's own text for use in an error message: shortened, and on one line."""
    return repr(text if len(text) <= 64 else f"{text[:64]}…")
