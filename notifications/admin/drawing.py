"""Positions of a chart's elements. Pure; the template renders them as SVG, styled by CSS."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

# Units of the SVG, which is scaled to the width of the page.
WIDTH = 720
ROW = 26
LABEL = 210
NUMBER = 120
HEIGHT = 220
# The labels of the axis stand on the right, beside the latest days, which a narrow page shows
# first.
LEFT, RIGHT, TOP, BOTTOM = 20, 52, 12, 26
# A date below every fifth column; more would overlap.
DATE_EVERY = 5
GRID_LINES = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle with its labels, and a hint for hovering."""

    x: float
    y: float
    width: float
    height: float
    label: str
    label_x: float
    label_y: float
    number: str
    number_x: float
    hint: str
    link: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid and its label."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart; `width` and `height` are those of the view box."""

    width: int
    height: int
    bars: Sequence[Bar]
    grid: Sequence[Line] = ()
    left: int = LEFT
    right: int = WIDTH - RIGHT


def bars(rows: Sequence[tuple[str, int, str, str, bool]]) -> Drawing:
    """Lay out horizontal bars, from rows of `(label, amount, hint, link, chosen)`."""
    most = max((amount for _, amount, *_ in rows), default=0) or 1
    room = WIDTH - LABEL - NUMBER
    drawn = []
    for place, (label, amount, hint, link, chosen) in enumerate(rows):
        length = round(room * amount / most, 1)
        y = place * ROW
        drawn.append(
            Bar(
                x=LABEL,
                y=y + 4,
                width=max(length, 1),
                height=ROW - 8,
                label=label,
                label_x=LABEL - 10,
                label_y=y + ROW / 2,
                number=f"{amount:,}",
                number_x=LABEL + length + 8,
                hint=hint,
                link=link,
                chosen=chosen,
            )
        )
    return Drawing(WIDTH, max(len(rows), 1) * ROW, drawn)


def columns(
    rows: Sequence[tuple[date, float | None, str]], *, most: float, texts: Sequence[str]
) -> Drawing:
    """Lay out columns by day, from rows of `(day, value or None, hint)`. `most` is the top of the
    axis, whose lines have the labels `texts` from the bottom up.
    """
    floor = HEIGHT - BOTTOM
    room = floor - TOP
    step = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    drawn = []
    for place, (day, value, hint) in enumerate(rows):
        height = round(room * value / most, 1) if value else 0
        x = LEFT + place * step
        # Counted back from today, the last day.
        dated = (len(rows) - 1 - place) % DATE_EVERY == 0
        drawn.append(
            Bar(
                x=round(x + step * 0.15, 1),
                y=round(floor - height, 1),
                width=round(step * 0.7, 1),
                height=height,
                label=f"{day:%b} {day.day}" if dated else "",
                label_x=round(x + step / 2, 1),
                label_y=HEIGHT - 8,
                number="",
                number_x=0,
                hint=hint,
            )
        )
    gaps = max(len(texts) - 1, 1)
    grid = [Line(round(floor - room * place / gaps, 1), text) for place, text in enumerate(texts)]
    return Drawing(WIDTH, HEIGHT, drawn, grid)


def round_up(amount: int) -> int:
    """Return the top of an axis: the next number that four lines divide into round numbers."""
    unit = 1
    while True:
        for factor in (4, 8, 12, 20, 40):
            if factor * unit >= amount:
                return factor * unit
        unit *= 10
