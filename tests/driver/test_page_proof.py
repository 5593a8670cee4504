"""A served page is compared with the one that its release makes; whatever was altered is named."""

import base64
import gzip
import json
import shutil
import sys
from contextlib import suppress
from dataclasses import replace

import pytest
from django.test import Client

from core import release as core_release
from driver import first_pages, page_cache, rebuild
from lots.models import Sign
from lots.sign_register import new_sign, revoke
from presentation.published_facts import BadFacts, read_sign
from selfcheck import command_line, page_proof
from selfcheck.browser import Options
from selfcheck.fetching import Fetched
from selfcheck.page_proof import NoSource, ReleaseSource, verify_page
from selfcheck.signed_declaration import PATH, public_key, sign
from tests.factories import NOON, make_lot

SECRET = bytes(range(32))
pytestmark = pytest.mark.django_db


class Site:
    """Our own site as the tool sees it; `alter` changes answers on their way."""

    def __init__(self):
        self.alter = {}  # path → function of an answer
        self.asked = []

    def get(self, url, options, *, headers=None):
        path = url.removeprefix("http://testserver")
        self.asked.append(path)
        sent = {"accept-encoding": (headers or {}).get("Accept-Encoding", "identity")}
        answer = Client().get(path, headers=sent)
        named = {name.lower(): value for name, value in answer.headers.items()}
        fetched = Fetched(answer.status_code, answer.content, {**named, "date": "now", "server": "x"})
        change = self.alter.get(path)
        return change(fetched, headers or {}) if change else fetched


@pytest.fixture
def site(settings, monkeypatch):
    settings.DECLARATION_KEY = SECRET
    here = Site()
    monkeypatch.setattr(page_proof, "get_answer", here.get)
    return here


@pytest.fixture
def pure(site):
    return new_sign(lot=make_lot(), place="B1 层电梯厅")


class InProcess(ReleaseSource):
    """Makes the pages in this process, which spares each test a new interpreter."""

    def run(self, request):
        return json.loads(json.dumps(rebuild.rebuild(request)))


def prove(pure, source=None, **more):
    url = f"http://testserver/P/{pure.code}"
    return verify_page(url, Options(), source=source or InProcess(), **more)


def named(proof):
    return [(d.kind, d.where) for d in proof.differences]


def body(change):
    """Alter the bytes of an answer that is not compressed, and of a compressed one alike."""

    def altered(answer, headers):
        plain = page_proof._decoded(answer)
        kept = {name: value for name, value in answer.headers.items() if name != "content-encoding"}
        return replace(answer, body=change(plain), headers=kept)

    return altered


def test_served_page_is_as_published(pure, site):
    proof = prove(pure, key=public_key(SECRET))
    assert named(proof) == []
    assert proof.untested == []
    assert [text[:2] for text in proof.verified if "bytes" in text] == ["zh", "zh", "en", "/f"]
    assert f"/p/{pure.code}/en" in site.asked


def test_altered_byte_is_located(pure, site):
    site.alter[f"/p/{pure.code}"] = body(lambda page: page.replace(b"<main>", b"<main >"))
    proof = prove(pure)
    assert [kind for kind, _ in named(proof)] == ["byte"]
    original = Client().get(f"/p/{pure.code}").content
    assert f"byte {original.index(b'<main>') + 5} " in proof.differences[0].where
    assert "<main >" in proof.differences[0].served


@pytest.mark.parametrize(
    ("fact", "was", "becomes"),
    [("service_phone", "021-5555 0100", "021-5555 0199"), ("legal_name", "上海浦江", "上海浦口")],
)
def test_altered_fact_on_page_is_named(pure, site, fact, was, becomes):
    site.alter[f"/p/{pure.code}"] = body(lambda page: page.replace(was.encode(), becomes.encode()))
    assert [(kind, where.rpartition(" ")[2]) for kind, where in named(prove(pure))] == [("fact", fact)]


@pytest.mark.parametrize(
    ("fact", "becomes", "published", "served"),
    [
        ("retention_hours", 999, "24", "999"),
        ("legal_name", "另一家", '"上海浦江商业管理有限公司"', '"另一家"'),
        ("cash_information", "现金" * 90, '"可在B1层岗亭支付现金"', "sha256 "),
        ("tariff", {}, "sha256 ", "{}"),
        ("slug", None, '"', "null"),
        ("province", ..., '"沪"', "(absent)"),
        ("unheard_of", 1, "(absent)", "1"),
    ],
)
def test_altered_published_fact_is_named(pure, site, fact, becomes, published, served):
    def another(raw):
        facts = json.loads(raw)
        if becomes is ...:
            del facts["lot"][fact]
        else:
            facts["lot"][fact] = becomes
        return json.dumps(facts).encode()

    site.alter[f"/lot/{pure.lot.slug}/facts.json"] = body(another)
    (found,) = [row for row in made_without_rebuilding(pure) if row.kind == "fact"]
    assert found.where == f"{fact} is not what was signed"
    assert found.published.startswith(published)
    assert found.served.startswith(served)


def made_without_rebuilding(pure):
    """Return the differences of facts alone, from which a page need not be made."""

    class Unmade(ReleaseSource):
        def run(self, request):
            return {"release": {}, "pages": {}}

    return prove(pure, source=Unmade()).differences


def test_altered_fact_of_sign_is_named(pure, site):
    def another(raw):
        facts = json.loads(raw)
        next(iter(facts["signs"].values()))["place"] = "别处"
        return json.dumps(facts).encode()

    site.alter[f"/lot/{pure.lot.slug}/facts.json"] = body(another)
    (found,) = [row for row in made_without_rebuilding(pure) if row.kind == "fact"]
    assert found.where.startswith("a sign's number, place or lane")
    assert {found.published[:7], found.served[:7]} == {"sha256 "}
    assert found.published != found.served


@pytest.mark.parametrize(
    ("name", "value"), [("content-security-policy", "default-src *"), ("set-cookie", "id=1")]
)
def test_altered_header_is_named(pure, site, name, value):
    site.alter[f"/p/{pure.code}/en"] = lambda answer, _: replace(
        answer, headers={**answer.headers, name: value}
    )
    proof = prove(pure)
    assert named(proof) == [("header", f"en: {name}")]
    assert proof.differences[0].served == value


def test_missing_header_is_named(pure, site):
    def without(answer, _):
        return replace(answer, headers={n: v for n, v in answer.headers.items() if n != "referrer-policy"})

    site.alter[f"/p/{pure.code}"] = without
    assert named(prove(pure)) == [("header", "zh-Hans: referrer-policy")]


def test_altered_script_is_located(pure, site):
    site.alter["/fee"] = body(lambda script: script + b";0")
    assert [(kind, where[:10]) for kind, where in named(prove(pure))] == [("byte", "/fee: byte")]


@pytest.mark.parametrize("app", ["MicroMessenger", "AlipayClient", "Chrome"])
def test_page_for_phones_alone_is_named(pure, site, app):
    def cloak(answer, headers):
        altered = app in headers.get("User-Agent", "")
        return body(lambda page: page + b"<script>")(answer, headers) if altered else answer

    site.alter[f"/p/{pure.code}"] = cloak
    assert {kind for kind, _ in named(prove(pure))} == {"disguise"}


def test_cookie_for_phones_alone_is_named(pure, site):
    def cookie(answer, headers):
        return replace(answer, headers={**answer.headers, "set-cookie": "a=1"}) if headers else answer

    site.alter[f"/p/{pure.code}"] = cookie
    assert {where.rpartition(" ")[2] for _, where in named(prove(pure))} == {"set-cookie"}


def test_redirected_page_is_named(pure, site):
    site.alter[f"/p/{pure.code}"] = lambda answer, _: Fetched(302, leads_to="https://mall.example/join")
    assert named(prove(pure)) == [("page", "zh-Hans: redirects")]


def test_compressing_proxy_alters_nothing(pure, site):
    def packed(answer, headers):
        plain = page_proof._decoded(answer)
        named = {**answer.headers, "content-encoding": "gzip", "etag": f"W/{answer.headers.get('etag')}"}
        return replace(answer, body=gzip.compress(plain), headers={**named, "x-cache": "HIT"})

    for path in (PATH, f"/lot/{pure.lot.slug}/facts.json", f"/p/{pure.code}", "/fee"):
        site.alter[path] = packed
    proof = prove(pure)
    assert (named(proof), proof.exit_code) == ([], 0)


def test_other_release_is_named(pure, site, tmp_path):
    """Two releases: the site runs ours, the source at hand is one with another word in a template."""
    for path in core_release.source_files(core_release.ROOT):
        copy = tmp_path / path.relative_to(core_release.ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    for path in core_release.ROOT.glob("locale/*/*/*.mo"):
        shutil.copy(path, tmp_path / path.relative_to(core_release.ROOT))
    source = ReleaseSource(tmp_path, sys.executable)
    assert named(prove(pure, source)) == []
    template = tmp_path / "templates" / "driver" / "base.html"
    template.write_text(template.read_text().replace("<main>", "<main >"))
    proof = prove(pure, source)
    assert named(proof)[0] == ("release", "site and source")
    assert {kind for kind, _ in named(proof)} == {"release", "page", "byte", "header"}
    assert [where for kind, where in named(proof) if kind == "header"] == [
        f"{tag}: etag" for tag in ("zh-Hans", "zh-Hant", "en")
    ]


def test_forged_declaration_is_named(pure, site):
    def forge(raw):
        signed = json.loads(raw)
        signed["statement"]["lots"][0]["retention_hours"] = 1
        return json.dumps(signed).encode()

    site.alter[PATH] = body(forge)
    assert named(prove(pure)) == [("declaration", "the signature does not match")]
    del site.alter[PATH]
    assert named(prove(pure, key=public_key(bytes(32)))) == [("declaration", "signed with another key")]


def test_digest_of_another_page_is_named(pure, site):
    def signed_again(raw):
        statement = json.loads(raw)["statement"]
        for page in statement["lots"][0]["pages"].values():
            page["en"] = "00" * 32
        return json.dumps(sign(statement, SECRET)).encode()

    site.alter[PATH] = body(signed_again)
    assert named(prove(pure)) == [("page", "en: the signed digest is of another page")]


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[1]", b'{"statement": 1}', b"[" * 100_000])
def test_unreadable_declaration_is_untested(pure, site, raw):
    site.alter[PATH] = body(lambda _: raw)
    proof = prove(pure)
    assert (named(proof), proof.exit_code) == ([], 2)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"lot": 3}', b"[" * 100_000])
def test_unreadable_facts_are_no_proof(pure, site, raw):
    site.alter[f"/lot/{pure.lot.slug}/facts.json"] = body(lambda _: raw)
    with suppress(BadFacts):  # raised in this process; the command of a release answers with an error
        assert prove(pure).exit_code in {1, 2}


def test_revoked_sign_is_not_listed(pure, site):
    new_sign(lot=pure.lot, place="B2")
    revoke(pure, at=NOON)
    assert [kind for kind, _ in named(prove(pure))] == ["page"]


def test_codes_of_signs_are_not_published(pure):
    for address in (PATH, f"/lot/{pure.lot.slug}/facts.json"):
        assert pure.code not in Client().get(address).content.decode()


def test_exit_lane_page_has_no_digest(mall, settings, site):
    pages = first_pages.declared(mall.lot, at=NOON)["pages"]
    assert len(pages) == Sign.objects.count()
    assert sum(not digests for digests in pages.values()) == 1
    assert prove(mall.exit_sign).exit_code == 2


def test_facts_survive_publication(mall):
    _, signs = first_pages.facts_of(mall.lot, at=NOON)
    document = json.loads(json.dumps(first_pages.published(mall.lot, at=NOON).as_json()))
    for facts in signs:
        assert read_sign(document, facts.code) == facts


@pytest.mark.parametrize("name", ["slug", "tariff", "exit_window", "tariff_from"])
def test_wrong_type_of_fact_is_refused(mall, name):
    document = first_pages.published(mall.lot, at=NOON).as_json()
    document["lot"][name] = ["x"]
    with pytest.raises(BadFacts, match=name):
        read_sign(document, mall.pure.code)


def test_release_makes_same_bytes_alone(pure, site):
    """In an interpreter of its own: without the site's settings, secrets and database."""
    facts = json.loads(Client().get(f"/lot/{pure.lot.slug}/facts.json").content)
    made = ReleaseSource(core_release.ROOT).run(
        {"facts": facts, "code": pure.code, "origin": "http://testserver"}
    )
    assert base64.b64decode(made["pages"]["en"]["body"]) == Client().get(f"/p/{pure.code}/en").content
    assert made["release"] == core_release.release().as_json()


def test_folder_without_source_is_refused(tmp_path, pure, site):
    with pytest.raises(NoSource):
        prove(pure, ReleaseSource(tmp_path))


def test_command_names_the_difference(pure, site, capsys):
    site.alter[f"/p/{pure.code}"] = body(lambda page: page.replace(b"<main>", b"<Main>"))
    url, root = f"http://testserver/p/{pure.code}", str(core_release.ROOT)
    assert command_line.main(["verify", url, "--source", root]) == 1
    assert "byte  zh-Hans: byte " in capsys.readouterr().out
    site.alter.clear()
    assert command_line.main(["verify", url, "--source", root, "--key", public_key(SECRET)]) == 0
    assert "as published" in capsys.readouterr().out


def test_release_digest_covers_templates_and_texts(tmp_path):
    for name in ("pyproject.toml", "manage.py", "requirements.txt"):
        shutil.copy(core_release.ROOT / name, tmp_path)
    for name in ("templates/page.html", "locale/zh/django.po", "driver/plate.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("1")
    seen = set()
    for changed in ("", "templates/page.html", "locale/zh/django.po", "driver/plate.py"):
        if changed:
            (tmp_path / changed).write_text("2")
        core_release.release.cache_clear()
        seen.add(core_release.release(tmp_path).sources)
    core_release.release.cache_clear()
    assert len(seen) == 4


def test_documents_are_cached_for_seconds(pure, site, django_assert_num_queries, monkeypatch):
    """Anybody may ask for them, and a host may have hundreds of lots."""
    for address in (f"/lot/{pure.lot.slug}/facts.json", PATH):
        first = Client().get(address).content
        with django_assert_num_queries(0):
            assert Client().get(address).content == first
    new_sign(lot=pure.lot, place="B2")
    monkeypatch.setattr(page_cache, "TTL", 0)
    assert Client().get(PATH).content != first
