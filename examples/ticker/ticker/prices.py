from realtime import ErrorCode, Principal, RealtimeError, TopicPolicy, publish, unit_of_work

SYMBOLS = ("BELL", "WIRE")


class PricePolicy(TopicPolicy):
    """Everybody who has signed in may read `prices/BELL` and `prices/WIRE`."""

    def authorize(self, principal: Principal, topic_id: str) -> None:
        if topic_id not in SYMBOLS:
            raise RealtimeError(ErrorCode.NOT_FOUND, f"Unknown symbol {topic_id!r}")


def publish_price(symbol: str, cents: int) -> None:
    """Log the price and deliver it to everybody who looks at the symbol, on commit."""
    with unit_of_work():
        publish(f"prices/{symbol}", "price", {"cents": cents})
