"""Which tests prove the failure cases and the invariants of the payment contract.

Keys are its numbers, values are test ids; `test_cases.py` checks that none is missing and that each exists.
"""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_KILLS = "tests/kills/test_kills.py::test_the_"
_DEATHS = (
    "tests/kills/test_machine.py::test_the_books_are_right_after_each_step_of_drivers_a_channel_and_deaths"
)
_RACES_ALL = "tests/test_races.py::test_"
_PRIVACY = "tests/test_privacy.py::test_"
_MONEY_PRIVACY = "tests/test_money_privacy.py::test_"
_READS = "tests/lots/test_reads.py::test_"
_GATES = "tests/lots/test_gates.py::test_"
_PASSES = "tests/lots/devices/test_passes.py::test_"
_WALKS = "tests/browser/test_bad_days.py::test_"
_IN_WECHAT = "tests/browser/test_wechat.py::test_"
_IN_ALIPAY = "tests/browser/test_alipay.py::test_"
_PAYING_WALK = "tests/browser/test_paying.py::test_"
_LANES = "tests/browser/test_lanes.py::test_"
_PAGES = "tests/console/test_money_pages.py::test_"
_HERE = "tests/payments/"
_NOTICES = _HERE + "test_notices.py::test_"
_NUMBERS = _HERE + "test_numbers.py::test_"
_CHECKOUT = _HERE + "test_checkout.py::test_"
_CORNERS = _HERE + "test_corners.py::test_"
_CHANNELS = _HERE + "test_channels.py::test_"
_MERCHANTS = _HERE + "test_merchants.py::test_"
_MACHINE = _HERE + "test_machine.py::test_"
_LIVE = _HERE + "test_live.py::test_"
_CORRECTIONS = _HERE + "test_corrections.py::test_"
_BOOTH = _HERE + "test_booth.py::test_"
_OUTSIDE = _HERE + "test_outside.py::test_"
_JAMS = _HERE + "test_jams.py::test_"
_ORPHANS = _HERE + "test_orphans.py::test_"
_RACES = _HERE + "test_staff_races.py::test_"
_BILLS = _HERE + "reconciliation/test_bills.py::test_"
_BOOKS = _HERE + "reconciliation/test_books.py::test_"
_COUPONS = _HERE + "coupons/test_using.py::test_"
_SEARCH = _HERE + "driver/test_search.py::test_"
_PAYING = _HERE + "driver/test_paying.py::test_"
_SCENES = _HERE + "driver/test_scenes.py::test_"
_ORACLE = _HERE + "driver/test_oracle.py::test_"
_RETURN = _HERE + "driver/test_wechat_return.py::test_"
_PROCESS = _HERE + "providers/test_sandbox_process.py::test_"
_TRANSPORT = _HERE + "providers/test_transport.py::test_"
_WECHAT = _HERE + "providers/wechat/test_"
_ALIPAY = _HERE + "providers/alipay/test_"

CASES: dict[int, list[str]] = {
    1: [
        _KILLS + "worker_dies_while_it_asks_for_a_payment_whose_notice_was_lost",
        _PAYING_WALK + "however_the_word_of_the_money_travels_the_driver_sees_it_paid_once",
        _BILLS + "a_payment_whose_news_was_lost_is_settled_by_the_bill",
    ],
    2: [
        _RACES_ALL + "ten_notices_at_once_settle_once",
        _CHECKOUT + "paying_while_standing_at_the_barrier_opens_it_once",
        _MACHINE + "whatever_happens_the_books_are_right_and_barriers_open_once",
    ],
    3: [
        _NOTICES + "a_notice_that_overtakes_the_answer_to_its_order_is_not_undone_by_it",
        _WECHAT + "sandbox_wechat.py::test_an_early_notice_overtakes_the_answer",
        _ALIPAY + "alipay.py::test_an_early_notice_overtakes_the_answer",
    ],
    4: [_RACES_ALL + "a_notice_and_a_query_at_once_settle_once"],
    5: [
        _NOTICES + "news_of_a_refund_waits_until_the_payment_is_settled",
        _BILLS + "a_refund_of_a_payment_not_heard_of_settles_the_payment_first",
    ],
    6: [
        _NOTICES + "a_forged_notice_changes_nothing_and_calls_nobody",
        _LIVE + "forged_notices_cost_one_statement_a_second",
        _WECHAT + "notices.py::test_a_forged_notice_is_refused_and_an_unknown_serial_is_counted",
        _ALIPAY + "notices.py::test_a_bad_notice_is_refused_in_one_way",
    ],
    7: [
        _NOTICES + "a_notice_that_is_replayed_later_is_refused_and_within_its_time_changes_nothing",
        _WECHAT + "notices.py::test_a_stale_or_replayed_notice_is_refused",
        _ALIPAY + "notices.py::test_a_notice_from_another_time_is_refused",
    ],
    8: [_WECHAT + "sandbox_wechat.py::test_a_notice_is_believed_only_when_it_is_genuine"],
    9: [
        _NOTICES + "money_for_a_number_that_is_not_ours_is_written_down_before_it_is_accepted",
        _BILLS + "money_for_an_order_that_is_not_ours_is_left_for_a_person",
        _ORPHANS + "money_of_a_restored_backup_counts_for_its_stay_and_lets_the_car_go",
        _ORPHANS + "money_of_no_stay_goes_back_whole_and_touches_no_car",
        _PAGES + "a_discrepancy_is_put_away_with_a_reason",
    ],
    10: [
        _NOTICES + "a_notice_about_another_merchant_settles_no_payment_of_this_one",
        _NOTICES + "a_notice_for_a_merchant_that_we_do_not_have_is_not_accepted",
        _NOTICES + "notices_to_a_merchant_that_was_taken_out_are_counted_and_shown_red",
        _CHECKOUT + "a_statement_that_differs_is_never_credited_and_never_dropped",
        _BILLS + "a_bill_is_compared_with_its_own_merchants_payments_alone",
    ],
    11: [
        _NOTICES + "a_kind_of_notice_that_we_do_not_know_is_accepted_and_changes_nothing",
        _WECHAT + "notices.py::test_an_event_of_no_interest_is_accepted_and_says_nothing",
    ],
    12: [
        _NOTICES + "what_is_no_notice_is_refused_without_an_error_page",
        _WECHAT + "notices.py::test_junk_is_refused_although_it_is_signed",
        _WECHAT + "notices.py::test_a_notice_that_is_too_large_is_refused_before_anything_else",
        _WECHAT + "notices.py::test_a_resource_that_does_not_open_is_refused",
        _ALIPAY + "notices.py::test_the_claimed_kind_of_signature_is_not_listened_to",
        _LIVE + "a_notice_that_no_key_opens_is_refused_counted_and_shown",
    ],
    13: [
        _LIVE + "a_notice_is_answered_without_a_call_to_anybody",
        _CHECKOUT + "a_command_that_nobody_fetched_is_ordered_anew_by_scanning_again",
    ],
    14: [_NOTICES + "without_the_database_a_notice_is_asked_for_again"],
    15: [
        _CHECKOUT + "an_answer_lost_after_the_channel_accepted_is_found_again",
        _CHECKOUT + "no_second_order_is_made_while_the_first_cannot_be_closed",
        _KILLS + "server_dies_while_a_payment_starts_and_the_driver_tries_again",
        _WECHAT + "requests.py::test_a_repeat_is_the_same_bytes_whenever_it_is_sent",
        _WECHAT + "contract.py::test_a_dropped_answer_hides_an_order_that_exists",
    ],
    16: [
        _WECHAT + "contract.py::test_no_success_is_believed_without_a_good_signature",
        _WECHAT + "contract.py::test_a_call_without_a_usable_answer_is_unknown_and_can_be_repeated",
        _ALIPAY + "alipay.py::test_no_call_believes_an_unsigned_answer",
    ],
    17: [
        _CHECKOUT + "pressing_pay_twice_takes_up_the_same_attempt",
        _WALKS + "a_double_tap_is_one_payment",
        _RACES_ALL + "two_phones_that_press_pay_at_once_share_one_attempt",
        _IN_WECHAT + "a_double_tap_is_one_order_and_one_cashier",
        _IN_ALIPAY + "a_double_tap_is_one_order",
    ],
    18: [
        _CHANNELS + "an_order_of_another_phone_is_closed_and_a_new_one_made",
        _KILLS + "server_dies_while_a_new_order_takes_the_place_of_another",
        _WECHAT + "contract.py::test_another_payer_or_another_scene_needs_another_order",
        _IN_WECHAT + "the_second_phone_of_a_car_gets_an_order_of_its_own_and_the_first_is_closed",
        _IN_WECHAT + "where_both_phones_of_a_car_have_paid_the_later_gets_its_money_back",
    ],
    19: [
        _RACES_ALL + "two_channels_that_both_take_the_money_give_one_back",
        _IN_ALIPAY + "two_phones_by_two_channels_both_pay_and_the_second_gets_its_money_back",
    ],
    20: [
        _CHECKOUT + "a_second_payment_for_one_stay_is_refunded_by_itself",
        _ALIPAY + "alipay.py::test_closing_does_not_protect_against_a_page_that_is_open",
        _RACES_ALL + "two_channels_that_both_take_the_money_give_one_back",
        _IN_ALIPAY + "started_at_alipay_paid_by_wechat_and_finished_at_alipay_the_second_goes_back",
    ],
    21: [
        _CHECKOUT + "an_expired_quote_starts_nothing",
        _CHECKOUT + "a_new_amount_closes_the_old_attempt_first",
        _PAYING + "an_expired_amount_is_quoted_again_before_anything_is_charged",
        _WECHAT + "sandbox_wechat.py::test_an_h5_address_lives_five_minutes_and_a_repeat_renews_it",
        _IN_WECHAT + "an_order_out_of_date_is_closed_before_a_new_one_is_made",
        _IN_ALIPAY + "an_amount_out_of_date_is_shown_anew_and_paid_by_a_new_order",
    ],
    22: [
        _WECHAT + "sandbox_wechat.py::test_an_h5_address_wants_a_referer_and_a_browser_outside_wechat",
        _CHANNELS + "the_scene_decides_how_a_channel_starts",
        _SCENES + "inside_wechat_the_bridge_gets_its_parameters_from_an_attribute",
        _IN_WECHAT + "a_link_forwarded_into_wechat_is_refused_there_and_the_sign_pays_by_the_bridge",
    ],
    23: [
        _SCENES + "an_unknown_browser_is_a_screen",
        _SCENES + "a_screen_shows_a_code_to_scan_and_what_to_scan_it_with",
        _IN_WECHAT + "a_browser_that_nobody_knows_can_pay_by_both",
    ],
    24: [
        _RETURN + "a_used_code_asks_wechat_once_more_and_then_shows_the_other_channel",
        _RETURN + "a_way_back_works_once_and_then_asks_wechat_once_more",
        _IN_WECHAT + "a_code_used_twice_asks_wechat_once_more_and_pays_the_same_order",
        _IN_WECHAT + "a_code_used_twice_again_leads_to_the_other_channel_and_never_in_a_circle",
    ],
    25: [
        _CHECKOUT + "absent_free_exempt_and_paid_cars_all_owe_nothing",
        _READS + "a_car_within_its_free_minutes_is_let_out",
        _COUPONS + "a_coupon_for_all_of_it_lets_the_car_go_without_any_call",
    ],
    26: [
        _LIVE + "what_one_process_met_hides_the_channel_in_all_of_them",
        _LIVE + "failing_queries_hide_a_channel_and_a_query_brings_it_back",
        _LIVE + "only_one_process_probes_at_a_time",
    ],
    27: [
        _SCENES + "with_both_channels_down_the_fee_and_the_booth_are_left",
        _CORRECTIONS + "staff_let_a_car_out_with_a_debt_while_no_channel_works",
        _BOOTH + "a_waiver_lets_the_car_go_without_any_money",
    ],
    28: [
        _CHANNELS + "after_a_change_of_merchant_the_open_order_is_closed_where_it_was_made",
        _LIVE + "a_payment_keeps_the_app_that_it_was_made_with",
        _LIVE + "a_notice_for_former_credentials_is_still_read",
    ],
    29: [
        _WALKS + "an_amount_out_of_date_is_shown_anew_before_it_is_charged",
        _CORNERS + "money_paid_in_time_opens_the_exit_window_however_late_its_news",
        _CORRECTIONS + "past_the_days_end_a_quote_holds_and_the_next_takes_off_what_was_paid",
    ],
    30: [
        _CORNERS + "money_paid_in_time_opens_the_exit_window_however_late_its_news",
        _BILLS + "a_payment_settled_by_the_bill_has_the_channels_time",
    ],
    31: [
        _CHECKOUT + "money_that_arrives_after_closing_is_accepted",
        _CORNERS + "money_of_an_old_order_too_small_for_the_stay_by_now_opens_no_exit_window",
        _BOOTH + "a_payment_that_settles_after_the_waiver_goes_back_to_its_payer",
        _OUTSIDE + "the_phone_that_pays_after_etc_gets_its_money_back_by_itself",
        _KILLS + "worker_dies_while_it_sends_a_refund",
    ],
    32: [
        _NOTICES + "money_that_differs_is_accepted_put_before_staff_and_never_credited",
        _CHECKOUT + "a_statement_that_differs_is_never_credited_and_never_dropped",
        _OUTSIDE + "a_repeat_of_another_amount_is_put_before_staff",
        _BILLS + "another_amount_is_never_credited_and_left_for_a_person",
    ],
    33: [
        _WECHAT + "contract.py::test_a_coupon_changes_nothing_about_the_amount",
        _ALIPAY + "alipay.py::test_a_coupon_changes_what_was_paid_and_not_the_amount",
    ],
    34: [
        _JAMS + "a_paid_car_still_queueing_leaves_without_paying_more",
        _JAMS + "whoever_pays_during_the_jam_has_as_long",
        _CHECKOUT + "after_the_exit_window_only_the_difference_is_due",
        _BOOTH + "after_a_waiver_only_the_difference_is_due_later",
    ],
    35: [
        _CORRECTIONS + "too_little_after_the_entry_time_was_corrected_is_asked_for_at_the_exit",
        _CORRECTIONS + "too_little_of_a_car_that_has_left_is_a_debt",
        _CORRECTIONS + "a_debt_is_shown_and_payable_when_its_car_is_looked_up_again",
    ],
    36: [
        _CORRECTIONS + "too_much_after_the_entry_time_was_corrected_goes_back",
        _CORRECTIONS + "settling_up_twice_changes_nothing",
        _CORRECTIONS + "a_difference_below_the_minimum_stays",
        _COUPONS + "a_coupon_that_comes_after_the_payment_gives_the_difference_back",
    ],
    37: [
        _CORRECTIONS + "three_partial_refunds_in_a_row_stay_within_the_payment",
        _CORRECTIONS + "a_refund_pressed_twice_goes_back_once",
        _RACES + "two_of_staff_refund_one_payment_and_it_goes_back_once",
        _WECHAT + "contract.py::test_two_refunds_of_an_order_need_a_minute_between_them",
        _ALIPAY + "alipay.py::test_two_refunds_too_soon_are_unknown_and_the_second_can_be_repeated",
    ],
    38: [
        _CHECKOUT + "a_refund_without_an_answer_is_asked_for_and_never_sent_under_a_new_number",
        _CORNERS + "a_refund_whose_answer_was_lost_is_asked_for_before_it_is_sent_again",
        _ALIPAY + "alipay.py::test_a_repeated_refund_moves_money_once_and_is_then_found",
    ],
    39: [
        _CORRECTIONS + "an_abnormal_refund_is_given_back_by_hand_from_the_drawer",
        _CORRECTIONS + "an_abnormal_refund_is_sent_again_under_its_own_number",
        _CORRECTIONS + "without_funds_a_refund_is_a_task_and_sent_again_each_day_under_its_number",
        _CORRECTIONS + "an_abnormal_refund_goes_to_the_merchant_and_stays_a_task_until_the_driver_has_it",
        _WECHAT + "contract.py::test_a_refund_without_funds_may_be_repeated_with_its_number",
        _ALIPAY + "alipay.py::test_an_empty_account_may_refund_later",
    ],
    40: [
        _ALIPAY + "notices.py::test_a_partial_refund_repeats_that_it_is_paid_and_names_the_refund",
        _BILLS + "a_refund_in_the_bill_credits_nothing_again",
    ],
    41: [
        _ALIPAY + "answers.py::test_a_closed_trade_is_told_apart_by_whether_it_was_paid",
        _ALIPAY + "alipay.py::test_a_full_refund_leaves_the_order_paid",
        _BILLS + "a_fully_refunded_payment_agrees_and_stays_paid",
    ],
    42: [
        _CORRECTIONS + "a_refund_made_at_the_channel_is_recorded_once_and_comes_off_the_stay",
        _CORRECTIONS + "more_than_is_left_given_at_the_channel_is_put_before_staff",
        _BILLS + "a_refund_made_by_hand_at_the_channel_is_booked_as_external",
    ],
    43: [
        _KILLS + "worker_dies_while_it_sends_a_refund",
        _KILLS + "worker_dies_while_a_refund_is_on_its_way_to_the_channel",
        _KILLS + "worker_dies_while_it_asks_what_became_of_a_refund",
    ],
    44: [
        _WECHAT + "bill.py::test_anything_but_plain_yuan_is_refused",
        _ALIPAY + "values.py::test_an_odd_amount_is_refused",
        _ALIPAY + "values.py::test_fen_survive_the_way_through_yuan",
        _PAGES + "an_amount_that_is_not_plain_yuan_is_refused_beside_its_field",
    ],
    45: [
        _NOTICES + "money_that_differs_is_accepted_put_before_staff_and_never_credited",
        _WECHAT + "notices.py::test_what_a_foreign_card_paid_is_read_by_total_and_currency_alone",
    ],
    46: [_CORRECTIONS + "a_car_that_left_unpaid_owes_and_a_late_payment_clears_it"],
    47: [
        _PAGES + "staff_see_until_when_a_paid_car_may_leave_while_its_barrier_is_down",
        _PASSES + "the_list_names_paid_cars_by_what_only_this_device_can_make_of_their_plates",
        _PASSES + "a_car_let_out_by_the_list_has_left_when_the_read_comes_in_afterwards",
        _GATES + "a_barrier_that_stayed_down_is_ordered_anew_under_a_new_id",
        _GATES + "an_order_nobody_fetched_is_given_to_the_stay_that_asks_next",
    ],
    48: [
        _CORRECTIONS + "the_same_plate_in_two_lots_is_two_stays_and_a_payment_is_of_one",
        _CORRECTIONS + "a_debt_in_another_lot_is_not_this_lots_business",
        _SEARCH + "a_plate_of_another_lot_is_not_found_here",
    ],
    49: [_CORRECTIONS + "a_payment_on_a_stay_whose_exit_was_missed_is_moved_to_the_newest"],
    50: [
        _CORRECTIONS + "a_corrected_plate_keeps_its_payment_and_is_found_by_its_new_name",
        _CORRECTIONS + "a_payment_for_the_wrong_car_is_moved_and_both_stays_are_settled_up",
    ],
    51: [
        _CORRECTIONS + "a_refund_by_staff_makes_the_stay_owe_again_or_waives_as_much",
        _CORRECTIONS + "a_payment_moved_from_a_car_that_has_left_leaves_a_debt_behind",
        _SEARCH + "it_never_tells_when_or_where_the_car_came_in",
    ],
    52: [
        _SEARCH + "too_many_searches_end_at_the_booth_and_wait",
        _SEARCH + "it_never_tells_when_or_where_the_car_came_in",
        _ORACLE + "plates_of_one_length_differ_in_nothing_but_the_echo",
        _ORACLE + "the_time_of_the_answer_does_not_tell_who_is_inside",
    ],
    53: [
        _SEARCH + "a_ticket_is_found_as_it_was_printed_also_behind_the_offered_province",
        _LANES + "an_unplated_vehicle_gets_a_ticket_and_pays_with_it_at_the_exit",
    ],
    54: [_CORRECTIONS + "a_car_that_turns_out_to_park_free_gets_its_money_back"],
    55: [
        _CORRECTIONS + "a_stay_with_an_open_payment_is_not_ended_before_that_is_closed",
        _CORRECTIONS + "a_stay_with_a_payment_of_any_state_is_neither_merged_away_nor_deleted",
    ],
    56: [_CORRECTIONS + "a_car_that_comes_back_within_minutes_has_a_new_stay_that_nothing_covers"],
    57: [_CORRECTIONS + "past_the_days_end_a_quote_holds_and_the_next_takes_off_what_was_paid"],
    58: [
        _LIVE + "a_clock_that_is_off_is_named_and_shown_red",
        _WECHAT + "contract.py::test_a_wrong_clock_is_refused_and_can_be_named",
        _ALIPAY + "alipay.py::test_a_wrong_clock_is_refused_and_noticed",
    ],
    59: [
        _WECHAT + "requests.py::test_an_order_expires_in_beijing_time_whatever_the_zone_of_the_server",
        _ALIPAY + "alipay.py::test_alipay_is_spoken_to_in_beijing_time_wherever_the_server_is",
        _BILLS + "a_day_is_beijings_to_the_minute",
    ],
    60: [
        _LIVE + "a_key_that_we_do_not_know_is_refused_counted_and_shown",
        _WECHAT
        + "notices.py::test_a_notice_under_the_certificate_is_believed_beside_one_under_the_public_key",
        _WECHAT + "contract.py::test_an_answer_under_an_unknown_key_is_counted",
    ],
    61: [
        _LIVE + "the_old_api_key_still_opens_notices_until_it_is_taken_out",
        _WECHAT + "notices.py::test_a_changed_api_key_does_not_lose_the_notices_on_their_way",
    ],
    62: [
        _NUMBERS + "a_number_that_is_taken_here_is_passed_over",
        _NUMBERS + "a_number_that_the_channel_knows_from_before_is_left_for_another",
        _NUMBERS + "numbers_are_drawn_at_random",
    ],
    63: [_BILLS + "after_yesterdays_backup_the_bill_brings_the_payments_back"],
    64: [
        _LIVE + "a_backlog_is_worked_off_in_batches_and_shown_while_it_lasts",
        _BILLS + "after_days_without_a_worker_every_day_is_made_up_for_in_order",
        _KILLS + "server_dies_over_a_notice_of_a_payment",
    ],
    65: [_RACES_ALL + "two_workers_claim_each_due_row_once"],
    66: [
        _LIVE + "an_endless_answer_counts_as_a_failure_of_the_channel",
        _TRANSPORT + "whatever_breaks_on_the_way_is_unknown_and_names_no_address",
    ],
    67: [
        _PRIVACY + "a_plate_driven_through_the_whole_system_is_found_nowhere_in_clear",
        _PRIVACY + "an_openid_led_through_all_of_wechat_pay_is_found_nowhere",
        _MONEY_PRIVACY + "a_payer_led_through_bills_staff_and_debts_is_found_nowhere",
    ],
    68: [
        _LIVE + "the_sandbox_does_not_start_beside_a_real_merchant",
        _LIVE + "the_product_does_not_start_with_a_sandbox_in_production",
        _PROCESS + "it_does_not_start_where_it_must_not",
        _MERCHANTS + "real_merchants_and_the_sandbox_exclude_each_other",
    ],
}

INVARIANTS: dict[int, list[str]] = {
    1: [_MACHINE + "whatever_happens_the_books_are_right_and_barriers_open_once", _DEATHS],
    2: [
        _MACHINE + "whatever_happens_the_books_are_right_and_barriers_open_once",
        _ALIPAY + "values.py::test_fen_survive_the_way_through_yuan",
        _WECHAT + "bill.py::test_what_is_read_as_yuan_is_plain_decimal",
    ],
    3: [
        _CHECKOUT + "the_row_is_committed_before_the_channel_is_called",
        _KILLS + "server_dies_while_the_order_is_on_its_way_to_the_channel",
        _DEATHS,
    ],
    4: [
        _MACHINE + "whatever_happens_the_books_are_right_and_barriers_open_once",
        _CHECKOUT + "a_statement_that_differs_is_never_credited_and_never_dropped",
        _DEATHS,
    ],
    5: [
        _NUMBERS + "the_database_refuses_a_second_row_of_one_number",
        _RACES_ALL + "two_phones_that_press_pay_at_once_share_one_attempt",
        _MACHINE + "whatever_happens_the_books_are_right_and_barriers_open_once",
        _DEATHS,
    ],
    6: [
        _RACES_ALL + "a_notice_and_a_query_at_once_settle_once",
        _RACES_ALL + "a_refund_notice_and_the_worker_at_once_finish_it_once",
    ],
    7: [
        _CHECKOUT + "refunds_never_exceed_the_payment",
        _RACES_ALL + "two_refunds_at_once_never_exceed_the_payment",
        _DEATHS,
    ],
    8: [
        _BOOKS + "books_that_agree_are_on_record_too",
        _BOOKS + "a_stay_whose_total_was_touched_is_found_and_not_corrected",
        _DEATHS,
    ],
    9: [
        _KILLS + "worker_dies_while_it_asks_for_a_payment_whose_notice_was_lost",
        _KILLS + "worker_dies_while_it_sends_a_refund",
        _NUMBERS + "the_database_refuses_unfinished_work_that_nobody_would_look_at",
        _DEATHS,
    ],
    10: [
        _CHECKOUT + "paying_while_standing_at_the_barrier_opens_it_once",
        _RACES_ALL + "a_payment_that_settles_while_the_car_reaches_the_barrier_always_lets_it_out",
        _RACES_ALL + "a_command_answered_twice_at_once_moves_once",
        _DEATHS,
    ],
    11: [_PAYING + "made_up_fields_charge_nothing_and_break_nothing"],
    12: [
        _CHECKOUT + "booked_rows_refuse_to_change",
        _MACHINE + "whatever_happens_the_books_are_right_and_barriers_open_once",
    ],
    13: [
        _PRIVACY + "a_plate_driven_through_the_whole_system_is_found_nowhere_in_clear",
        _PRIVACY + "an_openid_led_through_all_of_wechat_pay_is_found_nowhere",
        _MONEY_PRIVACY + "a_payer_led_through_bills_staff_and_debts_is_found_nowhere",
    ],
    14: [
        _MACHINE + "our_ledger_agrees_with_the_sandboxs_own_books_whatever_happens",
        _MACHINE + "the_books_are_the_same_in_whatever_order_four_words_arrive_and_repeat",
    ],
}


def is_there(test: str) -> bool:
    """Say whether a test function of this id stands in its file."""
    path, _, name = test.partition("::")
    return name in _tests_in(ROOT / path)


@cache
def _tests_in(file: Path) -> frozenset[str]:
    if not file.is_file():
        return frozenset()
    body = ast.parse(file.read_text(encoding="utf-8")).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))
