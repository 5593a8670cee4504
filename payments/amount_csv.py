"""Amounts in a table for a spreadsheet (`core.csv_file`)."""


class Yuan:
    """An amount of fen written as plain yuan: a number, never a formula."""

    def __init__(self, fen: int) -> None:
        self.fen = fen

    def __str__(self) -> str:
        sign, fen = ("-", -self.fen) if self.fen < 0 else ("", self.fen)
        return f"{sign}{fen // 100}.{fen % 100:02d}"
