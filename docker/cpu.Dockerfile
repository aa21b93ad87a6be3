# chatmusician for CPUs: composing with the bundled model, the commands, the web page.
#   docker build -f docker/cpu.Dockerfile -t chatmusician .
#   docker run --rm -p 127.0.0.1:8888:8888 chatmusician
#   docker run --rm -v "$PWD:/work" chatmusician compose "a jig in D" -o output
FROM python:3.11-slim-bookworm AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements.txt requirements-no-deps.txt ./
RUN python -m venv /opt/chatmusician
ENV PATH=/opt/chatmusician/bin:$PATH
COPY setup.cfg setup.py pyproject.toml README.md LICENSE ./
COPY chatmusician chatmusician
# PyTorch without CUDA's libraries: gigabytes less.
RUN version=$(sed -n 's/^torch==//p' requirements.txt) \
    && pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu "torch==$version" \
    && pip install --no-cache-dir -c requirements.txt ".[scores,audio,demo]" \
    && pip install --no-cache-dir --no-deps -r requirements-no-deps.txt

FROM python:3.11-slim-bookworm
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends abcm2ps abcmidi ffmpeg fonts-dejavu-core libcairo2 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 musician
COPY --from=build /opt/chatmusician /opt/chatmusician
ENV PATH=/opt/chatmusician/bin:$PATH
USER 10001
WORKDIR /work
EXPOSE 8888
ENTRYPOINT ["chatmusician"]
# Inside a container the page must listen to more than itself; publish it to 127.0.0.1 alone.
CMD ["demo", "--host", "0.0.0.0"]
