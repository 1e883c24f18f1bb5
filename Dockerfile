# istdbench on a CPU:
#
#     docker build -t istdbench .
#     docker run --rm -v "$PWD:/work" istdbench run --methods mim_istd,baseline --dataset synth
#
# On a GPU, by PyTorch's wheels for a version of CUDA (the driver and the container toolkit are the host's):
#
#     docker build --build-arg TORCH=cu130 -t istdbench:cuda .
#     docker run --rm --gpus all -v "$PWD:/work" istdbench:cuda run … --device cuda
#
# The working folder is /work. Data, weights and checkpoints are kept in /home/istdbench: give it a volume to keep them.

ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS built
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
COPY . /source
RUN pip wheel --no-deps --wheel-dir /wheel /source

FROM ${PYTHON}
ARG TORCH=cpu
# OpenCV needs libgl1 and libglib2.0-0, the C scan libgomp1; on a GPU Triton compiles the code that starts a kernel
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 libgomp1 \
        $([ "$TORCH" = cpu ] || echo gcc libc6-dev) \
    && rm -rf /var/lib/apt/lists/*
COPY constraints.txt /
RUN --mount=type=bind,from=built,source=/wheel,target=/wheel \
    pip install --no-cache-dir --extra-index-url "https://download.pytorch.org/whl/$TORCH" \
        --constraint /constraints.txt /wheel/*.whl
ENV ISTDBENCH_HOME=/home/istdbench HOME=/home/istdbench
RUN mkdir -m 1777 /home/istdbench
WORKDIR /work
ENTRYPOINT ["istdbench"]
CMD ["--help"]
