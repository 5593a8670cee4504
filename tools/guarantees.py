"""What the product promises, a patch that breaks each promise, and the tests that must then fail.

`tools.controls` applies one patch at a time to a copy of the tree. `old` must stand exactly once in `file`.
docs/guarantees.md is made from this list (`python -m tools.controls write`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    guarantee: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    postgresql: bool = False  # run its tests there


def _c(guarantee: str, file: str, old: str, new: str, *tests: str, postgresql: bool = False) -> Control:
    return Control(guarantee, file, old, new, tests, postgresql)


PAY, GATE, API = "tests/payments/test_settling.py", "tests/lots/test_gates.py", "tests/devices/test_api.py"
NOTICE, TOKEN = "tests/payments/test_notices.py", "tests/payments/test_charge_token.py"
LANE_CODES = "tests/driver/test_lane_codes.py"
PROOF, ERASE = "tests/driver/test_admission.py", "tests/compliance/test_erasure.py"
WECHAT = "payments/providers/wechat/wechat_signing.py"

CONTROLS = (
    # sessions and barriers
    _c(
        "One open session per plate and lot, by a constraint",
        "lots/migrations/0001_initial.py",
        "fields=('lot', 'plate_index'), name='session_one_open_per_plate_and_lot'",
        "fields=('lot', 'plate_index', 'id'), name='session_one_open_per_plate_and_lot'",
        "tests/lots/test_hot.py::test_database_rejects_second_open_stay",
    ),
    _c(
        "A barrier command that expired opens nothing",
        "lots/gates.py",
        "    if command.expires_at <= at:\n        return False\n    if not command.advance(State.SENT",
        "    if not command.advance(State.SENT",
        GATE + "::test_expired_command_is_not_sent",
    ),
    _c(
        "Nothing opens for a session that has ended",
        "lots/gates.py",
        "    if session.left_at is not None:\n        return None\n    read = _held",
        "    read = _held",
        GATE + "::test_nothing_opens_for_ended_stay",
    ),
    _c(
        "A device fetches commands of its own lane only",
        "lots/gates.py",
        "GateCommand.objects.waiting(at).filter(lane_id=device.lane_id)",
        "GateCommand.objects.waiting(at)",
        API + "::test_foreign_device_cannot_access_command",
    ),
    _c(
        "The exit window expires",
        "lots/models/car_park.py",
        "return self.exit_until is not None and at <= self.exit_until",
        "return self.exit_until is not None",
        PAY + "::test_expired_exit_window_charges_difference",
    ),
    # money
    _c(
        "An amount that differs from the order is not credited",
        "payments/settling.py",
        "agreed = (payment.amount_fen, payment.app,",
        "agreed = (statement.amount_fen, payment.app,",
        PAY + "::test_mismatched_statement_is_not_credited",
        NOTICE + "::test_mismatched_amount_is_never_credited",
    ),
    _c(
        "An unknown order's money is reported to staff",
        "payments/settling.py",
        "_report(statement, Discrepancy.Kind.UNKNOWN_NUMBER, at)",
        "pass",
        PAY + "::test_unknown_number_is_recorded_once",
    ),
    _c(
        "A second payment is refunded",
        "payments/settling.py",
        "if surplus := payment.amount_fen - credited:",
        "if (surplus := payment.amount_fen - credited) and False:",
        PAY + "::test_second_payment_is_refunded_automatically",
    ),
    _c(
        "A repeated statement settles once",
        "payments/settling.py",
        "    if payment.state == State.PAID:\n        return payment\n    paid_at",
        "    if payment.state == State.PAID:\n        payment.state = State.PENDING\n    paid_at",
        PAY + "::test_repeated_statement_settles_once",
        "tests/test_races.py::test_concurrent_notices_settle_once",
    ),
    _c(
        "Settling inside another transaction ends with it",
        "core/hot_sql.py",
        "return len(here.atomic_blocks) == 1 and hasattr(here.atomic_blocks[0]",
        "return hasattr(here.atomic_blocks[-1]",
        "tests/test_round_trips.py::test_settle_inside_a_transaction_can_be_undone",
        postgresql=True,
    ),
    _c(
        "Refunds never exceed the payment",
        "payments/refunds.py",
        "if not reserved or amount_fen > _left(payment, surplus=reason == Reason.SURPLUS):",
        "if False:",
        PAY + "::test_refunds_never_exceed_the_payment",
    ),
    _c(
        "The ledger is append-only in the database",
        "payments/append_only.py",
        'for change in ("UPDATE", "DELETE"):',
        "for change in ():",
        PAY + "::test_booked_rows_are_immutable",
        "tests/payments/test_booth_payments.py::test_staff_acts_are_immutable",
    ),
    _c(
        "A payment at the barrier opens it",
        "payments/settling.py",
        "        if waits and payment_coverage.owes_nothing(session, at):\n",
        "        if False:\n",
        PAY + "::test_payment_at_barrier_opens_once",
    ),
    _c(
        "A large refund needs a second person",
        "payments/staff_actions.py",
        "    if request.asked_by_id == by.staff.pk:\n        raise SamePerson\n",
        "",
        "tests/payments/test_corrections.py::test_refund_above_limit_needs_approval",
    ),
    _c(
        "A state changes only along its table",
        "core/state.py",
        "while to in self.TRANSITIONS[self.state]:",
        "while True:",
        GATE + "::test_final_state_is_never_left",
    ),
    _c(
        "A coupon is used by one session",
        "payments/coupons/redemption.py",
        "    if is_busy(coupon):\n        return False\n",
        "",
        "tests/payments/coupons/test_using.py::test_busy_coupon_cannot_be_held_again",
    ),
    # what channels and devices say
    _c(
        "WeChat's signature is checked",
        WECHAT,
        "        except (InvalidSignature, ValueError):\n            return False\n        return True",
        "        except (InvalidSignature, ValueError):\n            return True\n        return True",
        "tests/payments/providers/test_provider_contract.py::test_untrusted_notices_are_refused",
    ),
    _c(
        "A replayed old notice is refused",
        WECHAT,
        "if key is None or abs(at.timestamp() - int(timestamp)) > WINDOW_SECONDS:",
        "if key is None:",
        NOTICE + "::test_late_replayed_notice_is_refused",
        "tests/payments/providers/test_provider_contract.py::test_untrusted_notices_are_refused",
    ),
    _c(
        "A device's signature is checked",
        "devices/request_signing.py",
        "return hmac.compare_digest(expected.encode(), claim.signature.encode())",
        "return bool(expected)",
        API + "::test_unauthenticated_requests_get_identical_401",
        API + "::test_signature_covers_whole_request",
    ),
    _c(
        "A device's request is accepted once",
        "devices/api/auth.py",
        "        raise Replayed from None\n",
        "        return\n",
        API + "::test_nonce_is_single_use",
    ),
    _c(
        "A device's request is recent",
        "devices/request_signing.py",
        "return abs(claim.timestamp - at.timestamp()) <= WINDOW.total_seconds()",
        "return True",
        API + "::test_stale_timestamp_returns_clock_skew",
    ),
    _c(
        "A call outside ends in time",
        "core/transport.py",
        "        end = time.monotonic() + self.read_seconds\n",
        "        end = time.monotonic() + 10**6\n",
        "tests/payments/providers/test_transport.py::test_broken_response_is_unknown_and_unlogged",
    ),
    _c(
        "Calls to channels follow no redirect",
        "core/transport.py",
        "redirect=False,",
        "redirect=True,\n            retries=3,",
        "tests/payments/providers/test_transport.py::test_redirects_are_not_followed",
    ),
    # the driver's page
    _c(
        "A forged or altered charge is refused",
        "payments/charge_token.py",
        "    for key in _keys(at):\n        try:\n            return _unpack(key.decrypt",
        "    for key in ():\n        try:\n            return _unpack(key.decrypt",
        TOKEN + "::test_every_charge_survives_sealing",
    ),
    _c(
        "A charge token has one accepted spelling",
        "payments/charge_token.py",
        '    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:',
        "    if False:",
        TOKEN + "::test_other_spellings_are_refused",
    ),
    _c(
        "Other sites' forms are refused",
        "presentation/guard.py",
        'if site not in {None, "same-origin", "none"}:',
        "if False:",
        "tests/driver/test_guard.py::test_cross_site_posts_are_rejected",
    ),
    _c(
        "Absent, free and paid cars are answered alike",
        "driver/plate.py",
        "nothing=True, **hints_of(plate))",
        "nothing=True, given=answer.session, **hints_of(plate))",
        "tests/driver/test_plate_oracle.py::test_responses_differ_only_in_plate",
    ),
    _c(
        "A search without a result spends the budget",
        "driver/plate.py",
        "            admitted.missed()\n            return sign.show(",
        "            return sign.show(",
        PROOF + "::test_sweep_over_http_learns_under_one_percent",
    ),
    _c(
        "A search answered without a view spends it too",
        "driver/hot_charge.py",
        "        admitted.missed()\n",
        "",
        "tests/driver/test_hot_charge.py::test_misses_without_a_view_are_counted",
    ),
    _c(
        "The budget is shared by all processes",
        "lots/lookup_budget.py",
        "            sums = add_points(self._bucket, lot_id, spent)\n",
        "            raise DatabaseError\n",
        PROOF + "::test_budget_holds_across_processes",
    ),
    _c(
        "IPv6 clients are counted by network",
        "core/client_networks.py",
        "ONE_CLIENT, ONE_NETWORK = 64, 48",
        "ONE_CLIENT, ONE_NETWORK = 128, 128",
        PROOF + "::test_ipv6_network_shares_a_budget",
        PROOF + "::test_client_is_address_or_prefix",
    ),
    _c(
        "A spent budget of a lot slows strangers only",
        "lots/lookup_budget.py",
        "BASE if is_spent and self._is_stranger(lot_id, client) else 0",
        "BASE if is_spent else 0",
        PROOF + "::test_spent_lot_slows_strangers_only",
    ),
    _c(
        "A proof of work is for one plate",
        "driver/admission.py",
        'to = f"{client.name}|{lot_id}|{subject}"',
        'to = f"{client.name}|{lot_id}"',
        PROOF + "::test_proof_is_for_one_plate",
        PROOF + "::test_lane_proof_is_for_that_lane",
    ),
    _c(
        "Views of an exit lane's page are limited",
        "driver/plate.py",
        "    admitted.viewed()\n",
        "",
        PROOF + "::test_lane_views_are_budgeted",
    ),
    _c(
        "A sweep that computes learns under one percent",
        "lots/lookup_budget.py",
        "SHARED_FROM = 20 ",
        "SHARED_FROM = 1 ",
        PROOF + "::test_solving_sweep_learns_under_one_percent",
    ),
    _c(
        "Drivers are not locked out by a sweep in their Wi-Fi",
        "lots/lookup_budget.py",
        "            if self._is_shared(lot_id, client):\n",
        "            if False:\n",
        PROOF + "::test_sweep_beside_drivers_learns_under_one_percent",
    ),
    _c(
        "A screen's code is good for one car",
        "lots/lane_codes.py",
        '    car = bytes(read.plate_index or b"") or b"%d" % read.pk\n',
        '    car = b""\n',
        LANE_CODES + "::test_code_dies_when_the_car_leaves",
    ),
    _c(
        "A screen's code expires",
        "lots/lane_codes.py",
        "    return int(at.timestamp()) // WINDOW\n",
        "    return 0\n",
        LANE_CODES + "::test_code_expires_after_overlap",
    ),
    _c(
        "The printed code of a lane with a screen shows nothing",
        "driver/plate.py",
        "    if sign.facts.has_screen and not lane_codes.is_fresh(",
        "    if False and not lane_codes.is_fresh(",
        LANE_CODES + "::test_printed_code_asks_for_plate",
        LANE_CODES + "::test_code_of_another_lane_shows_nothing",
    ),
    _c(
        "A printed lane code shows no more than the display",
        "driver/plate.py",
        "            is_brief = not sign.facts.has_screen ",
        "            is_brief = False ",
        LANE_CODES + "::test_printed_code_shows_what_display_shows",
    ),
    # privacy
    _c(
        "A plate is sealed in the database",
        "core/vault.py",
        '    return seal(text, f"plate {lot_id}")',
        "    return text.encode()",
        "tests/test_privacy.py::test_plate_is_not_found_in_clear",
    ),
    _c(
        "A sealed value opens in its own place only",
        "core/vault.py",
        "return _cipher(key).decrypt(nonce, body, context.encode())",
        "return body",
        "tests/compliance/test_rekeying.py::test_old_key_can_be_dropped",
    ),
    _c(
        "Plates are erased in time",
        "compliance/retention.py",
        "return at - timedelta(hours=lot.retention_hours)",
        "return at - timedelta(days=999)",
        ERASE + "::test_plate_is_erased_after_retention",
    ),
    _c(
        "Logs hold no message of an error",
        "config/middleware.py",
        "            error=type(error).__name__,",
        "            error=str(error),",
        "tests/test_request_log.py::test_exception_is_logged_without_message",
    ),
    _c(
        "Every stored field is declared",
        "lots/models/lookups.py",
        '"id bucket lot_id name points"',
        '"id bucket lot_id name"',
        "tests/compliance/test_inventory.py::test_every_field_is_declared_once",
    ),
    # staff
    _c(
        "The sealed audit log shows a change",
        "compliance/audit/audit_chain.py",
        "if wrong := tuple(name for name in names if now[name] != link.parts[name]):",
        "if wrong := ():",
        "tests/console/test_compliance.py::test_tampered_setting_change_is_detected",
        "tests/console/test_compliance.py::test_inserted_staff_act_is_detected",
    ),
    _c(
        "An API view without permissions refuses",
        "devices/deny_all.py",
        "return False",
        "return True",
        "tests/devices/test_device_permissions.py::test_view_without_permissions_refuses",
    ),
    _c(
        "Staff see their own lots only",
        "staff/access.py",
        'return rows.filter(**{f"{path}__in": self._lot_ids(action or self.action)})',
        "return rows",
        "tests/console/test_permission_matrix.py::test_page_access_matches_permission_table",
    ),
    _c(
        "Row-level security hides other operators from the console",
        "config/middleware.py",
        "with database.patient(), row_security.console():",
        "with database.patient():",
        "tests/console/test_row_security.py::test_forgotten_filter_shows_nothing_of_others",
        postgresql=True,
    ),
    _c(
        "Row-level security is forced on every operator's table",
        "core/row_security.py",
        'f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",',
        "",
        "tests/console/test_row_security.py::test_every_table_of_an_operator_is_forced",
        postgresql=True,
    ),
    _c(
        "Sensitive pages ask for a second factor",
        "staff/access.py",
        "            if not person.is_sure_enough(action):\n                request.session[BACK]",
        "            if False:\n                request.session[BACK]",
        "tests/console/test_permission_matrix.py::test_sensitive_pages_require_second_factor",
    ),
    _c(
        "An idle sign-in ends",
        "staff/session_limits.py",
        "if min(idle, whole) <= timedelta():",
        "if whole <= timedelta():",
        "tests/console/test_sessions.py::test_idle_session_ends",
    ),
    _c(
        "Guessable passwords are refused",
        "staff/passwords.py",
        "if len(without_known(text, words_of(user))) < LEAST_REST:",
        "if False:",
        "tests/console/test_sessions.py::test_guessable_password_is_refused",
    ),
    _c(
        "The requester cannot create or reset the approver",
        "staff/second_person.py",
        "        raise MadeByAsker\n",
        "        return\n",
        "tests/console/test_second_person.py::test_new_account_waits_a_day",
        "tests/console/test_second_person.py::test_reset_account_waits",
        "tests/console/test_second_person.py::test_account_without_its_factors_waits",
    ),
    # in front of another parking system
    _c(
        "A bill without its number is a fault, not an absent car",
        "lots/systems/remote.py",
        "    if not number and not is_blank(bill):\n",
        "    if False:\n",
        "tests/lots/systems/test_hostile_answers.py::test_bill_without_number_is_a_fault",
    ),
    _c(
        "A refused payment is refunded only if its order is gone",
        "lots/systems/bolian.py",
        "        if _knows_no_order(known) and _message_of(known):\n",
        "        if True:\n",
        "tests/lots/systems/test_other_vendors.py::test_bolian_refusal_refunds_only_a_lost_order",
    ),
    _c(
        "A settlement that is repeated keeps its number",
        "payments/settlements.py",
        "        number=payment.number,\n",
        "        number=payment.number + str(row.checks),\n",
        "tests/payments/test_settlements.py::test_repeats_use_the_same_number",
    ),
    _c(
        "Another lot of the vendor cannot judge a settlement",
        "payments/settlements.py",
        "    if (row.system, row.system_digest) != here:",
        "    if row.system != here[0]:",
        "tests/payments/test_switched_systems.py::test_other_site_judges_no_former_payment",
    ),
    _c(
        "A payment that may be counted is not refunded automatically",
        "payments/settlements.py",
        "        case parking_system.SessionGone() if _staff_decide(row):\n",
        "        case parking_system.SessionGone() if False:\n",
        "tests/payments/test_settlements.py::test_unclear_answer_is_never_given_back",
    ),
    _c(
        "A payment whose answer was lost in a crash is not refunded automatically",
        "payments/settlements.py",
        "    _unfinished(row).update(may_be_counted=True)",
        "    _unfinished(row).update(may_be_counted=False)",
        "tests/payments/test_settlements.py::test_answer_lost_by_death_is_never_given_back",
    ),
    _c(
        "Our own tariff is not shown in front of another system",
        "presentation/page_data.py",
        "    if lot.system != Lot.System.BUILTIN:\n",
        "    if False:\n",
        "tests/driver/test_in_front_answers.py::test_own_tariff_is_shown_nowhere",
    ),
    _c(
        "A fee that was paid elsewhere is not taken again",
        "payments/check_before_paying.py",
        "    elif not system_of(lot).can_ask_again:\n",
        "    elif False:\n",
        "tests/driver/test_in_front_answers.py::test_fee_paid_over_there_takes_no_money",
        "tests/driver/test_in_front_answers.py::test_lane_fee_paid_elsewhere_takes_nothing",
    ),
    _c(
        "The address of a fee asks for no other plate",
        "payments/check_before_paying.py",
        "    if plate is not None and not charge.is_of(plate):\n",
        "    if False:\n",
        "tests/driver/test_in_front_answers.py::test_fee_address_asks_for_no_other_plate",
    ),
    _c(
        "A payment that the parking system has counted is kept",
        "payments/settlements.py",
        "        case parking_system.SessionGone() if notice_effects.was_counted(row.lot, payment.number):\n",
        "        case parking_system.SessionGone() if False:\n",
        "tests/driver/test_system_notices.py::test_counted_payment_of_gone_car_is_kept",
    ),
    _c(
        "A parking system's answer must carry a right signature",
        "lots/systems/bolian.py",
        '    if not hmac.compare_digest(wanted, found["sign"].upper()):\n',
        "    if False:\n",
        "tests/lots/systems/test_other_vendors.py::test_forged_answer_is_refused",
    ),
    _c(
        "Checks that a fast clock dated ahead run once it is right",
        "core/claims.py",
        ".update(next_check_at=at) if self._pace else 0\n",
        ".count() if self._pace else 0\n",
        "tests/payments/test_clock_set_back.py::test_payment_of_a_fast_clock_is_checked",
        "tests/payments/test_clock_set_back.py::test_settlement_of_a_fast_clock_is_sent",
    ),
    _c(
        "SQLite's log is written back while nothing can be written",
        "core/sqlite_checkpoint.py",
        " as second, transaction.atomic():\n            second",
        " as second:\n            second",
        "tests/test_sqlite_checkpoint.py::test_log_is_written_back_under_write_lock",
    ),
    _c(
        "A process keeps its lock on SQLite's file until it ends",
        "core/sqlite_lock.py",
        "        if key not in _held:",
        "        if False:",
        "tests/test_sqlite_lock.py::test_other_process_leaves_log",
    ),
    _c(
        "A replayed page answers under our own hosts only",
        "config/replay.py",
        'environ.get("HTTP_HOST", ""), encoding',
        "encoding",
        "tests/driver/test_replay.py::test_replay_refuses_a_foreign_host",
    ),
    # the self-check
    _c(
        "The self-check's reader speaks HTTP only",
        "selfcheck/fetching.py",
        "    opener = urllib.request.OpenerDirector()\n",
        "    opener = urllib.request.build_opener()\n",
        "tests/selfcheck/test_fetching.py::test_opener_speaks_http_only",
        "tests/selfcheck/test_fetching.py::test_redirects_are_not_followed",
    ),
    _c(
        "IPv4 addresses inside IPv6 are checked as IPv4",
        "selfcheck/network_addresses.py",
        "    inner = _inside(ip) if isinstance(ip, ipaddress.IPv6Address) else None\n",
        "    inner = None\n",
        "tests/selfcheck/test_pure_functions.py::test_only_internet_addresses_are_public",
    ),
)
