"""Lets tests control the sandbox over HTTP. Off unless it is started with `--control`: it asks for no key."""

import json
from typing import Any

from sandbox.channel import SandboxChannel, SandboxRefusal
from sandbox.faults import Faults

PATH = "/control"


class SandboxControl:
    """One command per request, as a JSON object:

    - `{"fault": name, "on": "POST /v3/pay", "times": 1 or null, …}` activates a fault
    - `{"used_up": name}` answers 204 once a fault has met all its requests, else 400
    - `{"clear": true}` clears all faults
    - `{"action": "pays", "number": …}` performs an action of the payer at the cashier
    - `{"late_payment": number}` lets a late payment arrive, also for a closed order
    - `{"backdate": "2026-11-23T…", "number": …}` moves an order or refund to the bill of that day
    """

    def __init__(self, channel: SandboxChannel, faults: Faults) -> None:
        self.channel, self.faults = channel, faults

    def run(self, body: bytes) -> int:
        """Execute the command in `body` and return the HTTP status."""
        try:
            self._run(json.loads(body))
        except SandboxRefusal as refusal:
            return refusal.status
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            return 400
        return 204

    def _run(self, command: dict[str, Any]) -> None:
        if command.get("clear"):
            self.faults.clear()
        elif "used_up" in command:
            if self.faults.is_set(str(command["used_up"])):
                raise ValueError
        elif "action" in command:
            order = self.channel.get_order(str(command.get("number")))
            self.channel.perform(order, str(command["action"]))
        elif "late_payment" in command:
            self.channel.pay(self.channel.get_order(str(command["late_payment"])))
        elif "backdate" in command:
            self.channel.backdate(str(command.get("number")), str(command["backdate"]))
        else:
            self.faults.set(command.pop("fault"), **command)
