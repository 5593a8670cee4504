"""deploy/install: from a bare Debian or Ubuntu to PureCode behind https, by one command.

Each step looks first whether its work is done, so a second run changes nothing and an interrupted one is
completed. `--dry-run` prints the steps and changes nothing.
"""

from __future__ import annotations

import argparse
import re
import shlex
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from deploy import backup, continuous, database, nginx, releases, selfcheck, staging, tls
from deploy.config import (
    ANSWERS,
    KEYS,
    SETTINGS,
    Answers,
    active_slot,
    answers_text,
    manage,
    read_answers,
    read_env,
    set_env,
    wanted_settings,
)
from deploy.system import (
    CODE,
    CONFIG,
    STATE,
    USER,
    Fault,
    OneLineParser,
    alone,
    apt_install,
    free_bytes,
    has_user,
    is_active,
    is_enabled,
    line_of,
    listener,
    need_root,
    packages_missing,
    run,
    say,
    systemctl,
    warn,
    write,
)

SOURCE = Path(__file__).resolve().parent.parent
SUPPORTED = {("debian", "12"), ("debian", "13"), ("ubuntu", "24.04")}
PACKAGES = ("ca-certificates", "nginx", "openssl", "postgresql", "python3-venv")
SPACE = 2 * 1024**3
INVITED = CONFIG / "invited"  # there once the first owner's code was printed
COMMAND = Path("/usr/local/bin/purecode")
COMMAND_TEXT = '#!/bin/sh\nexec /usr/bin/python3 -IB /opt/purecode/current/deploy/cli.py "$@"\n'
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
QUESTIONS = {
    "public": "Host name of the drivers' pages (such as pay.example.cn)",
    "devices": "Host name that cameras send to (such as devices.example.cn)",
    "console": "Host name of the operator's console (such as console.example.cn)",
    "email": "E-mail address for notices about certificates",
}


@dataclass(frozen=True)
class Step:
    """One piece of the installation: whether it is done, and how it is done."""

    title: str
    done: Callable[[], bool]
    act: Callable[[], object]


def parser() -> OneLineParser:
    made = OneLineParser(
        "deploy/install",
        description="Install PureCode on this server, or complete an installation. Run as root.",
        epilog="Without flags it uses what was chosen before, and asks for what is missing.",
    )
    made.add_argument("--public", metavar="HOST", help="host name of the drivers' pages")
    made.add_argument("--devices", metavar="HOST", help="host name that cameras send to")
    made.add_argument("--console", metavar="HOST", help="host name of the operator's console")
    made.add_argument("--email", help="address for notices about certificates")
    made.add_argument(
        "--tls",
        choices=("own", "acme", "self-signed"),
        help="certificates: your own, by certbot (default), or self-signed for a trial",
    )
    made.add_argument("--certificate", metavar="FILE", help="with --tls own: certificate chain, PEM")
    made.add_argument("--key", metavar="FILE", help="with --tls own: its private key, PEM")
    made.add_argument("--owner", metavar="NAME", help="account name of the first owner (default: owner)")
    made.add_argument("--operator", metavar="NAME", help="legal name of the operator (can be set later)")
    made.add_argument(
        "--staging", action="store_true", help="start in staging mode: play money, marked pages"
    )
    made.add_argument(
        "--selfcheck",
        action=argparse.BooleanOptionalAction,
        help="with Chromium and the service that tests the drivers' pages (default)",
    )
    made.add_argument("--dry-run", action="store_true", help="print what would be done and change nothing")
    return made


def choose(arguments: argparse.Namespace) -> Answers:
    """Return the answers from the flags, from the run before, and from the terminal, in this order."""
    answers = read_answers()
    given = {
        name: value
        for name in ("public", "devices", "console", "email", "tls", "owner", "operator")
        if (value := getattr(arguments, name))
    }
    for name in ("certificate", "key"):
        if value := getattr(arguments, name):
            given[name] = str(Path(value).resolve())
    answers = Answers(**{**asdict(answers), **given})
    if arguments.selfcheck is not None:
        answers = replace(answers, selfcheck=arguments.selfcheck)
    for name, question in QUESTIONS.items():
        if not getattr(answers, name) and (name != "email" or answers.tls == "acme"):
            answers = Answers(**{**asdict(answers), name: _ask(name, question)})
    if not answers.operator:
        answers = replace(answers, operator=answers.public)
    return answers


def _ask(name: str, question: str) -> str:
    if not sys.stdin.isatty():
        raise Fault(f"--{name} is missing: {question}")
    return input(f"{question}: ").strip().lower()


def examine(answers: Answers) -> None:
    """Raise `Fault` for what would make the installation fail, before anything is changed."""
    _examine_answers(answers)
    release = read_env(Path("/etc/os-release"))
    if (release.get("ID"), release.get("VERSION_ID")) not in SUPPORTED:
        name = release.get("PRETTY_NAME", "this system")
        raise Fault(f"{name} is not supported: use Debian 12, Debian 13 or Ubuntu 24.04")
    for place in (CODE, STATE, Path("/var/lib/postgresql")):
        if free_bytes(place) < SPACE:
            raise Fault(f"The disk of {place} has {free_bytes(place) // 1024**2} MB free: 2 GB are needed")
    for port in (80, 443):
        found = listener(port)
        if found not in {None, "nginx"}:
            raise Fault(f"Port {port} is taken by {found}: stop that program, then run this again")
    _examine_names(answers)
    if answers.tls == "own":
        for host in answers.hosts.values():
            if fault := tls.fault_of(Path(answers.certificate), host, Path(answers.key)):
                raise Fault(fault)
    if Path("/usr/bin/pg_lsclusters").exists() and database.clusters():
        database.cluster()  # an old one is named here, before anything is changed


def _examine_answers(answers: Answers) -> None:
    for name in ("public", "devices", "console"):
        if not HOST.fullmatch(getattr(answers, name)):
            raise Fault(f"--{name}: {getattr(answers, name)!r} is not a host name such as pay.example.cn")
    if len(set(answers.hosts.values())) < 3:
        raise Fault("--public, --devices and --console must be three different host names")
    if answers.tls == "acme" and not MAIL.fullmatch(answers.email):
        raise Fault(f"--email: {answers.email!r} is not an e-mail address")
    if answers.tls == "own":
        for flag, value in (("--certificate", answers.certificate), ("--key", answers.key)):
            if not value or not Path(value).is_file():
                raise Fault(f"{flag}: {value or 'no file'} is not a file; --tls own needs both")


def _examine_names(answers: Answers) -> None:
    for host in answers.hosts.values():
        try:
            socket.getaddrinfo(host, 443)
        except OSError:
            text = f"{host} does not resolve: add it to your DNS with the address of this server"
            if answers.tls == "acme":
                raise Fault(f"{text}, or use --tls own") from None
            warn(text)


def steps(answers: Answers, source: Path = SOURCE) -> list[Step]:
    """Return the installation, step by step."""
    packages = [*PACKAGES, *(["certbot"] if answers.tls == "acme" else [])]
    release = releases.identify(source)
    made = [
        Step(
            f"install the packages {', '.join(packages)}",
            lambda: not packages_missing(packages),
            lambda: apt_install(packages_missing(packages)),
        ),
        Step(
            f"add the system user {USER}",
            lambda: has_user(USER),
            lambda: run("useradd", "--system", "--user-group", "--home-dir", STATE, USER),
        ),
        Step(
            f"make the folders {CONFIG}, {STATE} and {CODE}",
            lambda: all(path.is_dir() for path in (CONFIG, STATE, CODE)),
            make_folders,
        ),
        Step(
            f"keep the answers in {ANSWERS}",
            lambda: ANSWERS.exists() and read_answers() == answers,
            lambda: write(ANSWERS, answers_text(answers), 0o600),
        ),
        Step(
            f"make the keys {', '.join(KEYS)} in {CONFIG}, readable by root alone",
            lambda: all((CONFIG / name).exists() for name in KEYS),
            make_keys,
        ),
        Step(
            f"write the settings {', '.join(wanted_settings(answers))} into {SETTINGS}",
            lambda: wanted_settings(answers).items() <= read_env(SETTINGS).items(),
            lambda: set_env(SETTINGS, wanted_settings(answers)),
        ),
        Step("start PostgreSQL", database.is_running, database.start),
        Step(
            "make the database and its role, with a password of its own",
            lambda: (
                (CONFIG / "console_database_url").exists()
                and (not database.is_local() or database.has_database())
            ),
            database.set_up,
        ),
        Step("check the connection to the database", _database_answers, database.check),
        Step(
            f"put certificates ({answers.tls}) into {tls.FOLDER}",
            lambda: tls.is_in_place(answers) or (answers.tls == "acme" and (tls.FOLDER / "pay.pem").exists()),
            lambda: put_certificates(answers),
        ),
        Step(
            "start nginx",
            lambda: is_active("nginx") and is_enabled("nginx"),
            lambda: systemctl("enable", "--now", "nginx"),
        ),
        Step(
            f"install release {release.name} in {releases.RELEASES} with its Python packages",
            lambda: (release.folder / ".complete").exists(),
            lambda: releases.build(source),
        ),
        *(_selfcheck_steps(release) if answers.selfcheck else ()),
        Step(
            f"start release {release.name} behind nginx",
            lambda: releases.is_serving(release),
            lambda: releases.activate(release),
        ),
        Step(
            f"add the command {COMMAND}",
            lambda: COMMAND.exists() and COMMAND.read_text(encoding="utf-8") == COMMAND_TEXT,
            lambda: write(COMMAND, COMMAND_TEXT, 0o755),
        ),
    ]
    made.append(
        Step(
            "back up: every change at once, all of it each night, and restore it for a test each week",
            backs_up,
            start_backups,
        )
    )
    if answers.tls == "acme":
        made.append(
            Step(
                "get certificates by certbot",
                lambda: tls.is_in_place(answers),
                lambda: tls.get_from_acme(answers),
            )
        )
    return made


def _selfcheck_steps(release: releases.Release) -> list[Step]:
    return [
        Step(
            "add the self-check's Python packages",
            lambda: selfcheck.has_packages(release),
            lambda: releases.add_selfcheck(release),
        ),
        Step(
            f"install the self-check's browser, Chromium ({selfcheck.PACKAGE}, {selfcheck.FONT})",
            selfcheck.is_installed,
            lambda: selfcheck.install(release),
        ),
    ]


def make_folders() -> None:
    CONFIG.mkdir(mode=0o751, exist_ok=True)
    CONFIG.chmod(0o751)  # the application opens the files there that its group may read, and lists none
    CODE.mkdir(mode=0o755, exist_ok=True)
    run("install", "-d", "-m", "0700", "-o", USER, "-g", USER, STATE)


def make_keys() -> None:
    for name, make in KEYS.items():
        if not (CONFIG / name).exists():
            write(CONFIG / name, make() + "\n", 0o600)


def put_certificates(answers: Answers) -> None:
    tls.put_in_place(answers)
    if is_active("nginx") and nginx.SITE.exists():
        systemctl("reload", "nginx")


def backs_up() -> bool:
    units = [*releases.TIMERS, *([continuous.SERVICE] if database.is_local() else [])]
    return all(is_active(unit) for unit in units) and bool(backup.proven_at())


def start_backups() -> None:
    releases.keep_backing_up()
    backup.make()
    if database.is_local():
        continuous.make_base()
    backup.prove()


def _database_answers() -> bool:
    try:
        database.check()
    except Fault:
        return False
    return True


def install(answers: Answers, *, dry: bool) -> None:
    """Carry out the steps that are not done, or print them."""
    todo = steps(answers)
    for number, step in enumerate(todo, start=1):
        if _is_done(step):
            say(f"[{number}/{len(todo)}] done already: {step.title}")
        elif dry:
            say(f"[{number}/{len(todo)}] would {step.title}")
        else:
            say(f"[{number}/{len(todo)}] {step.title}")
            step.act()


def _is_done(step: Step) -> bool:
    try:
        return step.done()
    except (Fault, OSError, KeyError, ValueError):
        return False


def finish(answers: Answers, *, to_staging: bool) -> None:
    """Print the first owner's invitation, once, and what to do next."""
    words = ("first_owner", answers.owner, "--operator", answers.operator)
    if not INVITED.exists():
        say("\n" + manage(*words).strip())
        INVITED.touch(mode=0o600)
    else:
        say(f"\nPureCode runs: https://{answers.console}/console/")
        say(f"A new invitation for the first owner: purecode manage {shlex.join(words)}")
    if to_staging:
        staging.turn_on()


def main(arguments: list[str] | None = None) -> int:
    try:
        chosen = parser().parse_args(arguments)
        if not chosen.dry_run:
            need_root()
        answers = choose(chosen)
        examine(answers)
        if chosen.dry_run:
            install(answers, dry=True)
            return 0
        with alone():
            install(answers, dry=False)
            finish(answers, to_staging=chosen.staging)
    except Fault as fault:
        say(f"Not installed: {fault}" if not active_slot() else f"Not done: {fault}")
        return 1
    except OSError as error:
        say(f"Not installed: {line_of(error)}" if not active_slot() else f"Not done: {line_of(error)}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped. Run it again to go on where it stopped.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
