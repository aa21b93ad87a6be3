# chatmusician for NVIDIA GPUs: everything of the CPU image, and training with DeepSpeed.
#   docker build -f docker/cuda.Dockerfile -t chatmusician:cuda .
#   docker run --rm --gpus all -v "$PWD:/work" chatmusician:cuda train pretrain llama2-7b-cpt-a800
# The development image, because DeepSpeed compiles its operators when they are first used.
FROM nvidia/cuda:12.8.1-devel-ubuntu24.04
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV DEBIAN_FRONTEND=noninteractive
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        abcm2ps abcmidi ffmpeg fonts-dejavu-core gcc g++ git libcairo2 ninja-build openssh-client pdsh \
        python3 python3-dev python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /opt/chatmusician
ENV PATH=/opt/chatmusician/bin:$PATH
WORKDIR /src
COPY requirements.txt requirements-no-deps.txt ./
RUN pip install --no-cache-dir -r requirements.txt \
    && pip install --no-cache-dir --no-deps -r requirements-no-deps.txt
COPY setup.cfg setup.py pyproject.toml README.md LICENSE ./
COPY chatmusician chatmusician
RUN pip install --no-cache-dir --no-deps . \
    && useradd --create-home --uid 10001 musician
USER 10001
WORKDIR /work
EXPOSE 8888
ENTRYPOINT ["chatmusician"]
CMD ["demo", "--host", "0.0.0.0"]
