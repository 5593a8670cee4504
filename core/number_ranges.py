"""Rising whole numbers in few words: 2, 4 to 9."""

from collections.abc import Iterable, Iterator
from itertools import groupby


def ranges(numbers: Iterable[int]) -> Iterator[str]:
    """Yield rising numbers, those in a row as a range: 2, 4–9."""
    for _start, items in groupby(enumerate(numbers), key=lambda item: item[1] - item[0]):
        row = [number for _place, number in items]
        yield str(row[0]) if len(row) == 1 else f"{row[0]}–{row[-1]}"
