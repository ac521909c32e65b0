# The same application as scripts/run.sh starts, in an image.
#   CPU:         docker build -t council .
#   NVIDIA GPU:  docker build -t council --build-arg ACCELERATOR=cuda .
# How to run it, and how it reaches an Ollama server of the host, stands in the README under Sharing.
ARG ACCELERATOR=cpu

# GGML_NATIVE=OFF: the image also runs on other processors than the one that built it (AVX2 stays on).
FROM python:3.12-slim-bookworm AS build-cpu
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
ENV CMAKE_ARGS="-DGGML_NATIVE=OFF"

# The driver's libcuda.so.1 comes with the machine that runs the image, not with the one that builds it.
FROM nvidia/cuda:12.8.1-devel-ubuntu24.04 AS build-cuda
RUN apt-get update && apt-get install -y --no-install-recommends build-essential python3-dev python3-venv \
    && rm -rf /var/lib/apt/lists/*
ENV CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_CUDA=ON -DCMAKE_EXE_LINKER_FLAGS=-Wl,--allow-shlib-undefined"

FROM build-${ACCELERATOR} AS build
COPY requirements.txt .
RUN python3 -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir -r requirements.txt

FROM python:3.12-slim-bookworm AS run-cpu
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*

FROM nvidia/cuda:12.8.1-runtime-ubuntu24.04 AS run-cuda
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 python3 && rm -rf /var/lib/apt/lists/*

FROM run-${ACCELERATOR}
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY app.py ./
COPY models models
COPY council council
RUN mkdir /data && chown 1000:1000 /data

# Inside a container every address is the container's own: who may reach the page is decided by `docker run -p`.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/data \
    COUNCIL_DATA_DIR=/data \
    COUNCIL_HOST=0.0.0.0 \
    COUNCIL_ALLOW_PUBLIC=true
USER 1000:1000
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
CMD ["python", "app.py"]
