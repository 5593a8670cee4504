"""The phone that looks over the page's shoulder does see what a page must not do."""

import pytest

from tests.browser.page_watch import new_phone

VIOLATIONS = {
    "a cookie": "document.cookie = 'a=b'",
    "storage, even tidied up": "localStorage.setItem('a', 'b'); localStorage.clear()",
    "a database": "indexedDB.open('a')",
    "another host": "fetch('http://elsewhere.invalid/').catch(() => 0)",
    "a picture": "new Image().src = '/x'",
    "a style that the policy does not know": "document.body.innerHTML = '<p style=\"color:red\">'",
    "a complaint": "console.error('oh')",
}


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_violation_is_detected(car_park, chromium, sandbox_server, violation):
    phone = new_phone(chromium, ours=car_park.url, cashier=sandbox_server.url)
    phone.open(f"/p/{car_park.pure.code}").stays_pure()
    phone.page.evaluate(f"() => {{ {VIOLATIONS[violation]} }}")
    phone.page.wait_for_timeout(100)
    with pytest.raises(AssertionError):
        phone.stays_pure()
    phone.context.close()
