"""Which tests prove the failure cases and the invariants of the payment contract.

Keys are its numbers, values are test ids; `test_case_coverage.py` checks that none is missing and that each exists.
"""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CASES: dict[int, list[str]] = {
    1: [
        "tests/kills/test_crashes.py::test_payment_query_survives_worker_crash",
        "tests/browser/test_paying_pages.py::test_unreliable_notice_settles_once",
        "tests/payments/reconciliation/test_bills.py::test_bill_settles_payment_without_notice",
    ],
    2: [
        "tests/test_races.py::test_concurrent_notices_settle_once",
        "tests/payments/test_settling.py::test_payment_at_barrier_opens_once",
        "tests/payments/test_machine.py::test_books_and_barriers_stay_correct",
    ],
    3: [
        "tests/payments/test_notices.py::test_notice_before_response_is_preserved",
        "tests/payments/providers/test_provider_contract.py::test_notice_can_arrive_before_response",
    ],
    4: [
        "tests/test_races.py::test_concurrent_notice_and_query_settle_once",
    ],
    5: [
        "tests/payments/test_notices.py::test_refund_notice_waits_for_payment",
        "tests/payments/reconciliation/test_bills.py::test_external_refund_settles_payment_first",
    ],
    6: [
        "tests/payments/test_notices.py::test_forged_notice_changes_nothing",
        "tests/payments/test_live_channels.py::test_forged_notices_are_counted",
        "tests/payments/providers/wechat/test_wechat_notices.py::test_forged_notice_counts_unknown_serial",
        "tests/payments/providers/alipay/test_alipay_notices.py::test_invalid_notice_is_refused_uniformly",
    ],
    7: [
        "tests/payments/test_notices.py::test_late_replayed_notice_is_refused",
        "tests/payments/providers/wechat/test_wechat_notices.py::test_stale_or_replayed_notice_is_refused",
        "tests/payments/providers/alipay/test_alipay_notices.py::test_notice_outside_time_window_is_refused",
    ],
    8: [
        "tests/payments/providers/wechat/test_sandbox_wechat.py::test_only_genuine_notices_are_accepted",
    ],
    9: [
        "tests/payments/test_notices.py::test_unknown_payment_number_is_recorded",
        "tests/payments/reconciliation/test_bills.py::test_payment_for_unknown_order_needs_review",
        "tests/payments/test_orphans.py::test_adopted_payment_pays_the_stay",
        "tests/payments/test_orphans.py::test_payment_without_stay_is_refunded",
        "tests/console/test_money_pages.py::test_discrepancy_resolution_requires_reason",
    ],
    10: [
        "tests/payments/test_notices.py::test_foreign_merchant_notice_settles_nothing",
        "tests/payments/test_notices.py::test_unknown_merchant_notice_is_rejected",
        "tests/payments/test_notices.py::test_removed_merchant_notices_are_shown",
        "tests/payments/test_settling.py::test_mismatched_statement_is_not_credited",
        "tests/payments/reconciliation/test_bills.py::test_bill_covers_only_its_merchant",
    ],
    11: [
        "tests/payments/test_notices.py::test_unknown_notice_type_changes_nothing",
        "tests/payments/providers/wechat/test_wechat_notices.py::test_irrelevant_event_yields_no_statements",
    ],
    12: [
        "tests/payments/test_notices.py::test_malformed_notice_is_refused",
        "tests/payments/providers/wechat/test_wechat_notices.py::test_signed_junk_is_refused",
        "tests/payments/providers/wechat/test_wechat_notices.py::test_oversized_notice_is_refused",
        "tests/payments/providers/wechat/test_wechat_notices.py::test_undecryptable_resource_is_refused",
        "tests/payments/providers/alipay/test_alipay_notices.py::test_claimed_signature_type_is_ignored",
        "tests/payments/test_live_channels.py::test_undecryptable_notice_is_refused_and_counted",
    ],
    13: [
        "tests/payments/test_live_channels.py::test_notice_triggers_no_network_call",
        "tests/payments/test_settling.py::test_unfetched_command_is_reissued",
    ],
    14: [
        "tests/payments/test_notices.py::test_database_outage_requests_redelivery",
    ],
    15: [
        "tests/payments/test_checkout.py::test_lost_start_answer_is_recovered",
        "tests/payments/test_checkout.py::test_pending_close_blocks_new_order",
        "tests/kills/test_crashes.py::test_payment_start_survives_server_crash",
        "tests/payments/providers/wechat/test_wechat_requests.py::test_repeated_request_has_identical_body",
        "tests/payments/providers/test_provider_contract.py::test_dropped_response_leaves_order_open",
    ],
    16: [
        "tests/payments/providers/wechat/test_wechat.py::test_unverified_success_is_unknown",
        "tests/payments/providers/wechat/test_wechat.py::test_unusable_answer_is_unknown_and_retryable",
        "tests/payments/providers/test_provider_contract.py::test_unverified_answer_is_unknown",
    ],
    17: [
        "tests/payments/test_checkout.py::test_pressing_pay_twice_reuses_payment",
        "tests/browser/test_failures.py::test_double_tap_creates_one_payment",
        "tests/test_races.py::test_concurrent_pay_presses_share_an_attempt",
        "tests/browser/test_wechat_page.py::test_double_tap_opens_one_cashier",
        "tests/browser/test_alipay_page.py::test_double_tap_creates_one_alipay_order",
    ],
    18: [
        "tests/payments/test_channels.py::test_second_phone_replaces_open_order",
        "tests/kills/test_crashes.py::test_order_replacement_survives_server_crash",
        "tests/payments/providers/wechat/test_wechat.py::test_changed_payer_needs_new_order",
        "tests/browser/test_wechat_page.py::test_second_phone_replaces_the_order",
        "tests/browser/test_wechat_page.py::test_second_payer_is_refunded",
    ],
    19: [
        "tests/test_races.py::test_concurrent_channels_refund_one_payment",
        "tests/browser/test_alipay_page.py::test_second_channel_payment_is_refunded",
    ],
    20: [
        "tests/payments/test_settling.py::test_second_payment_is_refunded_automatically",
        "tests/payments/providers/alipay/test_alipay.py::test_closing_does_not_stop_open_page",
        "tests/test_races.py::test_concurrent_channels_refund_one_payment",
        "tests/browser/test_alipay_page.py::test_late_alipay_payment_is_refunded",
    ],
    21: [
        "tests/payments/test_checkout.py::test_expired_quote_starts_nothing",
        "tests/payments/test_checkout.py::test_new_amount_closes_old_payment",
        "tests/driver/test_paying.py::test_expired_charge_is_renewed_before_charging",
        "tests/payments/providers/wechat/test_sandbox_wechat.py::test_h5_url_expires_and_is_renewable",
        "tests/browser/test_wechat_page.py::test_stale_wechat_order_is_closed_first",
        "tests/browser/test_alipay_page.py::test_stale_amount_replaces_the_alipay_order",
    ],
    22: [
        "tests/payments/providers/wechat/test_sandbox_wechat.py::test_h5_url_requires_referer_and_browser",
        "tests/payments/test_channels.py::test_environment_selects_start_method",
        "tests/driver/test_scenes.py::test_wechat_bridge_reads_data_attribute",
        "tests/browser/test_wechat_page.py::test_forwarded_h5_link_is_refused",
    ],
    23: [
        "tests/driver/test_scenes.py::test_unknown_user_agent_is_screen",
        "tests/driver/test_scenes.py::test_screen_shows_payment_qr_code",
        "tests/browser/test_wechat_page.py::test_unknown_browser_can_use_both_channels",
    ],
    24: [
        "tests/driver/test_wechat_return.py::test_used_code_retries_then_offers_alipay",
        "tests/driver/test_wechat_return.py::test_reused_return_retries_oauth_once",
        "tests/browser/test_wechat_page.py::test_reused_oauth_code_is_renewed_once",
        "tests/browser/test_wechat_page.py::test_reused_oauth_code_never_loops",
    ],
    25: [
        "tests/payments/test_checkout.py::test_absent_exempt_and_paid_owe_nothing",
        "tests/lots/test_reads.py::test_car_within_free_minutes_leaves",
        "tests/payments/coupons/test_using.py::test_free_coupon_opens_without_payment",
    ],
    26: [
        "tests/payments/test_live_channels.py::test_channel_is_hidden_across_processes",
        "tests/payments/test_live_channels.py::test_failing_queries_hide_channel_until_answered",
        "tests/payments/test_live_channels.py::test_only_one_process_probes",
    ],
    27: [
        "tests/driver/test_scenes.py::test_failing_channels_leave_fee_and_booth",
        "tests/payments/test_corrections.py::test_release_without_channel_leaves_debt",
        "tests/payments/test_booth_payments.py::test_waiver_settles_stay_without_money",
    ],
    28: [
        "tests/payments/test_channels.py::test_merchant_change_closes_old_order",
        "tests/payments/test_live_channels.py::test_payment_retains_its_app",
        "tests/payments/test_live_channels.py::test_former_credentials_still_read_notices",
    ],
    29: [
        "tests/browser/test_failures.py::test_stale_amount_is_confirmed_before_charging",
        "tests/payments/test_edge_cases.py::test_late_notice_still_opens_exit_window",
        "tests/payments/test_corrections.py::test_next_day_deducts_earlier_payment",
    ],
    30: [
        "tests/payments/test_edge_cases.py::test_late_notice_still_opens_exit_window",
        "tests/payments/reconciliation/test_bills.py::test_bill_settlement_uses_channel_time",
    ],
    31: [
        "tests/payments/test_settling.py::test_payment_after_closing_is_accepted",
        "tests/payments/test_edge_cases.py::test_insufficient_old_order_opens_nothing",
        "tests/payments/test_booth_payments.py::test_payment_after_waiver_is_refunded",
        "tests/payments/test_outside_channels.py::test_phone_payment_after_etc_is_refunded",
        "tests/kills/test_crashes.py::test_refund_request_survives_worker_crash",
    ],
    32: [
        "tests/payments/test_notices.py::test_mismatched_amount_is_never_credited",
        "tests/payments/test_settling.py::test_mismatched_statement_is_not_credited",
        "tests/payments/test_outside_channels.py::test_repeat_with_other_amount_is_discrepancy",
        "tests/payments/reconciliation/test_bills.py::test_wrong_bill_amount_is_not_credited",
    ],
    33: [
        "tests/payments/providers/test_provider_contract.py::test_coupon_does_not_change_amount",
        "tests/payments/providers/alipay/test_alipay.py::test_coupon_changes_only_buyer_payment",
    ],
    34: [
        "tests/payments/test_jams.py::test_queueing_paid_car_owes_nothing_more",
        "tests/payments/test_jams.py::test_payment_during_jam_extends_window",
        "tests/payments/test_settling.py::test_expired_exit_window_charges_difference",
        "tests/payments/test_booth_payments.py::test_waiver_leaves_later_difference_due",
    ],
    35: [
        "tests/payments/test_corrections.py::test_underpayment_after_correction_due_at_exit",
        "tests/payments/test_corrections.py::test_underpayment_after_exit_becomes_debt",
        "tests/payments/test_corrections.py::test_debt_is_payable_on_next_visit",
    ],
    36: [
        "tests/payments/test_corrections.py::test_overpayment_after_entry_correction_is_refunded",
        "tests/payments/test_corrections.py::test_settling_up_twice_changes_nothing",
        "tests/payments/test_corrections.py::test_difference_below_minimum_is_not_refunded",
        "tests/payments/coupons/test_using.py::test_coupon_after_payment_refunds_difference",
    ],
    37: [
        "tests/payments/test_corrections.py::test_partial_refunds_stay_within_payment",
        "tests/payments/test_corrections.py::test_repeated_refund_request_pays_once",
        "tests/payments/test_staff_races.py::test_concurrent_staff_refunds_pay_once",
        "tests/payments/providers/wechat/test_wechat.py::test_second_refund_waits_one_minute",
        "tests/payments/providers/alipay/test_alipay.py::test_rapid_second_refund_is_retryable",
    ],
    38: [
        "tests/payments/test_settling.py::test_unanswered_refund_reuses_its_number",
        "tests/payments/test_edge_cases.py::test_lost_refund_is_queried_before_resending",
        "tests/payments/providers/alipay/test_alipay.py::test_repeated_refund_is_pending_then_found",
    ],
    39: [
        "tests/payments/test_corrections.py::test_abnormal_refund_is_paid_in_cash",
        "tests/payments/test_corrections.py::test_abnormal_refund_retry_reuses_number",
        "tests/payments/test_corrections.py::test_unfunded_refund_is_retried_daily",
        "tests/payments/test_corrections.py::test_refund_to_merchant_remains_a_task",
        "tests/payments/providers/test_provider_contract.py::test_refund_without_funds_is_retryable",
    ],
    40: [
        "tests/payments/providers/alipay/test_alipay_notices.py::test_partial_refund_notice_yields_both_statements",
        "tests/payments/reconciliation/test_bills.py::test_billed_refund_is_not_credited_again",
    ],
    41: [
        "tests/payments/providers/alipay/test_answers.py::test_closed_trade_depends_on_payment_date",
        "tests/payments/providers/alipay/test_alipay.py::test_full_refund_leaves_order_paid",
        "tests/payments/reconciliation/test_bills.py::test_fully_refunded_payment_stays_paid",
    ],
    42: [
        "tests/payments/test_corrections.py::test_external_refund_is_recorded_once",
        "tests/payments/test_corrections.py::test_excess_external_refund_is_discrepancy",
        "tests/payments/reconciliation/test_bills.py::test_manual_refund_is_booked_as_external",
    ],
    43: [
        "tests/kills/test_crashes.py::test_refund_request_survives_worker_crash",
        "tests/kills/test_crashes.py::test_refund_in_transit_survives_worker_crash",
        "tests/kills/test_crashes.py::test_refund_query_survives_worker_crash",
    ],
    44: [
        "tests/payments/providers/wechat/test_wechat_bill.py::test_malformed_yuan_is_refused",
        "tests/payments/providers/alipay/test_values.py::test_malformed_amount_is_refused",
        "tests/payments/providers/alipay/test_values.py::test_fen_yuan_round_trip",
        "tests/console/test_money_pages.py::test_malformed_amount_is_rejected",
    ],
    45: [
        "tests/payments/test_notices.py::test_mismatched_amount_is_never_credited",
        "tests/payments/providers/wechat/test_wechat_notices.py::test_foreign_card_amount_uses_total",
    ],
    46: [
        "tests/payments/test_corrections.py::test_late_payment_clears_debt",
    ],
    47: [
        "tests/console/test_money_pages.py::test_stay_page_shows_exit_deadline",
        "tests/devices/test_exit_passes.py::test_pass_digests_are_device_specific",
        "tests/devices/test_exit_passes.py::test_offline_exit_ends_paid_stay",
        "tests/lots/test_gates.py::test_unopened_barrier_gets_new_command",
        "tests/lots/test_gates.py::test_unfetched_command_passes_to_next_stay",
    ],
    48: [
        "tests/payments/test_corrections.py::test_payment_counts_in_one_lot",
        "tests/payments/test_corrections.py::test_debt_is_limited_to_its_lot",
        "tests/driver/test_search.py::test_plate_in_other_lot_is_not_found",
    ],
    49: [
        "tests/payments/test_corrections.py::test_payment_moves_from_missed_exit",
    ],
    50: [
        "tests/payments/test_corrections.py::test_corrected_plate_retains_payment",
        "tests/payments/test_corrections.py::test_moved_payment_settles_both_stays",
    ],
    51: [
        "tests/payments/test_corrections.py::test_staff_refund_restores_or_waives_due",
        "tests/payments/test_corrections.py::test_payment_moved_after_exit_leaves_debt",
        "tests/driver/test_search.py::test_fee_page_hides_entry_time_and_lane",
    ],
    52: [
        "tests/driver/test_admission.py::test_spent_budget_asks_for_proof",
        "tests/driver/test_search.py::test_fee_page_hides_entry_time_and_lane",
        "tests/driver/test_plate_oracle.py::test_responses_differ_only_in_plate",
        "tests/driver/test_plate_oracle.py::test_response_work_hides_presence",
    ],
    53: [
        "tests/driver/test_search.py::test_ticket_search_ignores_prefilled_province",
        "tests/browser/test_lane_pages.py::test_unplated_vehicle_pays_with_its_ticket",
    ],
    54: [
        "tests/payments/test_corrections.py::test_exempt_plate_correction_refunds_payment",
    ],
    55: [
        "tests/payments/test_corrections.py::test_open_payment_blocks_ending_stay",
        "tests/payments/test_corrections.py::test_stay_with_payment_cannot_be_removed",
    ],
    56: [
        "tests/payments/test_corrections.py::test_returning_car_starts_unpaid_stay",
    ],
    57: [
        "tests/payments/test_corrections.py::test_next_day_deducts_earlier_payment",
    ],
    58: [
        "tests/payments/test_live_channels.py::test_clock_skew_is_shown_red",
        "tests/payments/providers/wechat/test_wechat.py::test_wrong_clock_is_refused_and_measured",
        "tests/payments/providers/alipay/test_alipay.py::test_clock_skew_is_refused_and_recorded",
    ],
    59: [
        "tests/payments/providers/wechat/test_wechat_requests.py::test_order_expiry_uses_beijing_time",
        "tests/payments/providers/alipay/test_alipay.py::test_alipay_requests_use_beijing_time",
        "tests/payments/reconciliation/test_bills.py::test_bill_day_follows_beijing_time",
    ],
    60: [
        "tests/payments/test_live_channels.py::test_unknown_platform_key_is_shown",
        "tests/payments/providers/wechat/test_wechat_notices.py::test_certificate_signed_notice_is_accepted",
        "tests/payments/providers/wechat/test_wechat.py::test_unknown_serial_answer_is_counted",
    ],
    61: [
        "tests/payments/test_live_channels.py::test_old_api_key_works_until_removed",
        "tests/payments/providers/wechat/test_wechat_notices.py::test_rotated_api_key_still_decrypts_notices",
    ],
    62: [
        "tests/payments/test_numbers.py::test_taken_number_is_skipped",
        "tests/payments/test_numbers.py::test_number_known_at_channel_is_replaced",
        "tests/payments/test_numbers.py::test_numbers_are_drawn_at_random",
    ],
    63: [
        "tests/payments/reconciliation/test_bills.py::test_payments_missing_after_restore_are_reported",
    ],
    64: [
        "tests/payments/test_live_channels.py::test_backlog_is_shown_until_cleared",
        "tests/payments/reconciliation/test_bills.py::test_missed_days_are_reconciled_in_order",
        "tests/kills/test_crashes.py::test_payment_notice_survives_server_crash",
    ],
    65: [
        "tests/test_races.py::test_workers_claim_each_row_once",
    ],
    66: [
        "tests/payments/test_live_channels.py::test_oversized_response_counts_as_failure",
        "tests/payments/providers/test_transport.py::test_broken_response_is_unknown_and_unlogged",
    ],
    67: [
        "tests/test_privacy.py::test_plate_is_not_found_in_clear",
        "tests/test_privacy.py::test_openid_is_not_found_in_clear",
        "tests/test_money_privacy.py::test_payer_is_not_found_in_clear",
    ],
    68: [
        "tests/payments/test_live_channels.py::test_sandbox_refuses_real_merchants",
        "tests/payments/test_live_channels.py::test_production_refuses_sandbox_url",
        "tests/payments/providers/test_sandbox_process.py::test_invalid_sandbox_environment_prevents_start",
        "tests/payments/test_merchants.py::test_merchants_must_match_sandbox_setting",
    ],
}

INVARIANTS: dict[int, list[str]] = {
    1: [
        "tests/payments/test_machine.py::test_books_and_barriers_stay_correct",
        "tests/kills/test_stateful.py::test_books_stay_consistent_through_crashes",
    ],
    2: [
        "tests/payments/test_machine.py::test_books_and_barriers_stay_correct",
        "tests/payments/providers/alipay/test_values.py::test_fen_yuan_round_trip",
        "tests/payments/providers/wechat/test_wechat_bill.py::test_parsed_yuan_is_plain_decimal",
    ],
    3: [
        "tests/payments/test_checkout.py::test_payment_is_saved_before_call",
        "tests/kills/test_crashes.py::test_order_in_transit_survives_server_crash",
        "tests/kills/test_stateful.py::test_books_stay_consistent_through_crashes",
    ],
    4: [
        "tests/payments/test_machine.py::test_books_and_barriers_stay_correct",
        "tests/payments/test_settling.py::test_mismatched_statement_is_not_credited",
        "tests/kills/test_stateful.py::test_books_stay_consistent_through_crashes",
    ],
    5: [
        "tests/payments/test_numbers.py::test_database_refuses_duplicate_numbers",
        "tests/test_races.py::test_concurrent_pay_presses_share_an_attempt",
        "tests/payments/test_machine.py::test_books_and_barriers_stay_correct",
        "tests/kills/test_stateful.py::test_books_stay_consistent_through_crashes",
    ],
    6: [
        "tests/test_races.py::test_concurrent_notice_and_query_settle_once",
        "tests/test_races.py::test_concurrent_refund_results_finish_once",
    ],
    7: [
        "tests/payments/test_settling.py::test_refunds_never_exceed_the_payment",
        "tests/test_races.py::test_concurrent_refunds_never_exceed_payment",
        "tests/kills/test_stateful.py::test_books_stay_consistent_through_crashes",
    ],
    8: [
        "tests/payments/reconciliation/test_books.py::test_agreeing_books_are_recorded",
        "tests/payments/reconciliation/test_books.py::test_altered_session_total_is_only_reported",
        "tests/kills/test_stateful.py::test_books_stay_consistent_through_crashes",
    ],
    9: [
        "tests/kills/test_crashes.py::test_payment_query_survives_worker_crash",
        "tests/kills/test_crashes.py::test_refund_request_survives_worker_crash",
        "tests/payments/test_numbers.py::test_unfinished_rows_require_next_check",
        "tests/kills/test_stateful.py::test_books_stay_consistent_through_crashes",
    ],
    10: [
        "tests/payments/test_settling.py::test_payment_at_barrier_opens_once",
        "tests/test_races.py::test_payment_during_exit_read_opens_once",
        "tests/test_races.py::test_concurrent_acknowledgements_apply_once",
        "tests/kills/test_stateful.py::test_books_stay_consistent_through_crashes",
    ],
    11: [
        "tests/driver/test_paying.py::test_forged_payment_fields_are_handled_safely",
    ],
    12: [
        "tests/payments/test_settling.py::test_booked_rows_are_immutable",
        "tests/payments/test_machine.py::test_books_and_barriers_stay_correct",
    ],
    13: [
        "tests/test_privacy.py::test_plate_is_not_found_in_clear",
        "tests/test_privacy.py::test_openid_is_not_found_in_clear",
        "tests/test_money_privacy.py::test_payer_is_not_found_in_clear",
    ],
    14: [
        "tests/payments/test_machine.py::test_ledger_matches_sandbox_books",
        "tests/payments/test_machine.py::test_arrival_order_does_not_change_books",
    ],
}


def is_there(test: str) -> bool:
    """Return whether a test function of this id stands in its file."""
    path, _, name = test.partition("::")
    return name in _tests_in(ROOT / path)


@cache
def _tests_in(file: Path) -> frozenset[str]:
    if not file.is_file():
        return frozenset()
    body = ast.parse(file.read_text(encoding="utf-8")).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))
