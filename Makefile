.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
IMAGE ?= runai-operator:dev
SOURCE ?=

.PHONY: help demo demo-picture test chaos chaos-hostile chaos-live e2e-argocd e2e-cluster image sbom audit lint fmt crds \
	generate docs golden control-plane lock clean

help:  ## what can be done here
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-15s %s\n", $$1, $$2}'

$(READY): requirements/dev.txt pyproject.toml
	@echo "Installing the locked Python dependencies into $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit("runai-operator needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": set PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

control-plane: $(READY)  ## fetch or build kube-apiserver, etcd, kube-controller-manager and kubectl (minutes, once)
	@$(BIN)/python -m tests.control_plane build

demo: $(READY)  ## start everything on this machine and watch the examples go to Running
	@$(BIN)/python -m tests.control_plane build
	@$(BIN)/python -m tests.demo

demo-picture: $(READY)  ## draw docs/demo.svg anew, from a real run of the demo
	@$(BIN)/python -m tests.control_plane build
	@$(BIN)/python -m tests.demo --picture docs/demo.svg

test: $(READY)  ## every test
	@$(BIN)/python -m tests.control_plane build
	@$(BIN)/python -m tests.control_plane helm
	@$(BIN)/python -m pytest -n auto --dist worksteal

chaos: $(READY)  ## random stories, and the crash matrix: every story, struck at its calls in each way that one can end
	@$(BIN)/python -m tests.chaos

chaos-hostile: $(READY)  ## a thousand resources fuzzed from the CRDs' schemas, and answers that are broken (minutes)
	@$(BIN)/python -m tests.control_plane build
	@HOSTILE_EXAMPLES=$${HOSTILE_EXAMPLES:-1000} $(BIN)/python -m pytest -q -s --timeout 3600 tests/chaos/hostile

chaos-live: $(READY)  ## two operators, real processes, every fault, 500 resources (half an hour)
	@$(BIN)/python -m tests.control_plane build
	@$(BIN)/python -m tests.chaos.live

e2e-argocd: $(READY)  ## a real Argo CD, built from source, drives the operator out of git (minutes; needs redis-server)
	@$(BIN)/python -m tests.e2e.argocd

lint: $(READY)  ## ruff, types, import contracts
	@$(BIN)/ruff check operator tests
	@$(BIN)/ruff format --check operator tests
	@$(BIN)/mypy operator/runai_operator operator/runai_simulator
	@$(BIN)/lint-imports

fmt: $(READY)  ## format the code
	@$(BIN)/ruff check --fix --quiet operator tests
	@$(BIN)/ruff format operator tests

generate: $(READY)  ## write anew what follows from models, tables, Lua and chart: CRDs, kits, docs/reference
	@$(BIN)/python -m runai_operator.generate
	@$(BIN)/python -m tests.chart

docs: $(READY)  ## build the documentation into site/; a link that leads nowhere fails it
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

golden: $(READY)  ## record what this version leaves on both sides: make golden VERSION=v2
	@$(BIN)/python -m tests.control_plane build
	@$(BIN)/python -m tests.golden $(VERSION)

image: $(READY)  ## build the operator's image with docker, podman or buildah (IMAGE=runai-operator:dev)
	@$(BIN)/python -m tests.image build --tag $(IMAGE) --source "$(SOURCE)" --revision "$$(git rev-parse HEAD 2>/dev/null)"

sbom: $(READY)  ## write dist/sbom.json: what the image holds of Python packages, in CycloneDX
	@$(BIN)/python -m tests.image sbom --output dist/sbom.json

audit: $(READY)  ## ask OSV what is known against the locked requirements (needs the network)
	@$(BIN)/python -m tests.image audit

e2e-cluster: $(READY)  ## image and chart in a cluster with real Pods, from nothing (root; minutes)
	@$(BIN)/python -m tests.e2e.cluster

lock: $(READY)  ## compile the locked requirements anew
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --extra dev pyproject.toml -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --group pyproject.toml:build -o requirements/build.txt

clean:  ## remove what was built into this folder
	@rm -rf $(VENV) .run build dist site
