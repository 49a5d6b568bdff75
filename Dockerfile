# npsp-monitor as an image, for docker-compose.yml. Everything it installs is in requirements.lock with its hash: the first
# stage fetches by that lock alone, and from then on nothing is fetched any more.
#
# NOT RUN: there was no container engine where this was written. Done instead: every step by hand in a fresh folder with
# Python 3.11, and what came of it started on a root that could not be written, with only /tmp; and tests/test_compose.py.
FROM python:3.11-slim-bookworm AS built
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONSAFEPATH=1
WORKDIR /source
COPY requirements.lock ./
RUN python -m pip download --no-deps --require-hashes --only-binary :all: --dest /wheels --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY config ./config
COPY grafana ./grafana
COPY docs ./docs
COPY probes ./probes
COPY monitor ./monitor
RUN python -m venv /build \
 && /build/bin/python -m pip install --no-index --find-links /wheels hatchling \
 && /build/bin/python -m pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /wheels /source
# Of all that the lock holds, pip takes only what the program itself needs.
RUN python -m venv /opt/npsp-monitor \
 && /opt/npsp-monitor/bin/python -m pip install --no-index --find-links /wheels "npsp-monitor[fast,chat]" \
 && /opt/npsp-monitor/bin/python -m pip check

FROM python:3.11-slim-bookworm
COPY --from=built /opt/npsp-monitor /opt/npsp-monitor
ENV PATH=/opt/npsp-monitor/bin:$PATH PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /tmp
EXPOSE 9884
# With a web.config.file, which holds for this path too, `healthcheck:` of the compose file has to say how to enter.
HEALTHCHECK --interval=30s --timeout=6s --start-period=30s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9884/-/healthy', timeout=5)"]
ENTRYPOINT ["npsp-monitor"]
CMD ["serve", "--listen", "0.0.0.0:9884"]
