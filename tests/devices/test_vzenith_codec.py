"""What a Vzenith camera says is read, or refused without repeating it."""

import copy
import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.vzenith import codec
from devices.vzenith.codec import VzenithError, read_heartbeat, read_push

RECT = {"bottom": 674, "left": 1002, "right": 1263, "top": 565}
SAMPLE: dict[str, Any] = {
    "AlarmInfoPlate": {
        "channel": 0,
        "deviceName": "R5-V1.0",
        "ipaddr": "192.168.55.131",
        "result": {
            "PlateResult": {
                "bright": 0,
                "car_brand": {"brand": 255, "type": 255, "year": 65535},
                "colorType": 4,
                "confidence": 96,
                "direction": 0,
                "feature_code": True,
                "imageFile": "",
                "imageFragmentFile": "",
                "gioouts": [{"ctrltype": 0, "ionum": "0"}, {"ctrltype": 0, "ionum": 1}],
                "isoffline": 0,
                "license": "粤Z9065澳",
                "location": {"RECT": RECT},
                "plateid": 21085,
                "plates": [{"color": 4, "license": "粤Z9065澳", "pos": RECT, "type": 14}],
                "timeStamp": {
                    "Timeval": {
                        "decday": 9,
                        "dechour": 16,
                        "decyear": 2023,
                        "sec": 1686299994,
                        "usec": 687772,
                    }
                },
                "triggerType": 4,
                "type": 14,
            }
        },
        "rule_id": 1,
        "serialno": "fe71e106-57263272",
        "user_data": "",
    }
}
OLD_SAMPLE: dict[str, Any] = {
    "AlarmInfoPlate": {
        "deviceName": "IVS",
        "result": {
            "PlateResult": {
                "confidence": 0,
                "imagePath": "xxxxx.jpg",
                "license": "_无_",
                "timeStamp": {"Timeval": {"decyear": 2018, "sec": 1441815171, "usec": 672241}},
                "triggerType": 4,
                "type": 0,
            }
        },
        "serialno": "eff50e18-e3d3862b",
    }
}
FORM_TYPE = "multipart/form-data; boundary=------------------------caa771fe4a61f3d9"
FORM = {
    "device_name": "IVS",
    "ipaddr": "192.168.109.40",
    "port": "80",
    "user_name": "admin",
    "pass_wd": "hunter2-secret",
    "serialno": "d85b1269-8f942256",
    "channel_num": "1",
}


def push(**changes: Any) -> codec.Push:
    """Read the sample with some fields of its result changed."""
    return read_push(changed(**changes))


def changed(**changes: Any) -> bytes:
    alarm = copy.deepcopy(SAMPLE)
    result = alarm["AlarmInfoPlate"]["result"]["PlateResult"]
    stamp = result["timeStamp"]["Timeval"]
    for key, value in changes.items():
        (stamp if key in stamp else result)[key] = value
    return json.dumps(alarm).encode()


def form(fields: dict[str, str], *, end: str = "\r\n") -> bytes:
    mark = "--------------------------caa771fe4a61f3d9"
    parts = [
        f'{mark}{end}Content-Disposition: form-data; name="{name}"{end}{end}{value}{end}'
        for name, value in fields.items()
    ]
    return ("".join(parts) + mark + "--" + end).encode()


def test_documented_sample_is_parsed():
    assert read_push(json.dumps(SAMPLE, ensure_ascii=False).encode()) == codec.Push(
        serial="fe71e106-57263272",
        plate_id=21085,
        plate="粤Z9065澳",
        captured_at=datetime(2023, 6, 9, 8, 39, 54, 687772, UTC),
        offline=False,
        confidence=96,
        colour=4,
        plate_type=14,
    )


def test_push_in_other_encodings_is_read():
    text = json.dumps(SAMPLE, ensure_ascii=False)
    assert read_push(text.encode("gb2312")) == read_push(text.encode())
    assert read_push(text.encode("utf-8-sig")) == read_push(text.encode())


@pytest.mark.parametrize(
    "changes", [{"direction": -1}, {"triggerType": "key"}, {"colorValue": None}, {"carBright": 2**70}]
)
def test_unused_field_loses_no_read(changes):
    assert push(**changes).plate == "粤Z9065澳"


def test_device_name_loses_no_read():
    alarm = copy.deepcopy(SAMPLE)
    alarm["AlarmInfoPlate"]["deviceName"] = "出口\t1" * 100
    assert read_push(json.dumps(alarm).encode()).plate == "粤Z9065澳"


def test_old_firmware_push_is_parsed():
    read = read_push(json.dumps(OLD_SAMPLE).encode())
    assert (read.plate, read.plate_id, read.captured_at.year) == (None, None, 2015)
    assert read.key == "1441815171.672241"


@pytest.mark.parametrize(
    "changes",
    [
        {"license": "_无_"},
        {"license": ""},
        {"license": None},
        {"license": 12345},
        {"license": ["沪A12345"]},
        {"license": "沪" * 33},
        {"license": "\u200b"},
        {"type": 31},
        {"type": 30},
    ],
)
def test_unreadable_plate_is_none(changes):
    assert push(**changes).plate is None


@pytest.mark.parametrize("mark", ["\0", "\u200b", "\ufeff", "\ud800", "\u202e", "\u3164", "\ufe0f", "\n"])
def test_plate_loses_invisible_characters(mark):
    assert push(license=f"{mark}沪A{mark * 30}12345").plate == "沪A12345"


@pytest.mark.parametrize("wrong", [True, -1, 2**63, 1.5, "1e3", [1], float("nan")])
def test_unsound_number_loses_no_car(wrong):
    read = push(plateid=wrong, confidence=wrong, type=wrong, colorType=wrong, usec=wrong)
    assert (read.plate, read.plate_type, read.captured_at.microsecond) == ("粤Z9065澳", 0, 0)
    assert (read.plate_id, read.confidence) == (None, 0)


def test_record_key_survives_counter_restart():
    assert push().key == push(isoffline=1).key == "21085-1686299994"
    assert push(sec=1686299995).key != push().key


@pytest.mark.parametrize("wrong", [None, -1, 2**32, True, 1.5, "12:00", {}, float("nan")])
def test_unsound_time_loses_no_car(wrong):
    for read in (push(sec=wrong), push(timeStamp=wrong), push(timeStamp={"Timeval": wrong})):
        assert (read.plate, read.captured_at, read.key) == ("粤Z9065澳", None, "21085-untimed")
    assert push(sec=wrong, plateid=-1).key == ""


@pytest.mark.parametrize(
    ("value", "offline"),
    [(1, True), ("1", True), (True, True), (0, False), ("false", False), ("", False), (None, False)]
    + [(wrong, None) for wrong in (2, -1, "no", [1], 1.0)],
)
def test_offline_flag_is_read(value, offline):
    assert push(isoffline=value).offline is offline


@pytest.mark.parametrize("seconds", [0, 915_148_800, 4_133_980_800])
def test_wrong_year_is_accepted(seconds):
    assert push(sec=seconds).captured_at.timestamp() == pytest.approx(seconds, abs=1)


def test_numeric_strings_are_parsed():
    assert push(plateid="21085", confidence="96", isoffline="1").key == push().key


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"text"',
        b'{"AlarmInfoPlate":[]}',
        b'{"AlarmInfoPlate":{"result":null}}',
        b'{"AlarmGioIn":{}}',
        b"[" * 100_000,
        b'{"AlarmInfoPlate":' + b"9" * 10_000 + b"}",
        b'{"AlarmInfoPlate":{"serialno":"\xe6\xb2\xaaA12345',
    ],
)
def test_malformed_body_error_has_no_context(body):
    with pytest.raises(VzenithError) as refused:
        read_push(body)
    assert refused.value.__context__ is None
    assert refused.value.__cause__ is None


def test_bad_serial_number_counts_as_none():
    alarm = copy.deepcopy(SAMPLE)
    for wrong, serial in (("x\r\ny", ""), (["x"], ""), (9158, "9158")):
        alarm["AlarmInfoPlate"]["serialno"] = wrong
        assert read_push(json.dumps(alarm).encode()).serial == serial


@pytest.mark.parametrize("end", ["\0", "\0\0\r\n", "\r\n\r\n"])
def test_body_may_end_as_text_in_c(end):
    assert read_push(changed() + end.encode()).plate == "粤Z9065澳"


def test_broken_character_loses_no_car():
    read = read_push(changed().replace("澳".encode(), b"\xe6\xff", 1))
    assert (read.plate_id, read.key) == (21085, push().key)


def test_base64_may_have_line_breaks():
    picture = b64encode(b"jpeg" * 30).decode()
    for end in ("\n", "\r\n"):
        lines = end.join(picture[start : start + 76] for start in range(0, len(picture), 76))
        body = changed(imageFile=lines)
        for sent in (body, body.replace(b"\\r", b"\r").replace(b"\\n", b"\n")):
            assert read_push(sent, images=True).picture == b"jpeg" * 30


def test_push_repr_omits_plate_and_pictures():
    body = changed(imageFile=b64encode(b"JPEG-BYTES").decode())
    assert "9065" not in repr(read_push(body, images=True))
    assert "JPEG" not in repr(read_push(body, images=True))


def test_broken_picture_does_not_lose_read():
    body = changed(imageFile=b64encode(b"jpeg").decode(), imageFragmentFile="not base64!")
    assert read_push(body).picture is None
    read = read_push(body, images=True)
    assert (read.picture, read.plate_picture, read.plate) == (b"jpeg", None, "粤Z9065澳")


@given(st.binary(max_size=300))
def test_random_bytes_parse_or_raise(body):
    try:
        read_push(body)
        read_heartbeat("multipart/form-data", body)
    except VzenithError:
        pass


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(
        ["license", "plateid", "type", "isoffline", "sec", "usec", "timeStamp", "confidence", "imageFile"]
    ),
    JSON,
)
def test_random_field_values_parse_or_raise(field, value):
    try:
        read = read_push(changed(**{field: value}), images=True)
    except VzenithError:
        return
    assert len(read.key) <= 80
    (read.plate or "").encode()


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_heartbeat_discards_all_but_serial(end):
    heartbeat = read_heartbeat(FORM_TYPE, form(FORM, end=end))
    assert heartbeat == codec.CameraHeartbeat("d85b1269-8f942256")
    assert "hunter2" not in repr(heartbeat)


@pytest.mark.parametrize(
    "body", [b"serialno=d85b1269-8f942256&pass_wd=x", b"pass_wd=x&serialno=d85b1269%2D8f942256"]
)
def test_urlencoded_heartbeat_is_parsed(body):
    assert read_heartbeat("application/x-www-form-urlencoded", body).serial == "d85b1269-8f942256"


@pytest.mark.parametrize("serial", ["", "x" * 65, "沪A12345", "a b"])
@pytest.mark.parametrize("multipart", [True, False])
def test_bad_serial_error_omits_password(serial, multipart):
    fields = FORM | {"serialno": serial}
    body = form(fields) if multipart else "&".join(f"{k}={v}" for k, v in fields.items()).encode()
    with pytest.raises(VzenithError) as refused:
        read_heartbeat(FORM_TYPE if multipart else "application/x-www-form-urlencoded", body)
    assert str(refused.value) == "serialno"
    assert refused.value.__context__ is None


def test_form_without_serial_is_refused():
    with pytest.raises(VzenithError):
        read_heartbeat(FORM_TYPE, form({"device_name": "IVS", "pass_wd": "x"}))


def test_open_answer_sets_relay_and_record():
    assert codec.opened(push(), relay=1) == {
        "Response_AlarmInfoPlate": {
            "info": "ok",
            "content": "retransfer_stop",
            "is_pay": "true",
            "channelNum": 1,
            "plateid": 21085,
        }
    }


def test_acknowledgement_does_not_open():
    assert codec.acknowledged(push()) == {
        "Response_AlarmInfoPlate": {
            "info": "no",
            "content": "retransfer_stop",
            "is_pay": "false",
            "plateid": 21085,
        }
    }


@pytest.mark.parametrize("answer", [codec.opened, codec.acknowledged])
def test_offline_answer_requests_next_record(answer):
    reply = answer(push(isoffline=1))["Response_AlarmInfoPlate"]
    assert reply["info"] == "no"
    assert reply["ContinuePushOffline"] == {"plateid": 21085, "continue": 1}


def test_comet_answers_open_or_idle():
    assert codec.comet_opening()["Response_AlarmInfoPlate"]["info"] == "ok"
    assert codec.comet_idle() == {"Response_AlarmInfoPlate": {}}


def test_invalid_relay_raises_value_error():
    with pytest.raises(ValueError, match="relays"):
        codec.comet_opening(relay=4)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_any_answer_carries_audio_and_screen(encoding):
    extras = codec.voice("请缴费", encoding=encoding), codec.screen("应付 8.00 元", qr="https://x.test/p/AB")
    reply = codec.acknowledged(push(), *extras)["Response_AlarmInfoPlate"]
    assert b64decode(reply["playserver_json_request"]["voice"]).decode(encoding) == "请缴费"
    assert b64decode(reply["body"]["custom"][0]).decode() == "应付 8.00 元"
    assert b64decode(reply["body"]["scene_name"]) == b"busy_half"
    assert reply["body"]["qrcode_text"] == "https://x.test/p/AB"
    assert reply["info"] == "no"
