# Set up, run and check italign. `make help` lists the commands.
SHELL := /bin/bash
.DEFAULT_GOAL := all

PYTHON ?= python3.11
CORES ?= all
WORLD ?= insilico

BIN := .venv/bin
RESULTS := results/$(WORLD)
REPORT := $(RESULTS)/report.html
RUNTIME := .venv/.installed-requirements
DEVELOPMENT := .venv/.installed-requirements-dev
SLURM := .venv/.installed-requirements-slurm
# Figures need no torch: without a whole .venv, a small one does.
DRAWING := $(if $(wildcard $(RUNTIME)),$(RUNTIME),.venv/.installed-requirements-figures)
CONFIGS := $(wildcard config/*.yaml tests/config/*.yaml)

# A world is config/<world>.yaml or tests/config/<world>.yaml; insilico is config/config.yaml itself.
ifneq ($(WORLD),insilico)
OVERRIDE := $(filter %/$(WORLD).yaml,$(CONFIGS))
ifeq ($(OVERRIDE),)
$(error no world '$(WORLD)': neither config/$(WORLD).yaml nor tests/config/$(WORLD).yaml exists)
endif
# A world may change another: its line "# extends: FILE".
OVERRIDE := $(strip $(shell sed -n 's/^\# extends: //p' $(OVERRIDE)) $(OVERRIDE))
endif

# Snakemake's own lock outlives a killed run; the kernel drops a flock with its last process, so the
# next make just runs, and one started meanwhile waits. Without flock (macOS): Snakemake's lock.
ifneq ($(shell command -v flock),)
# Exit code 1 is a lock that another holds; others are flock's own errors, of a disk for example.
LOCK = mkdir -p .snakemake && { flock -n .snakemake/$(1).lock true || { [ $$? -eq 1 ] \
    && echo "another make is at work in this folder: waiting for it to end"; }; } \
    && flock .snakemake/$(1).lock
NOLOCK := --nolock
endif

# GPU rules ask for slots of the GPU that profiles/default lends; without a GPU they are plain CPU jobs.
ifeq ($(shell command -v nvidia-smi),)
GPUS := --resources gpu_slots=1000
endif

# glibc gives large tensors back to the system and asks for them again, a fifth of the time of a step.
export MALLOC_MMAP_THRESHOLD_ ?= 1073741824
export MALLOC_TRIM_THRESHOLD_ ?= 1073741824

SNAKEMAKE = $(BIN)/snakemake --cores $(CORES) $(NOLOCK) $(GPUS) $(if $(OVERRIDE),--configfile $(OVERRIDE))
RUN = $(call LOCK,run) $(SNAKEMAKE)
# Figures from cached tables alone; a bundle brings its own config.
CACHED = $(call LOCK,run) $(BIN)/snakemake --snakefile cached.smk --cores $(CORES) $(NOLOCK)
BUNDLE := $(BIN)/python workflow/scripts/figures/unpack_bundle.py

.PHONY: all world figures bundle reproduction report tiny open slurm announce plan data test test-world test-conda \
  test-cluster lint check-config dry-run benchmark clean-results help

all: report  ## set up .venv, run the world to its figures and write its report

world: $(RUNTIME)  ## run the world to its figures and page (WORLD=insilico unless given)
	@$(RUN)

figures: $(DRAWING)  ## redraw figures and page from cached results (FROM=bundle.tar.gz: from a bundle)
ifdef FROM
	@world=$$($(BUNDLE) "$(FROM)") && $(CACHED) --forceall --configfile results/$$world/config.yaml \
	  && $(BUNDLE) "$(FROM)" --verify
else
	@$(CACHED) $(if $(OVERRIDE),--configfile $(OVERRIDE))
endif

bundle: $(DRAWING)  ## pack what figures are redrawn from into results/<world>/bundle.tar.gz
	@$(CACHED) pack_bundle $(if $(OVERRIDE),--configfile $(OVERRIDE))

reproduction: world  ## write docs/reproduction.md anew from the default world
	@cp results/insilico/reproduction.md docs/reproduction.md

report: world  ## the same, and results/<world>/report.html
	@if [ ! -e $(REPORT) ] || [ -n "$$(find $(RESULTS)/figures $(RESULTS)/evaluation workflow/report -newer $(REPORT))" ]; \
	then $(RUN) --report $(RESULTS)/.report.html && mv $(RESULTS)/.report.html $(REPORT); fi

tiny:  ## the smallest world, to its report
	@$(MAKE) --no-print-directory report WORLD=tiny

open:  ## the study on public macaque recordings: what is left, how long it takes, then all of it
	@$(MAKE) --no-print-directory announce report WORLD=open

# Snakemake's own lock: not every file system of a cluster knows flock.
slurm: $(RUNTIME) $(SLURM)  ## the world on a SLURM cluster; edit profiles/slurm first (WORLD=paper)
	@$(BIN)/snakemake --profile profiles/slurm $(if $(OVERRIDE),--configfile $(OVERRIDE))

announce: $(RUNTIME)  ## what is left of a world and how long it takes (WORLD=open), running nothing
	@$(BIN)/python workflow/scripts/resources/plan_world.py $(if $(OVERRIDE),--configs $(OVERRIDE)) --left \
	  --cores $(if $(filter all,$(CORES)),$$(getconf _NPROCESSORS_ONLN),$(CORES))

plan: $(RUNTIME)  ## what a world takes: jobs, days on 1, 8, 64 GPUs, disk (WORLD=paper; PLAN="--machines 4")
	@$(BIN)/python workflow/scripts/resources/plan_world.py $(if $(OVERRIDE),--configs $(OVERRIDE)) $(PLAN)

data: $(RUNTIME)  ## files from outside: present, fetchable, private, how large (WORLD=... for one world's)
	@$(BIN)/python workflow/scripts/resources/list_data.py $(if $(OVERRIDE),--config $(lastword $(OVERRIDE)))

dry-run: $(RUNTIME)  ## list what a run would do
	@$(SNAKEMAKE) --dry-run --quiet rules

test: $(DEVELOPMENT)  ## run the tests (PYTEST="-k name" to choose)
	@$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(PYTEST)

test-world: $(DEVELOPMENT) tiny  ## run the tests that break, edit and kill a finished tiny world
	@$(BIN)/pytest -m world tests/world --numprocesses 2 --dist loadfile $(PYTEST)

test-conda: $(DEVELOPMENT) tiny  ## run a part of the tiny world in environments made of envs/*.yaml
	@$(BIN)/pytest -m conda tests/conda $(PYTEST)

test-cluster: $(DEVELOPMENT) $(SLURM) tiny  ## run the tiny world through a SLURM controller of our own (Debian, as root)
	@$(BIN)/pytest -m cluster tests/cluster $(PYTEST)

lint: $(DEVELOPMENT) check-config  ## check style, rules and configs
	@$(BIN)/ruff check .
	@$(BIN)/snakefmt --check Snakefile cached.smk workflow
	@$(BIN)/snakemake --lint

check-config: $(RUNTIME)  ## check every config against the schema
	@$(BIN)/python workflow/schemas/check_config.py $(CONFIGS)

benchmark:  ## seconds per rule in the last runs of the world, from its logs
	@grep -rhoE 'end [a-z0-9_]+ after [0-9.]+ s' $(RESULTS)/logs \
	  | awk '{n[$$2]++; total[$$2] += $$4; if ($$4 > most[$$2]) most[$$2] = $$4} END \
	    {for (r in n) printf "%9.1f s in %4d jobs, longest %8.1f s  %s\n", total[r], n[r], most[r], r}' \
	  | sort -rn

clean-results:  ## delete results/<world>/
	@$(call LOCK,run) rm -rf $(RESULTS)

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*  ## ' Makefile | sed -E 's/:.*  ## /\t/' | expand -t 16

$(RUNTIME) $(DEVELOPMENT) $(SLURM) .venv/.installed-requirements-figures: \
  .venv/.installed-%: %.txt requirements.txt requirements-figures.txt constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) not found: install Python 3.11," \
	  "or name yours with make PYTHON=..."; exit 1; }
	@echo "setting up .venv from $<"
	@$(call LOCK,setup) $(PYTHON) -m venv .venv
	@$(call LOCK,setup) $(BIN)/pip install --quiet --disable-pip-version-check -r $<
	@touch $@
