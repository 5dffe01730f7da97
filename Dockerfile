# For headwater in a container: built by ./dev, and run without compilers as nobody in particular.
# Tests read it, and compare its packages with what the program links. Its steps were run in a bare Debian 12, never by a
# container engine.
FROM debian:12-slim AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /headwater
COPY dev ./
COPY tools/apt-packages.txt tools/apt-packages-tests.txt tools/requirements-build.txt tools/requirements.txt tools/
RUN ./dev setup build
COPY . .
RUN ./dev build portable \
    && cmake --install build/portable --strip --prefix /opt/headwater \
    && cd "$(dirname "$(./dev python)")/../lib/python3"*/site-packages \
    && cp pyarrow/libarrow.so.* pyarrow/libparquet.so.* /opt/headwater/lib/

FROM debian:12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates \
        libcurl4 \
        libfmt9 \
        libfyaml0 \
        liblz4-1 \
        libpugixml1v5 \
        librdkafka1 \
        libsimdjson14 \
        libsnappy1v5 \
        libspdlog1.10 \
        libsqlite3-0 \
        libssl3 \
        libxxhash0 \
        libzstd1 \
        zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/headwater headwater
COPY --from=build /opt/headwater /usr/local
RUN ldconfig && headwater version
USER headwater
WORKDIR /var/lib/headwater
ENTRYPOINT ["headwater"]
CMD ["--help"]
