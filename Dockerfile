# The page, built with Node, which the running image does not have.
FROM node:24-slim AS page
WORKDIR /frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend/ ./
RUN npm run build

# The Python packages, as requirements.txt pins them, to the hash of each file.
FROM python:3.13-slim AS packages
RUN python -m venv /venv
COPY requirements.txt requirements-embeddings.txt ./
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
# 1: the assistant also searches by meaning, for 200 MB more.
ARG EMBEDDINGS=0
RUN if [ "$EMBEDDINGS" = 1 ]; then \
    /venv/bin/pip install --no-cache-dir --require-hashes --no-deps \
        -r requirements-embeddings.txt; fi

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000
RUN useradd --system --uid 10001 --no-create-home bellwire
WORKDIR /app
COPY --from=packages /venv /venv
COPY manage.py ./
COPY config config
COPY integrations integrations
COPY realtime realtime
COPY text text
COPY env_settings env_settings
COPY api api
COPY accounts accounts
COPY notifications notifications
COPY chat chat
COPY --from=page /frontend/dist frontend/dist
COPY --from=page /frontend/dist-lib frontend/dist-lib
USER bellwire
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=6 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["python", "manage.py", "serve"]
