"""A parking system that speaks the open pair, in one file and the standard library: a start for a vendor.

    PARKING_SECRET=change-me python parking_system_server.py 8190

`charge` and `settle` below work on a dictionary; put your database there. The rest can stay as it is.
docs/systems-openapi.yaml describes each field; `make conform` tests a server.
"""

import hashlib
import hmac
import json
import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ.get("PARKING_SECRET", "change-me")
LOT = os.environ.get("PARKING_LOT", "east")
# One car, as an example: "lane" is the exit where it waits, "price_fen" what the whole stay costs now.
CAR = {"plate": "沪A12345", "session": "S1", "lane": "1", "entered_at": "2026-01-05T09:30:00+08:00"}
CARS = [CAR | {"price_fen": 1050, "paid_fen": 0}]
LOCK = threading.Lock()  # one act at a time: repeats may arrive together
COUNTED = {}  # number of a payment → its answer: a repeat gets the same one and counts nothing


def car_of(body):
    """Find the car of a plate, of an earlier answer, or in an exit lane."""
    name = next((name for name in ("plate", "session", "lane") if name in body), "plate")
    return next((car for car in CARS if car[name] == body.get(name)), None)


def charge(body):
    """Return what a car owes. Changes nothing."""
    car = car_of(body)
    if car is None:
        return {"result": "nothing_due", "reason": "no_lane_car" if "lane" in body else "absent"}
    due = car["price_fen"] - car["paid_fen"]
    if due <= 0:
        return {"result": "nothing_due", "reason": "paid" if car["paid_fen"] else "free"}
    answer = {name: car[name] for name in ("session", "price_fen", "paid_fen", "entered_at")}
    if "lane" in body:
        answer["masked_plate"] = f"{car['plate'][:2]}***{car['plate'][-2:]}"
    return answer | {"result": "due", "reference": f"{car['session']}-{int(time.time())}", "due_fen": due}


def settle(body):
    """Count a payment once, and let the car out: where "lane" is given, open that barrier."""
    if body["number"] in COUNTED:
        return COUNTED[body["number"]]
    car = car_of({"session": body["session"]})
    if car is None:
        return {"result": "stay_gone"}  # the driver gets the money back
    car["paid_fen"] += body["amount_fen"]
    leave_by = (datetime.now(UTC) + timedelta(minutes=15)).isoformat()
    COUNTED[body["number"]] = {"result": "accepted", "leave_by": leave_by}
    return COUNTED[body["number"]]


def sign(what, path, timestamp, nonce, body):
    signed = f"{what}\n{path}\n{timestamp}\n{nonce}\n".encode() + body
    return hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 65536))
        names = ("X-Parking-Timestamp", "X-Parking-Nonce", "X-Parking-Signature")
        timestamp, nonce, signature = (self.headers.get(name, "") for name in names)
        expected = sign("POST", self.path, timestamp, nonce, body)
        is_signed = hmac.compare_digest(expected.encode(), signature.encode())
        if not is_signed or not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > 300:
            return self.answer(401, {}, nonce)
        question = json.loads(body)
        if question.get("lot") != LOT:
            return self.answer(200, {"result": "lot_unknown"}, nonce)
        act = {"charge": charge, "settle": settle}.get(self.path.rsplit("/", 1)[-1])
        with LOCK:
            content = act(question) if act else {}
        return self.answer(200 if act else 404, content, nonce)

    def answer(self, status, content, nonce):
        body, timestamp = json.dumps(content, ensure_ascii=False).encode(), str(int(time.time()))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Parking-Timestamp", timestamp)
        self.send_header("X-Parking-Signature", sign(f"ANSWER {status}", self.path, timestamp, nonce, body))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Log nothing: a request holds a plate."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 8190), Handler)
    print(f"ready on port {server.server_port}", flush=True)
    server.serve_forever()
