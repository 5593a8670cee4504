"""deploy/install: from a bare Debian or Ubuntu to PureCode behind https, by one command.

Each step looks first whether its work is done, so a second run changes nothing and an interrupted one is
completed. `--dry-run` prints the steps and changes nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from deploy import (
    backup,
    continuous,
    nginx,
    own_python,
    postgres_server,
    release_build,
    releases,
    selfcheck_browser,
    staging,
    tls,
)
from deploy.server_settings import (
    ANSWERS,
    KEYS,
    LETS_ENCRYPT,
    SETTINGS,
    SLOT,
    Answers,
    active_slot,
    answers_text,
    edited_settings,
    has_own_database,
    manage,
    read_answers,
    read_env,
    set_env,
    settings_to_write,
    wanted_settings,
)
from deploy.system import (
    CODE,
    CONFIG,
    STATE,
    UNITS,
    USER,
    Fault,
    OneLineParser,
    alone,
    apt_install,
    begin,
    free_bytes,
    has_user,
    is_active,
    is_enabled,
    is_stopped,
    keeper,
    line_of,
    listener,
    lookup_fault,
    memory_bytes,
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
MEMORY = 1800 * 1024**2  # what a machine sold with 2 GB leaves
INVITED = CONFIG / "invited"  # there once the first owner's code was printed
COMMAND = Path("/usr/local/bin/purecode")
COMMAND_TEXT = '#!/bin/sh\nexec /usr/bin/python3 -IB /opt/purecode/current/deploy/cli.py "$@"\n'
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
OWNER = re.compile(r"[\w.@+-]{1,150}")
MAILBOX = re.compile(r"[A-Za-z0-9_][\w.+-]{0,63}", re.ASCII)  # what certbot and every authority take
ADDRESS = re.compile(r"https://[^\s/]+/\S*")
FLAGS_OF_HOSTS = ("public", "devices", "console", "members")
QUESTIONS = {
    "public": "Host name of the drivers' pages (such as pay.example.cn)",
    "devices": "Host name that cameras send to (such as devices.example.cn)",
    "console": "Host name of the operator's console (such as console.example.cn)",
    "email": "E-mail address for notices about certificates",
}


@dataclass(frozen=True)
class InstallStep:
    """One piece of the installation: whether it is done, and how it is done."""

    title: str
    done: Callable[[], bool]
    act: Callable[[], object]
    changes: str = ""  # what its title does not name; a rehearsal prints it


def parser() -> OneLineParser:
    made = OneLineParser(
        "deploy/install",
        description="Install PureCode on this server, or complete an installation. Run as root.",
        epilog="Without flags it uses what was chosen before, and asks for what is missing.",
    )
    made.add_argument("--public", metavar="HOST", help="host name of the drivers' pages")
    made.add_argument("--devices", metavar="HOST", help="host name that cameras send to")
    made.add_argument("--console", metavar="HOST", help="host name of the operator's console")
    made.add_argument("--members", metavar="HOST", help="host name of the members' pages (docs/members.md)")
    made.add_argument("--no-members", action="store_true", help="without the members' pages (default)")
    made.add_argument("--email", help="address for notices about certificates")
    made.add_argument(
        "--tls",
        choices=("own", "acme", "self-signed"),
        help="certificates: your own, by certbot (default), or self-signed for a trial",
    )
    made.add_argument(
        "--acme-server",
        metavar="URL",
        help="with --tls acme: the directory of another authority than Let's Encrypt",
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
    made.add_argument(
        "--python",
        metavar="FILE",
        type=Path,
        help="where the system's Python is too old and no newer one can be downloaded: an archive of one",
    )
    made.add_argument("--dry-run", action="store_true", help="print what would be done and change nothing")
    return made


def choose(arguments: argparse.Namespace) -> Answers:
    """Return the answers from the flags, from the run before, and from the terminal, in this order."""
    answers = read_answers()
    given = {
        name: value
        for name in (*FLAGS_OF_HOSTS, "email", "tls", "acme_server", "owner", "operator")
        if (value := getattr(arguments, name))
    }
    given |= {name: host_name(given[name]) for name in FLAGS_OF_HOSTS if name in given}
    if "email" in given:
        given["email"] = mail_address(given["email"])
    for name in ("certificate", "key"):
        if value := getattr(arguments, name):
            given[name] = str(Path(value).resolve())
    answers = Answers(**{**asdict(answers), **given})
    if {"certificate", "key"} & given.keys() and answers.tls != "own":
        raise Fault("--certificate and --key go with --tls own: add it")
    if arguments.selfcheck is not None:
        answers = replace(answers, selfcheck=arguments.selfcheck)
    if arguments.no_members:
        answers = replace(answers, members="")
    for name, question in QUESTIONS.items():
        if not getattr(answers, name) and (name != "email" or answers.tls == "acme"):
            answers = Answers(**{**asdict(answers), name: _ask(name, question, answers.tls)})
    if not answers.operator:
        answers = replace(answers, operator=answers.public)
    return answers


def _ask(name: str, question: str, kind: str) -> str:
    """Ask until the answer is a good one: what was typed before is not lost."""
    if not sys.stdin.isatty():
        raise Fault(f"--{name} is missing: {question}")
    while True:
        try:
            given = input(f"{question}: ").strip()
        except (EOFError, UnicodeDecodeError):  # Ctrl-D; a terminal of another encoding
            raise Fault(f"--{name} is missing: {question}") from None
        given = mail_address(given) if name == "email" else host_name(given)
        fault = _fault_of_mail(given) if name == "email" else _fault_of_host(name, given)
        if kind == "acme" and name != "email":
            fault = fault or lookup_fault(given)
        if fault is None:
            return given
        say(fault)


def host_name(text: str) -> str:
    """Return a host name as browsers send it: small letters, no dot at the end, other scripts encoded."""
    try:
        return text.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return text  # it is named as wrong then


def mail_address(text: str) -> str:
    """Return an e-mail address with its domain as programs send it."""
    mailbox, at, domain = text.rpartition("@")
    return f"{mailbox}{at}{host_name(domain)}"


def examine(answers: Answers, python: Path | None = None) -> None:
    """Raise `Fault` for what would make the installation fail, before anything is changed."""
    _examine_answers(answers)
    if fault := next(edited_settings(answers), None):
        raise Fault(fault)
    _examine_release()
    _examine_machine()
    _examine_python(python)
    _examine_ports()
    nginx.examine(answers)
    _examine_names(answers)
    if answers.tls == "own":
        for host in answers.hosts.values():
            if fault := tls.fault_of(Path(answers.certificate), host, Path(answers.key)):
                raise Fault(fault)
    if Path("/usr/bin/pg_lsclusters").exists() and postgres_server.clusters():
        postgres_server.cluster()  # an old one is named here, before anything is changed
        if has_own_database() and postgres_server.is_running():
            postgres_server.examine()
            _examine_keys()


def _examine_release() -> None:
    """Raise `Fault` where a newer release serves: to change an answer must not bring back the old one."""
    release, serving = release_build.identify(SOURCE), releases.in_slot(active_slot())
    if serving and release != serving and releases.is_older(release, serving):
        raise Fault(
            f"{SOURCE} is release {release.name}, which {serving.name} has replaced:"
            " run this in the folder of the newer one, or purecode rollback"
        )


def _examine_machine() -> None:
    release = read_env(Path("/etc/os-release"))
    if (release.get("ID"), release.get("VERSION_ID")) not in SUPPORTED:
        name = release.get("PRETTY_NAME", "this system")
        raise Fault(f"{name} is not supported: use Debian 12, Debian 13 or Ubuntu 24.04")
    if not shutil.which("systemctl"):
        raise Fault(
            "This system has no systemd: use a machine that has it, or the containers of deploy/container"
        )
    needed = SPACE if active_slot() is None else SPACE // 8
    for place in (CODE, STATE, Path("/var/lib/postgresql"), Path("/var/backups")):
        if (free := free_bytes(place)) < needed:
            raise Fault(
                f"The disk of {place} has {free // 1024**2} MB free: {needed / 1024**3:g} GB are needed"
            )
    if (memory := memory_bytes()) < MEMORY:
        warn(
            f"{memory // 1024**2} MB of memory and swap: with less than 2 GB, services may be stopped for it"
        )


def _examine_python(archive: Path | None) -> None:
    if archive:
        own_python.examine_archive(archive)
    elif not own_python.has_python() and not own_python.brought():
        own_python.examine_python_place()


def _examine_ports() -> None:
    """Raise `Fault` where another program has a port of nginx or of our own processes."""
    for port in (80, 443):
        found = listener(port)
        if is_active("nginx") and (found == "nginx" or os.geteuid()):  # only root sees whose port it is
            continue
        if found == "nginx":
            found = "an nginx that is not the distribution's service"  # of a panel, of a container
        if found:
            raise Fault(f"Port {port} is taken by {found}: stop that program, then run this again")
    for slot in ("a", "b"):
        for surface, port in releases.ports(SOURCE, slot).items():
            if is_stopped(releases.service(surface, slot)) and (found := keeper(port)):
                raise Fault(f"Port {port} is taken by {found}: stop that program, then run this again")


def _examine_keys() -> None:
    """Raise `Fault` if a key is missing but the database exists: a new key could decrypt nothing in it."""
    lost = [name for name in KEYS if not (CONFIG / name).exists()]
    if lost and postgres_server.has_tables():
        raise Fault(
            f"{CONFIG / lost[0]} is missing, and there is a database that needs it: put it back"
            f" (tar -C /etc -xzf {backup.KEYS_FOLDER}/keys.tar.gz), or drop that database"
        )


def _examine_answers(answers: Answers) -> None:
    for name in FLAGS_OF_HOSTS:
        host = getattr(answers, name)
        if (host or name != "members") and (fault := _fault_of_host(name, host)):
            raise Fault(fault)
    if len(set(answers.hosts.values())) < len(answers.hosts):
        flags = ", ".join(f"--{name}" for name in FLAGS_OF_HOSTS if getattr(answers, name))
        raise Fault(f"{flags} must be different host names")
    if answers.members and not read_env(SETTINGS).get("SMS_URL"):
        raise Fault(f"--members: write SMS_URL and SMS_KEY into {SETTINGS} before (docs/members.md)")
    if not OWNER.fullmatch(answers.owner):
        raise Fault(f"--owner: {answers.owner!r} is not an account name: letters, digits and . @ + - _")
    _examine_certificates(answers)


def _examine_certificates(answers: Answers) -> None:
    if answers.tls == "acme" and (fault := _fault_of_mail(answers.email)):
        raise Fault(fault)
    if not ADDRESS.fullmatch(answers.acme_server):
        raise Fault(f"--acme-server: {answers.acme_server!r} is not an address such as {LETS_ENCRYPT}")
    if answers.tls == "own":
        for flag, value in (("--certificate", answers.certificate), ("--key", answers.key)):
            if not value or not Path(value).is_file():
                raise Fault(f"{flag}: {value or 'no file'} is not a file; --tls own needs both")


def _fault_of_host(name: str, text: str) -> str | None:
    return None if HOST.fullmatch(text) else f"--{name}: {text!r} is not a host name such as pay.example.cn"


def _fault_of_mail(text: str) -> str | None:
    mailbox, _, domain = text.rpartition("@")
    is_good = MAILBOX.fullmatch(mailbox) and HOST.fullmatch(domain)
    return None if is_good else f"--email: {text!r} is not an e-mail address"


def _examine_names(answers: Answers) -> None:
    for host in answers.hosts.values():
        if text := lookup_fault(host):
            if answers.tls == "acme":
                raise Fault(f"{text}, or use --tls own")
            warn(text)


def steps(answers: Answers, source: Path = SOURCE, python: Path | None = None) -> list[InstallStep]:
    """Return the installation, step by step."""
    return [
        *_machine_steps(answers),
        *([] if own_python.has_python() else [_python_step(source, python)]),
        *_database_steps(),
        *_web_steps(answers),
        *_release_steps(answers, source),
        *_last_steps(answers),
    ]


def _machine_steps(answers: Answers) -> list[InstallStep]:
    packages = [*PACKAGES, *(["certbot"] if answers.tls == "acme" else [])]
    return [
        InstallStep(
            f"install the packages {', '.join(packages)}",
            lambda: not packages_missing(packages),
            lambda: apt_install(packages_missing(packages)),
            "apt-get update; packages that dpkg has not finished are completed",
        ),
        InstallStep(
            f"add the system user {USER}",
            lambda: has_user(USER),
            lambda: run("useradd", "--system", "--user-group", "--home-dir", STATE, USER),
        ),
        InstallStep(
            f"make the folders {CONFIG}, {STATE} and {CODE}",
            lambda: all(path.is_dir() for path in (CONFIG, STATE, CODE)),
            make_folders,
        ),
        InstallStep(
            f"make the keys {', '.join(KEYS)} in {CONFIG}, readable by root alone",
            lambda: all((CONFIG / name).exists() for name in KEYS),
            make_keys,
        ),
        InstallStep(
            f"write the settings {', '.join(wanted_settings(answers))} into {SETTINGS}",
            lambda: not settings_to_write(answers),
            lambda: set_env(SETTINGS, settings_to_write(answers)),
        ),
        InstallStep(  # after the settings, which are compared with the former answers
            f"keep the answers in {ANSWERS}",
            lambda: ANSWERS.exists() and read_answers() == answers,
            lambda: write(ANSWERS, answers_text(answers), 0o600),
        ),
    ]


def _python_step(source: Path, archive: Path | None) -> InstallStep:
    return InstallStep(
        f"bring a newer Python into {own_python.PYTHON}, from {archive or 'outside'}",
        lambda: own_python.brought() is not None,
        lambda: own_python.bring_python(source, archive and archive.resolve()),
    )


def _database_steps() -> list[InstallStep]:
    return [
        InstallStep("start PostgreSQL", postgres_server.is_running, postgres_server.start),
        InstallStep(
            "make the database and its role, with a password of its own",
            lambda: (
                (CONFIG / "console_database_url").exists()
                and (not postgres_server.is_local() or postgres_server.is_in_place())
            ),
            postgres_server.set_up,
            f"roles {postgres_server.NAME} and {postgres_server.CONSOLE}, their addresses in {CONFIG};"
            f" max_connections = {postgres_server.CONNECTIONS}, for which PostgreSQL restarts, unless it has"
            " databases of other programs",
        ),
        InstallStep(
            "keep values out of PostgreSQL's log",
            lambda: not postgres_server.is_local() or postgres_server.logs_no_values(),
            postgres_server.keep_values_from_log,
        ),
        InstallStep("check the connection to the database", _database_answers, postgres_server.check),
    ]


def _web_steps(answers: Answers) -> list[InstallStep]:
    return [
        InstallStep(
            f"put certificates ({answers.tls}) into {tls.FOLDER}",
            lambda: has_certificates(answers),
            lambda: put_certificates(answers),
        ),
        InstallStep(
            "start nginx",
            lambda: is_active("nginx") and is_enabled("nginx"),
            lambda: systemctl("enable", "--now", "nginx"),
        ),
        InstallStep(
            f"take nginx's welcome page ({nginx.WELCOME}) out, unless it was changed",
            lambda: not nginx.welcomes(),
            nginx.end_welcome,
        ),
    ]


def _release_steps(answers: Answers, source: Path) -> list[InstallStep]:
    release = release_build.identify(source)
    return [
        InstallStep(
            f"install release {release.name} in {release_build.RELEASES} with its Python packages",
            lambda: release_build.is_complete(release),
            lambda: release_build.build(source),
            "its downloads in /var/cache/purecode",
        ),
        *(_selfcheck_steps(release) if answers.selfcheck else ()),
        InstallStep(
            f"start release {release.name} behind nginx",
            lambda: releases.is_serving(release),
            lambda: start(release),
            f"the database's tables; services {UNITS}/purecode-*, wal-purecode and timers, enabled;"
            f" {nginx.SITE} and {nginx.FOLDER}/purecode-*; of another release that serves, a backup before",
        ),
        InstallStep(
            f"add the command {COMMAND}",
            lambda: COMMAND.exists() and COMMAND.read_text(encoding="utf-8") == COMMAND_TEXT,
            lambda: write(COMMAND, COMMAND_TEXT, 0o755),
        ),
    ]


def _last_steps(answers: Answers) -> list[InstallStep]:
    made = [
        InstallStep(
            "back up: every change at once, all of it each night, and restore it for a test each week",
            backs_up,
            start_backups,
            f"{backup.FOLDER.parent}, {backup.KEYS_FOLDER}, {continuous.FOLDER}; PostgreSQL's replication"
            f" slot {SLOT}, max_slot_wal_keep_size = {continuous.MOST_KEPT}",
        )
    ]
    if answers.tls == "acme":
        made.append(
            InstallStep(
                "get certificates by certbot",
                lambda: tls.is_in_place(answers),
                lambda: tls.get_from_acme(answers),
            )
        )
    return made


def _selfcheck_steps(release: release_build.InstalledRelease) -> list[InstallStep]:
    names = ", ".join((selfcheck_browser.PACKAGE, *selfcheck_browser.BESIDE))
    return [
        InstallStep(
            "add the self-check's Python packages",
            lambda: selfcheck_browser.has_packages(release),
            lambda: release_build.add_selfcheck(release),
        ),
        InstallStep(
            f"install the self-check's browser, Chromium ({names})",
            selfcheck_browser.is_installed,
            lambda: selfcheck_browser.install(release),
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


def has_certificates(answers: Answers) -> bool:
    """Return whether nginx has certificates; those of certbot come in the last step."""
    if nginx.SITE.exists() and not tls.is_shown(answers):
        return False
    pairs = tls.pairs(answers).values()
    return tls.is_in_place(answers) or (
        answers.tls == "acme" and all(path.exists() for pair in pairs for path in pair)
    )


def put_certificates(answers: Answers) -> None:
    tls.put_in_place(answers)
    if is_active("nginx") and nginx.SITE.exists():
        nginx.reload()


def start(release: release_build.InstalledRelease) -> None:
    """Make a release serve. Where another one does, this is an upgrade: the database is dumped before."""
    if releases.in_slot(active_slot()) not in {None, release}:
        backup.make()
    releases.activate(release)


def backs_up() -> bool:
    units = [*releases.TIMERS, *([continuous.SERVICE] if postgres_server.is_local() else [])]
    return all(is_active(unit) for unit in units) and bool(backup.proven_at())


def start_backups() -> None:
    releases.keep_backing_up()
    backup.make()
    if postgres_server.is_local():
        continuous.make_base()
    backup.prove()


def _database_answers() -> bool:
    try:
        postgres_server.check()
    except Fault:
        return False
    return True


def install(answers: Answers, *, dry: bool, python: Path | None = None) -> None:
    """Carry out the steps that are not done, or print them."""
    todo = steps(answers, python=python)
    for number, step in enumerate(todo, start=1):
        if _is_done(step):
            say(f"[{number}/{len(todo)}] done already: {step.title}")
        elif dry:
            say(f"[{number}/{len(todo)}] would {step.title}")
            if step.changes:
                say(f"    {step.changes}")
        else:
            say(f"[{number}/{len(todo)}] {step.title}")
            step.act()


def _is_done(step: InstallStep) -> bool:
    try:
        return step.done()
    except (Fault, OSError, KeyError, ValueError):
        return False


def rehearse_finish(answers: Answers, *, to_staging: bool) -> None:
    """Print what `finish` would do."""
    if not INVITED.exists():
        say(f"would print an invitation for the first owner, {answers.owner}, with {INVITED} as its mark")
    if to_staging:
        say(f"would turn staging mode on: a copy of the database ({staging.DATABASE}), play money")


def finish(answers: Answers, *, to_staging: bool) -> None:
    """Print the first owner's invitation, once, and what to do next."""
    words = ("first_owner", answers.owner, "--operator", answers.operator)
    if not INVITED.exists():
        try:
            say("\n" + manage(*words).strip())
        except Fault as fault:
            if "has an account in use" not in str(fault):  # the database was here before this server
                raise
            say(f"\nPureCode runs: https://{answers.console}/console/ (accounts: those of the database)")
        INVITED.touch(mode=0o600)
    else:
        say(f"\nPureCode runs: https://{answers.console}/console/")
        say(f"A new invitation for the first owner: purecode manage {shlex.join(words)}")
    if to_staging:
        staging.turn_on()


def main(arguments: list[str] | None = None) -> int:
    begin()
    try:
        chosen = parser().parse_args(arguments)
        if not chosen.dry_run:
            need_root()
        answers = choose(chosen)
        examine(answers, chosen.python)
        if chosen.dry_run:
            install(answers, dry=True, python=chosen.python)
            rehearse_finish(answers, to_staging=chosen.staging)
            return 0
        with alone():
            install(answers, dry=False, python=chosen.python)
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
