"""What cycles cost within the caps of a board."""

from dataclasses import replace

from tests.lots.tariffs.board_reader.board_values import ENDLESS


def within_caps(board, costs, touched, begins):
    """Return the sum within every cap; `touched`: the number of the stay's last cycle, free or not.

    `begins`: for each cycle the kind of day on which it begins.
    """
    total = 0
    for number in costs if board.day_caps else ():
        most = [amount for days, amount in board.day_caps if begins[number] in days] or board.caps
        costs = {**costs, number: min(costs[number], most[0])}
    if board.day_caps:
        board = replace(board, caps=[])
    if not costs:
        return 0
    if board.pooled:
        return min(sum(costs.values()), board.pooled * touched, board.stay_cap)
    if board.long_caps:
        most = board.caps or [ENDLESS]
        each = {number: min(cost, most[min(number, len(most)) - 1]) for number, cost in costs.items()}
        return min(within_long_caps(each, board.long_caps), board.stay_cap)
    for number, cost in sorted(costs.items()):
        if board.so_far:
            later = max(0, number - len(board.so_far)) * board.later
            total = min(total + cost, board.so_far[min(number, len(board.so_far)) - 1] + later)
        elif board.caps:
            total += min(cost, board.caps[min(number, len(board.caps)) - 1])
        else:
            total += cost
    return min(total, board.stay_cap)


def within_long_caps(costs, caps):
    """Return the sum of what cycles cost, each stretch of cycles within its cap, the shortest first."""
    size = 1
    for cycles, amount in caps:
        sums = {}
        for number, cost in costs.items():
            key = (number - 1) * size // cycles + 1
            sums[key] = sums.get(key, 0) + cost
        costs, size = {key: min(cost, amount) for key, cost in sums.items()}, cycles
    return sum(costs.values())
