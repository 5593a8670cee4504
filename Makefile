# Two commands do everything, including set-up:
#   make demo         run a demo car park on http://127.0.0.1:8000 (HOST=, PORT=, RESET=1 deletes its data first)
#   make test         run every check, and at least one test of each fact, on SQLite and on PostgreSQL
# For developers:
#   make test-deep    before a release: the same with further examples of each fact and four times as many random cases (hours)
#   make check        run the checks, and the tests that need no database, server or browser
#   make test-live    run docs/install.md on a bare Debian in namespaces (root on Linux, some minutes)
#   make matrix       what test-deep adds in a browser: every driver page × what goes wrong on it, in Chromium 69 and a current one; each parking system × its answers; every console page (over half an hour)
#   make controls    break each guarantee in a copy of the tree: its tests must fail (docs/guarantees.md)
#   make conform      test a vendor's server of the open pair (URL=, LOT=, PLATE=, LANE=; docs/systems-for-vendors.md)
#   make lock         pin the packages after a change of pyproject.toml (UPGRADE=1: upgrade all of them)
#   make bench        measure what a request costs and write docs/performance.md (BENCH_QUICK=1: smoke test)
#   make chaos        kill and lock parts under load and print what was lost, then search a day's logs (docs/availability.md)
#   make simulate     run 10,000 seeds of the simulator of channels, cameras and crashes (SEEDS=: how many)
#   make cluster      start the cluster of docs/cluster.md in network name spaces and take its machines away (root)
#   make messages     compile the translations after a change of a .po file
#   make assets       minify the styles and scripts of the drivers' pages after a change (needs npx)
#   make selfcheck-zoo  precision and recall of the self-check over its test pages (SHOW=--show: what went wrong)
#   make screenshots  regenerate the README's screenshot; the demo must be running

PYTHON ?= python3
RUN = .venv/bin/python
SETUP = @command -v $(PYTHON) >/dev/null || { echo "No $(PYTHON): install Python 3.12 or newer (Debian, Ubuntu: apt-get install python3 python3-venv)"; exit 1; }; $(PYTHON) -m tools.setup

.PHONY: demo test test-deep check test-live matrix controls conform lock messages assets bench chaos simulate cluster screenshots selfcheck-zoo
demo:
	$(SETUP) run
	@exec $(RUN) -m tools.demo

test:
	$(SETUP) dev
	@exec $(RUN) -m tools.check

test-deep:
	$(SETUP) dev
	@exec $(RUN) -m tools.check deep

check:
	$(SETUP) dev
	@exec $(RUN) -m tools.check quick

test-live:
	$(SETUP) dev
	@PURECODE_LIVE=whole $(RUN) -m pytest -p no:randomly -n0 -x --durations=20 tests/live

matrix:
	$(SETUP) dev
	@exec $(RUN) -m tools.check matrix

controls:
	$(SETUP) dev
	@exec $(RUN) -m tools.controls

conform:
	$(SETUP) run
	@exec $(RUN) -m tools.standalone_conform $(URL) $(if $(LOT),--lot $(LOT)) $(if $(PLATE),--test-plate $(PLATE)) $(if $(LANE),--lane $(LANE))

lock:
	$(SETUP) lock

messages:
	$(SETUP) dev
	@exec $(RUN) -m tools.messages compile

assets:
	$(SETUP) dev
	@exec $(RUN) -m tools.assets build

bench:
	$(SETUP) dev
	@exec $(RUN) -m benchmarks

chaos:
	$(SETUP) dev
	@$(RUN) -m tests.chaos.chaos_run
	@exec $(RUN) -m tests.day.day_run

simulate:
	$(SETUP) dev
	@exec $(RUN) -m tests.simulate --seeds $(or $(SEEDS),10000)

cluster:
	$(SETUP) dev
	@exec $(RUN) -m tests.cluster.cluster_run

screenshots:
	$(SETUP) dev
	@exec $(RUN) -m tools.screenshots

selfcheck-zoo:
	$(SETUP) dev
	@$(RUN) -m tests.selfcheck.zoo.table --verify
	@exec $(RUN) -m tests.selfcheck.zoo.score $(SHOW)
