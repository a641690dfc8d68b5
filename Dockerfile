# The operator as an image; docs/image.md says what is in it, and `make image` builds it.
FROM python:3.13-slim AS build
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1
COPY requirements/run.txt requirements/build.txt requirements/
# Only wheels: what builds a source distribution is not locked.
RUN python -m venv /opt/runai-operator \
 && python -m venv /opt/build \
 && /opt/runai-operator/bin/pip install --only-binary=:all: --require-hashes -r requirements/run.txt \
 && /opt/build/bin/pip install --only-binary=:all: --require-hashes -r requirements/build.txt
# From here on nothing is fetched: what is installed is what the hashes say, and this folder.
COPY pyproject.toml README.md LICENSE ./
COPY operator operator
RUN /opt/build/bin/pip wheel --no-index --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/runai-operator/bin/pip install --no-index --no-deps dist/*.whl \
 && /opt/runai-operator/bin/pip uninstall --yes --quiet pip \
 && find /opt/runai-operator -name __pycache__ -prune -exec rm -rf {} +
COPY deploy/image/bytecode.py /src/

FROM python:3.13-slim
# Version, source and revision are given by who builds (tests/image/build.py): docs/image.md.
LABEL org.opencontainers.image.title="runai-operator" \
      org.opencontainers.image.description="Keeps Run:ai workloads equal to the Kubernetes resources that declare them" \
      org.opencontainers.image.licenses="Apache-2.0"
# What only installs packages does not belong where nothing is to be installed: the base's pip, wherever it has it, and
# the copy that it makes new ones of.
RUN find / -xdev -depth \( -name ensurepip -o -name '*.whl' -o -path '*-packages/pip' \
      -o -path '*-packages/pip-*.dist-info' -o -path '*/bin/pip*' \) -exec rm -rf {} + \
 && if python -c 'import pip' 2>/dev/null; then echo 'the base keeps a pip elsewhere: remove it too' >&2; exit 1; fi
COPY --from=build /opt/runai-operator /opt/runai-operator
# PYTHONDONTWRITEBYTECODE: the root is read-only. USER: Kopf asks for a name, and 10001 has none.
ENV PATH=/opt/runai-operator/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 USER=runai-operator HOME=/tmp
RUN --mount=type=bind,from=build,source=/src/bytecode.py,target=/tmp/bytecode.py python /tmp/bytecode.py
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["runai-operator"]
CMD ["run"]
