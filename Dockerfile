# docker build -t fer-classic . && docker run --rm --read-only --tmpfs /tmp \
#     -v "$PWD/photos:/photos:ro" fer-classic predict /photos
FROM python:3.11-slim
# OpenMP, which LightGBM needs.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*
COPY . /src
RUN pip install --no-cache-dir -c /src/constraints.txt /src && rm -rf /src \
    # Compile the loops once, into the package's own folder.
    && FER_CLASSIC_CACHE=none fer-classic doctor
# Nothing is written besides what an option names.
ENV FER_CLASSIC_CACHE=none MPLCONFIGDIR=/tmp PYTHONDONTWRITEBYTECODE=1
USER 65534:65534
WORKDIR /tmp
ENTRYPOINT ["fer-classic"]
CMD ["--help"]
