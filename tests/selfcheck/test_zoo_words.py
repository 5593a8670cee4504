"""The words of every clean page of the zoo accuse nobody: no browser, so all of them on each run."""

import re
from html import unescape
from urllib.parse import quote

import pytest

from selfcheck import offer_wording, prompt_wording
from selfcheck.answer_wording import tells_besides
from selfcheck.page_controls import asked_first, lured, priced_goods
from tests.selfcheck.zoo.animals import PLATE
from tests.selfcheck.zoo.families import cases
from tests.selfcheck.zoo.sentences import PUSHES, STATES

INLINE = {"a", "b", "i", "em", "strong", "span", "time", "small", "font", "label"}
TAG = re.compile(r"</?([a-z][\w-]*)[^>]*>", re.IGNORECASE)
UNUSED = re.compile(r"<script type=.*?</script>", re.DOTALL)  # data, and templates of other views
NOT_SHOWN = re.compile(
    r"<(style|script|template|dialog)\b.*?</\1>|<(\w+)[^>]*display:none[^>]*>.*?</\2>",
    re.DOTALL | re.IGNORECASE,
)
MARKUP_IN_SCRIPT = re.compile(r"`([^`]*<\w[^`]*)`")
COUNTED = 23  # the last batch that was counted: what is written after it stays unseen
CLEAN = [case.animal for case in cases() if not case.animal.breaks and case.batch <= COUNTED]


def words(markup):
    """Return what a page says, a line for each block; also what its scripts write into it."""
    markup = UNUSED.sub("", markup)
    written = "".join(MARKUP_IN_SCRIPT.findall(markup))
    shown = NOT_SHOWN.sub("", markup) + NOT_SHOWN.sub("", written)
    return unescape(TAG.sub(lambda tag: "" if tag[1].lower() in INLINE else "\n", shown))


def accusations(text):
    found = (
        prompt_wording.prompts_in(text),
        asked_first(text),
        lured(text),
        priced_goods(text),
        offer_wording.advertised(text),
        offer_wording.dearer(text),
    )
    return [one for one in found if one]


def test_clean_words_accuse_nobody():
    """One test for all pages: most take less than a millisecond."""
    wrong = {}
    for animal in CLEAN:
        page = words(animal.answer("GET", "/p/7F3K", "").body)
        answer = words(animal.answer("POST", "/p/7F3K", f"plate={quote(PLATE)}").body)
        besides = tells_besides(answer, page) if not animal.whole else ""
        if found := [*accusations(page), *accusations(answer), *filter(None, [besides])]:
            wrong[animal.zh] = found
    assert wrong == {}


@pytest.mark.parametrize(
    "markup", ["<p>请先关注<b>公众号</b></p>", "<script>x=`<p>请先关注公众号</p>`</script>"]
)
def test_words_of_markup_are_read(markup):
    assert accusations(words(markup))


def test_each_page_has_its_own_host():
    """Two pages of one name would be judged by what one of them shows."""
    hosts = [case.animal.host for case in cases()]
    assert len(hosts) == len(set(hosts))


def test_pages_name_no_host_but_their_own():
    named = re.compile(r"\bunseen\d+n?\d*x\d+")
    wrong = {c.animal.zh for c in cases() for name in named.findall(repr(c.animal)) if name != c.animal.name}
    assert wrong == set()


def test_honest_sentences_accuse_nobody():
    assert {text: found for text in STATES if (found := accusations(text))} == {}


def test_pushing_sentences_are_found():
    assert [text for text in PUSHES if not accusations(text)] == []
