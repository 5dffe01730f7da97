# For headwater in a container: built by ./dev, and run without compilers as nobody in particular.
# Tests read it; no container engine has run it. What the program links, its package knows, and apt installs.
FROM debian:13-slim AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /headwater
COPY dev ./
COPY tools/apt-packages.txt tools/apt-packages-tests.txt tools/requirements-build.txt tools/requirements.txt tools/
RUN ./dev setup build
COPY . .
RUN ./dev package

FROM debian:13-slim
COPY --from=build /headwater/build/packages/headwater_*.deb /tmp/
RUN apt-get update \
    && apt-get install -y --no-install-recommends /tmp/headwater_*.deb \
    && rm -rf /var/lib/apt/lists/* /tmp/headwater_*.deb \
    && useradd --system --create-home --home-dir /var/lib/headwater headwater \
    && headwater version
USER headwater
WORKDIR /var/lib/headwater
ENTRYPOINT ["headwater"]
CMD ["--help"]
