"""Amounts: fen as yuan, for pages, files and commands."""


def yuan(fen: int) -> str:
    """Return an amount in fen as yuan with two decimals: 1050 → 10.50."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def milli_yuan(milli: int) -> str:
    """Return thousandths of a fen as yuan, to the nearest fen."""
    return yuan((milli + 500) // 1000)
