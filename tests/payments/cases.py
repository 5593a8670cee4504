"""Which test proves which failure case: the case's number in the payment contract, and test ids.

Each module that proves cases adds its own; `test_cases.py` checks that every id exists.
"""

_CORRECTIONS = "tests/payments/test_corrections.py::"
_BOOTH = "tests/payments/test_booth.py::"
_OUTSIDE = "tests/payments/test_outside.py::"
_RACES = "tests/payments/test_staff_races.py::"
_CHECKOUT = "tests/payments/test_checkout.py::"
_PAGES = "tests/console/test_money_pages.py::"

CASES: dict[int, list[str]] = {
    27: [
        _CORRECTIONS + "test_staff_let_a_car_out_with_a_debt_while_no_channel_works",
        _BOOTH + "test_a_waiver_lets_the_car_go_without_any_money",
    ],
    31: [
        _CHECKOUT + "test_money_that_arrives_after_closing_is_accepted",
        _BOOTH + "test_a_payment_that_settles_after_the_waiver_goes_back_to_its_payer",
        _OUTSIDE + "test_the_phone_that_pays_after_etc_gets_its_money_back_by_itself",
    ],
    32: [
        _CHECKOUT + "test_a_statement_that_differs_is_never_credited_and_never_dropped",
        _OUTSIDE + "test_a_repeat_of_another_amount_is_put_before_staff",
    ],
    34: [
        _CHECKOUT + "test_after_the_exit_window_only_the_difference_is_due",
        _BOOTH + "test_after_a_waiver_only_the_difference_is_due_later",
    ],
    35: [
        _CORRECTIONS + "test_too_little_after_the_entry_time_was_corrected_is_asked_for_at_the_exit",
        _CORRECTIONS + "test_too_little_of_a_car_that_has_left_is_a_debt",
    ],
    36: [
        _CORRECTIONS + "test_too_much_after_the_entry_time_was_corrected_goes_back",
        _CORRECTIONS + "test_settling_up_twice_changes_nothing",
        _CORRECTIONS + "test_a_difference_below_the_minimum_stays",
    ],
    37: [
        _CORRECTIONS + "test_three_partial_refunds_in_a_row_stay_within_the_payment",
        _CORRECTIONS + "test_a_refund_pressed_twice_goes_back_once",
        _RACES + "test_two_of_staff_refund_one_payment_and_it_goes_back_once",
    ],
    39: [
        _CORRECTIONS + "test_an_abnormal_refund_is_given_back_by_hand_from_the_drawer",
        _CORRECTIONS + "test_an_abnormal_refund_is_sent_again_under_its_own_number",
        _CORRECTIONS
        + "test_an_abnormal_refund_goes_to_the_merchant_and_stays_a_task_until_the_driver_has_it",
    ],
    42: [
        _CORRECTIONS + "test_a_refund_made_at_the_channel_is_recorded_once_and_comes_off_the_stay",
        _CORRECTIONS + "test_more_than_is_left_given_at_the_channel_is_put_before_staff",
    ],
    46: [_CORRECTIONS + "test_a_car_that_left_unpaid_owes_and_a_late_payment_clears_it"],
    47: [_PAGES + "test_staff_see_until_when_a_paid_car_may_leave_while_its_barrier_is_down"],
    48: [
        _CORRECTIONS + "test_the_same_plate_in_two_lots_is_two_stays_and_a_payment_is_of_one",
        _CORRECTIONS + "test_a_debt_in_another_lot_is_not_this_lots_business",
    ],
    49: [_CORRECTIONS + "test_a_payment_on_a_stay_whose_exit_was_missed_is_moved_to_the_newest"],
    50: [
        _CORRECTIONS + "test_a_corrected_plate_keeps_its_payment_and_is_found_by_its_new_name",
        _CORRECTIONS + "test_a_payment_for_the_wrong_car_is_moved_and_both_stays_are_settled_up",
    ],
    51: [
        _CORRECTIONS + "test_a_refund_by_staff_makes_the_stay_owe_again_or_waives_as_much",
        _CORRECTIONS + "test_a_payment_moved_from_a_car_that_has_left_leaves_a_debt_behind",
    ],
    54: [_CORRECTIONS + "test_a_car_that_turns_out_to_park_free_gets_its_money_back"],
    55: [
        _CORRECTIONS + "test_a_stay_with_an_open_payment_is_not_ended_before_that_is_closed",
        _CORRECTIONS + "test_a_stay_with_a_payment_of_any_state_is_neither_merged_away_nor_deleted",
    ],
    56: [_CORRECTIONS + "test_a_car_that_comes_back_within_minutes_has_a_new_stay_that_nothing_covers"],
    57: [_CORRECTIONS + "test_past_the_days_end_a_quote_holds_and_the_next_takes_off_what_was_paid"],
}
